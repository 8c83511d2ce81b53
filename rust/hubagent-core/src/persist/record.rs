//! One record of log or snapshot: `length u32 | crc32 u32 | sequence u64 | kind u8 | msgpack`.
//!
//! All numbers are little-endian. The length is that of the msgpack part; the checksum covers all
//! that follows it.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::habits::Habit;
use crate::hub::Declaration;
use crate::registry::{Area, Device, DeviceFacts, EntityFacts, Floor};
use crate::store::Kept;

/// Bytes before the msgpack part.
pub const HEADER: usize = 17;

/// Longest msgpack part that is believed.
pub const MAX_BODY: usize = 1 << 24;

/// What was learned of the state of one entity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateRecord {
    /// Whose state.
    pub entity_id: Arc<str>,
    /// The attributes that changed, and the times and availability of the whole entity.
    pub kept: Kept,
}

/// One thing worth remembering. Every record is absolute: reading one twice does no harm.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// An entity was announced at this time, with its device, bindings and commands.
    Declare(Box<Declaration>, f64),
    /// An entity is gone.
    Remove(Box<str>),
    /// Values of an entity.
    State(StateRecord),
    /// A device was announced; in snapshots, where entities go without it.
    Device(Device),
    /// The owner made or changed a floor.
    Floor(Floor),
    /// The owner removed a floor.
    NoFloor(Box<str>),
    /// An area was made or changed.
    Area(Area),
    /// The owner removed an area.
    NoArea(Box<str>),
    /// The owner's word on an entity.
    EntityFacts(Box<str>, EntityFacts),
    /// The owner's word on a device.
    DeviceFacts(Box<str>, DeviceFacts),
    /// The id that (domain, unique id) was given; in snapshots, for entities that are gone.
    Identity(Box<str>, Box<str>, Arc<str>),
    /// A doing and its counts.
    Habit(Habit),
    /// The habits of an entity are forgotten; of none: all are.
    NoHabits(Option<Box<str>>),
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The bytes end within the record.
    Short,
    /// The checksum does not fit.
    Checksum,
}

/// A record's bytes, checked but not yet understood.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Sequence number.
    pub sequence: u64,
    kind: u8,
    body: &'a [u8],
    /// Length of the whole record.
    pub size: usize,
}

impl Record {
    /// Appends the record's bytes.
    ///
    /// # Errors
    /// When a value cannot be written as msgpack, which no value of ours does.
    pub fn encode(
        &self,
        sequence: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<(), rmp_serde::encode::Error> {
        let start = bytes.len();
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&sequence.to_le_bytes());
        let result = match self {
            Self::Declare(declared, at_s) => named(bytes, 1, &(declared, at_s)),
            Self::Remove(id) => named(bytes, 2, id),
            // Most records are of this kind, so it goes without field names.
            Self::State(state) => {
                bytes.push(3);
                rmp_serde::encode::write(bytes, state)
            }
            Self::Floor(floor) => named(bytes, 4, floor),
            Self::NoFloor(id) => named(bytes, 5, id),
            Self::Area(area) => named(bytes, 6, area),
            Self::NoArea(id) => named(bytes, 7, id),
            Self::EntityFacts(id, facts) => named(bytes, 8, &(id, facts)),
            Self::DeviceFacts(id, facts) => named(bytes, 9, &(id, facts)),
            Self::Identity(domain, unique, id) => named(bytes, 10, &(domain, unique, id)),
            Self::Device(device) => named(bytes, 11, device),
            Self::Habit(habit) => named(bytes, 12, habit),
            Self::NoHabits(entity_id) => named(bytes, 13, entity_id),
        };
        if let Err(error) = result {
            bytes.truncate(start);
            return Err(error);
        }
        let length = bytes.len() - start - HEADER;
        let checksum = crc32fast::hash(bytes.get(start + 8..).unwrap_or_default());
        let header = (u64::from(checksum) << 32) | length as u64;
        if let Some(place) = bytes.get_mut(start..start + 8) {
            place.copy_from_slice(&header.to_le_bytes());
        }
        Ok(())
    }
}

fn named(
    bytes: &mut Vec<u8>,
    kind: u8,
    body: &impl Serialize,
) -> Result<(), rmp_serde::encode::Error> {
    bytes.push(kind);
    rmp_serde::encode::write_named(bytes, body)
}

impl<'a> Frame<'a> {
    /// Checks the record at the start of `bytes`; none at their end.
    ///
    /// # Errors
    /// When the record is cut short or damaged.
    pub fn read(bytes: &'a [u8]) -> Result<Option<Self>, Damage> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let (header, rest) = bytes.split_first_chunk::<8>().ok_or(Damage::Short)?;
        let [l0, l1, l2, l3, c0, c1, c2, c3] = *header;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let checksum = u32::from_le_bytes([c0, c1, c2, c3]);
        if length > MAX_BODY {
            return Err(Damage::Checksum);
        }
        let checked = rest.get(..length + HEADER - 8).ok_or(Damage::Short)?;
        if crc32fast::hash(checked) != checksum {
            return Err(Damage::Checksum);
        }
        let (sequence, rest) = checked.split_first_chunk::<8>().ok_or(Damage::Short)?;
        let (kind, body) = rest.split_first().ok_or(Damage::Short)?;
        Ok(Some(Self {
            sequence: u64::from_le_bytes(*sequence),
            kind: *kind,
            body,
            size: length + HEADER,
        }))
    }

    /// Understands the record; none when another version wrote it.
    pub fn decode(&self) -> Option<Record> {
        Some(match self.kind {
            1 => {
                let (declared, at_s) = self.body()?;
                Record::Declare(declared, at_s)
            }
            2 => Record::Remove(self.body()?),
            3 => Record::State(self.body()?),
            4 => Record::Floor(self.body()?),
            5 => Record::NoFloor(self.body()?),
            6 => Record::Area(self.body()?),
            7 => Record::NoArea(self.body()?),
            8 => {
                let (id, facts) = self.body()?;
                Record::EntityFacts(id, facts)
            }
            9 => {
                let (id, facts) = self.body()?;
                Record::DeviceFacts(id, facts)
            }
            10 => {
                let (domain, unique, id) = self.body()?;
                Record::Identity(domain, unique, id)
            }
            11 => Record::Device(self.body()?),
            12 => Record::Habit(self.body().filter(Habit::is_sound)?),
            13 => Record::NoHabits(self.body()?),
            _ => return None,
        })
    }

    fn body<T: DeserializeOwned>(&self) -> Option<T> {
        rmp_serde::from_slice(self.body).ok()
    }
}
