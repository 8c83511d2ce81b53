//! What a home consists of, and what its owner says of it; fields as in `hubagent.types`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A storey of the home.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// Id.
    pub floor_id: Box<str>,
    /// Spoken name.
    pub name: Box<str>,
    /// Other names.
    pub aliases: Vec<Box<str>>,
    /// Height; 0 is the ground floor.
    pub level: Option<i64>,
}

/// A room, or a place that people name like one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// Id.
    pub area_id: Box<str>,
    /// Spoken name.
    pub name: Box<str>,
    /// Other names.
    pub aliases: Vec<Box<str>>,
    /// Floor it is on.
    pub floor_id: Option<Box<str>>,
}

/// A physical thing; it owns entities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Id.
    pub device_id: Box<str>,
    /// Spoken name.
    pub name: Box<str>,
    /// Area it stands in.
    pub area_id: Option<Box<str>>,
    /// What it calls itself, for telling devices apart.
    pub identifiers: Vec<Box<str>>,
    /// Addresses such as `mac:aa:bb:..`, for telling devices apart.
    pub connections: Vec<Box<str>>,
    /// Maker.
    pub manufacturer: Box<str>,
    /// Model.
    pub model: Box<str>,
    /// Firmware version.
    pub sw_version: Box<str>,
}

/// Something an entity can be asked for beyond its plain state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capability {
    /// Attribute or command data key.
    pub name: Box<str>,
    /// Lowest value.
    pub minimum: Option<f64>,
    /// Highest value.
    pub maximum: Option<f64>,
    /// Step between values.
    pub step: Option<f64>,
    /// Unit of the values.
    pub unit: Box<str>,
    /// Words of an enumeration.
    pub options: Vec<Box<str>>,
}

/// How several availability sources combine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AvailabilityMode {
    /// The last word counts.
    #[default]
    Latest,
    /// Every source must be online.
    All,
    /// One source is enough.
    Any,
}

impl AvailabilityMode {
    /// Reads the mode's name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "latest" => Some(Self::Latest),
            "all" => Some(Self::All),
            "any" => Some(Self::Any),
            _ => None,
        }
    }

    /// Returns the mode's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::All => "all",
            Self::Any => "any",
        }
    }
}

/// A thing in the home that can be read or commanded; fields as in `hubagent.types.Entity`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// Id, `domain.name`.
    pub entity_id: Arc<str>,
    /// Kind of entity.
    pub domain: Box<str>,
    /// Spoken name.
    pub name: Box<str>,
    /// The device's own id for it, the same after a rename.
    pub unique_id: Box<str>,
    /// Device that owns it.
    pub device_id: Option<Box<str>>,
    /// Its own area; none means that of its device.
    pub area_id: Option<Box<str>>,
    /// Other names.
    pub aliases: Vec<Box<str>>,
    /// What a sensor measures, what a cover covers.
    pub device_class: Box<str>,
    /// Unit of the state.
    pub unit: Box<str>,
    /// `config`, `diagnostic` or empty.
    pub category: Box<str>,
    /// What it can be asked for.
    pub capabilities: Vec<Capability>,
    /// How its availability sources combine.
    pub availability_mode: AvailabilityMode,
    /// Seconds after which a value that is not renewed counts for nothing.
    pub expire_after_s: Option<f64>,
    /// Adapter and discovery key that announced it.
    pub source: Box<str>,
}

/// What the owner said about an entity; what is none was left to the device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EntityFacts {
    /// Spoken name.
    pub name: Option<Box<str>>,
    /// Area it stands in.
    pub area_id: Option<Box<str>>,
    /// Other names, in place of the announced ones.
    pub aliases: Option<Vec<Box<str>>>,
}

impl EntityFacts {
    /// Returns these facts, with those of `older` where these say nothing.
    #[must_use]
    pub fn over(self, older: &Self) -> Self {
        Self {
            name: self.name.or_else(|| older.name.clone()),
            area_id: self.area_id.or_else(|| older.area_id.clone()),
            aliases: self.aliases.or_else(|| older.aliases.clone()),
        }
    }
}

/// What the owner said about a device; what is none was left to the device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceFacts {
    /// Spoken name.
    pub name: Option<Box<str>>,
    /// Area it stands in.
    pub area_id: Option<Box<str>>,
}
