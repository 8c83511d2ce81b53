//! Frames of devices on a serial line or a socket: COBS, a header of four bytes, a flat msgpack
//! map, CRC-16. Specified in `firmware_bridge/README.md`; the same test vectors run in C and Python.
//!
//! Framing is consistent overhead byte stuffing (Cheshire and Baker, SIGCOMM 1997): a zero byte is
//! only ever the end of a frame, so a reader is in step again at the next zero, whatever came before.

use thiserror::Error;

use crate::Value;

/// The version this module speaks; the first byte of a frame.
pub const VERSION: u8 = 1;
/// Most bytes of a frame before stuffing: header, body and check.
pub const MAX_FRAME: usize = 256;
/// Most entries of a body; more do not fit into a frame anyway.
pub const MAX_ENTRIES: usize = 64;
const HEADER: usize = 4;
const CHECK: usize = 2;
const MAX_STUFFED: usize = MAX_FRAME + 2;

/// One message, in either direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// What it is (`hello`, `state`, ...); unknown kinds are the reader's to skip.
    pub kind: u8,
    /// Number of the sender, modulo 256.
    pub seq: u8,
    /// Which device behind the line; 0 for the one at its end.
    pub node: u8,
    /// Keys and fields, in the order sent; keys are distinct.
    pub body: Vec<(u8, Field)>,
}

/// What stands under one key of a body.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// A scalar; never a list.
    Value(Value),
    /// Bytes of an update, its digest or its signature; never the value of an entity.
    Bytes(Box<[u8]>),
}

impl From<Value> for Field {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

/// Why bytes are no frame, or values make none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// Longer than [`MAX_FRAME`].
    #[error("longer than {MAX_FRAME} bytes")]
    TooLong,
    /// A run of the stuffing leads past the end, or the frame is shorter than header and check.
    #[error("cut short or wrongly stuffed")]
    Stuffing,
    /// The check does not fit the bytes.
    #[error("wrong check")]
    Check,
    /// Another version than [`VERSION`].
    #[error("version {0}")]
    Version(u8),
    /// The body is no flat map of distinct small keys to scalars, or not encoded as specified.
    #[error("malformed body")]
    Body,
}

/// Returns CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF, not reflected).
///
/// A byte at a time without a table: Lammert Bies' form, as found in `avr-libc`'s `util/crc16.h`.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc: u16, byte| {
        let mut step = (crc >> 8) ^ u16::from(*byte);
        step ^= step >> 4;
        (crc << 8) ^ (step << 12) ^ (step << 5) ^ step
    })
}

impl Frame {
    /// Returns the bytes on the line, closing zero included.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] or [`FrameError::Body`] where the body cannot be sent.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut plain = vec![VERSION, self.kind, self.seq, self.node];
        write_body(&mut plain, &self.body)?;
        if plain.len() + CHECK > MAX_FRAME {
            return Err(FrameError::TooLong);
        }
        let check = crc16(&plain);
        plain.extend_from_slice(&check.to_le_bytes());
        Ok(stuff(&plain))
    }

    /// Reads what stood between two zeros.
    ///
    /// # Errors
    /// Says what is wrong with the bytes; nothing of a wrong frame is ever returned.
    pub fn decode(stuffed: &[u8]) -> Result<Self, FrameError> {
        if stuffed.len() > MAX_STUFFED {
            return Err(FrameError::TooLong);
        }
        let plain = unstuff(stuffed)?;
        if plain.len() > MAX_FRAME {
            return Err(FrameError::TooLong);
        }
        let (rest, check) = plain
            .split_last_chunk::<CHECK>()
            .ok_or(FrameError::Stuffing)?;
        let (&[version, kind, seq, node], body) = rest
            .split_first_chunk::<HEADER>()
            .ok_or(FrameError::Stuffing)?;
        if crc16(rest) != u16::from_le_bytes(*check) {
            return Err(FrameError::Check);
        }
        if version != VERSION {
            return Err(FrameError::Version(version));
        }
        let body = read_body(body).ok_or(FrameError::Body)?;
        Ok(Self {
            kind,
            seq,
            node,
            body,
        })
    }
}

fn stuff(plain: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(plain.len() + 3);
    let mut rest = plain;
    loop {
        let run = rest.iter().take(254).take_while(|byte| **byte != 0).count();
        let (now, after) = rest.split_at(run);
        stuffed.push(u8::try_from(run + 1).unwrap_or(u8::MAX));
        stuffed.extend_from_slice(now);
        match after.split_first() {
            None => break,
            Some(_) if run == 254 => rest = after,
            Some((_, after)) => rest = after,
        }
    }
    stuffed.push(0);
    stuffed
}

fn unstuff(stuffed: &[u8]) -> Result<Vec<u8>, FrameError> {
    let mut plain = Vec::with_capacity(stuffed.len());
    let mut rest = stuffed;
    while let Some((&code, after)) = rest.split_first() {
        let run = usize::from(code).checked_sub(1);
        let (now, after) = run
            .and_then(|run| after.split_at_checked(run))
            .ok_or(FrameError::Stuffing)?;
        if now.contains(&0) {
            return Err(FrameError::Stuffing);
        }
        plain.extend_from_slice(now);
        if code != u8::MAX && !after.is_empty() {
            plain.push(0);
        }
        rest = after;
    }
    Ok(plain)
}

fn write_body(out: &mut Vec<u8>, body: &[(u8, Field)]) -> Result<(), FrameError> {
    if body.len() > MAX_ENTRIES {
        return Err(FrameError::TooLong);
    }
    let count = u8::try_from(body.len()).map_err(|_| FrameError::TooLong)?;
    if count < 16 {
        out.push(0x80 | count);
    } else {
        out.extend_from_slice(&[0xDE, 0, count]);
    }
    for (place, (key, field)) in body.iter().enumerate() {
        if body.iter().take(place).any(|(other, _)| other == key) {
            return Err(FrameError::Body);
        }
        write_int(out, i64::from(*key))?;
        match field {
            Field::Value(value) => write_value(out, value)?,
            Field::Bytes(bytes) => {
                let length = u8::try_from(bytes.len()).map_err(|_| FrameError::TooLong)?;
                out.extend_from_slice(&[0xC4, length]);
                out.extend_from_slice(bytes);
            }
        }
    }
    Ok(())
}

fn write_value(out: &mut Vec<u8>, value: &Value) -> Result<(), FrameError> {
    match value {
        Value::Null => out.push(0xC0),
        Value::Bool(truth) => out.push(0xC2 | u8::from(*truth)),
        Value::Int(number) => write_int(out, *number)?,
        Value::Float(number) => {
            #[expect(clippy::cast_possible_truncation, reason = "devices hold 32 bits")]
            let number = *number as f32;
            if !number.is_finite() {
                return Err(FrameError::Body);
            }
            out.push(0xCA);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::Text(text) => {
            let length = u8::try_from(text.len()).map_err(|_| FrameError::TooLong)?;
            if length < 32 {
                out.push(0xA0 | length);
            } else {
                out.extend_from_slice(&[0xD9, length]);
            }
            out.extend_from_slice(text.as_bytes());
        }
        Value::List(_) => return Err(FrameError::Body),
    }
    Ok(())
}

/// Writes the shortest form; whole numbers have 32 bits, -2^31 to 2^32 - 1.
fn write_int(out: &mut Vec<u8>, number: i64) -> Result<(), FrameError> {
    if let Ok(byte) = u8::try_from(number) {
        if byte >= 0x80 {
            out.push(0xCC);
        }
        out.push(byte);
    } else if let Ok(number) = u16::try_from(number) {
        out.push(0xCD);
        out.extend_from_slice(&number.to_be_bytes());
    } else if let Ok(number) = u32::try_from(number) {
        out.push(0xCE);
        out.extend_from_slice(&number.to_be_bytes());
    } else if let Ok(byte) = i8::try_from(number) {
        if byte < -32 {
            out.push(0xD0);
        }
        out.extend_from_slice(&byte.to_be_bytes());
    } else if let Ok(number) = i16::try_from(number) {
        out.push(0xD1);
        out.extend_from_slice(&number.to_be_bytes());
    } else if let Ok(number) = i32::try_from(number) {
        out.push(0xD2);
        out.extend_from_slice(&number.to_be_bytes());
    } else {
        return Err(FrameError::Body);
    }
    Ok(())
}

/// Cuts values off the front of a body.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn text(&mut self, length: usize) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    fn field(&mut self) -> Option<Field> {
        if let Some(rest) = self.0.strip_prefix(&[0xC4]) {
            self.0 = rest;
            let [length] = self.chunk()?;
            return Some(Field::Bytes(self.bytes(length.into())?.into()));
        }
        self.value().map(Field::Value)
    }

    fn value(&mut self) -> Option<Value> {
        let [tag] = self.chunk()?;
        Some(match tag {
            0x00..=0x7F => Value::Int(tag.into()),
            0xE0..=0xFF => Value::Int(i8::from_be_bytes([tag]).into()),
            0xA0..=0xBF => Value::text(self.text(usize::from(tag & 0x1F))?),
            0xC0 => Value::Null,
            0xC2 | 0xC3 => Value::Bool(tag == 0xC3),
            0xCA => {
                let number = f32::from_be_bytes(self.chunk()?);
                // The shortest decimal of the 32 bits: 21.3, not 21.299999237060547.
                Value::number(number.to_string().parse().ok()?)
            }
            0xCC => Value::Int(u8::from_be_bytes(self.chunk()?).into()),
            0xCD => Value::Int(u16::from_be_bytes(self.chunk()?).into()),
            0xCE => Value::Int(u32::from_be_bytes(self.chunk()?).into()),
            0xD0 => Value::Int(i8::from_be_bytes(self.chunk()?).into()),
            0xD1 => Value::Int(i16::from_be_bytes(self.chunk()?).into()),
            0xD2 => Value::Int(i32::from_be_bytes(self.chunk()?).into()),
            0xD9 => {
                let [length] = self.chunk()?;
                Value::text(self.text(length.into())?)
            }
            _ => return None,
        })
    }
}

fn read_body(bytes: &[u8]) -> Option<Vec<(u8, Field)>> {
    let mut reader = Reader(bytes);
    let count = match reader.chunk()? {
        [tag @ 0x80..=0x8F] => usize::from(tag & 0x0F),
        [0xDE] => usize::from(u16::from_be_bytes(reader.chunk()?)),
        _ => return None,
    };
    if count > MAX_ENTRIES {
        return None;
    }
    let mut body: Vec<(u8, Field)> = Vec::with_capacity(count);
    for _ in 0..count {
        let Value::Int(key) = reader.value()? else {
            return None;
        };
        let key = u8::try_from(key).ok()?;
        if body.iter().any(|(other, _)| *other == key) {
            return None;
        }
        body.push((key, reader.field()?));
    }
    reader.0.is_empty().then_some(body)
}

/// What a decoder has met since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Whole frames.
    pub frames: u64,
    /// Stretches between zeros that were none, and were dropped.
    pub broken: u64,
}

/// Finds frames in a stream of bytes; holds [`MAX_FRAME`] + 2 bytes at most, whatever is fed.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    held: Vec<u8>,
    overlong: bool,
    tally: Tally,
}

impl Decoder {
    /// Takes bytes as they come and returns the frames that ended in them, in order.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Frame> {
        let mut found = Vec::new();
        for (place, stretch) in bytes.split(|byte| *byte == 0).enumerate() {
            if place > 0 {
                found.extend(self.end());
            }
            if self.held.len() + stretch.len() > MAX_STUFFED {
                self.overlong = true;
                self.held.clear();
            } else if !self.overlong {
                self.held.extend_from_slice(stretch);
            }
        }
        found
    }

    /// Returns what was met so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    fn end(&mut self) -> Option<Frame> {
        let overlong = std::mem::take(&mut self.overlong);
        if self.held.is_empty() && !overlong {
            return None;
        }
        let frame = (!overlong)
            .then(|| Frame::decode(&self.held).ok())
            .flatten();
        self.held.clear();
        if frame.is_some() {
            self.tally.frames += 1;
        } else {
            self.tally.broken += 1;
        }
        frame
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (i64::from(i32::MIN)..=i64::from(u32::MAX)).prop_map(Value::Int),
            (-1_000_000i32..1_000_000).prop_map(|n| Value::Float(f64::from(n) / 8.0)),
            "[a-zé]{0,40}".prop_map(Value::text),
        ]
    }

    fn field() -> impl Strategy<Value = Field> {
        let bytes = proptest::collection::vec(any::<u8>(), 0..100);
        prop_oneof![
            4 => value().prop_map(Field::Value),
            1 => bytes.prop_map(|bytes| Field::Bytes(bytes.into())),
        ]
    }

    fn frame() -> impl Strategy<Value = Frame> {
        let body = proptest::collection::btree_map(any::<u8>(), field(), 0..5);
        (any::<u8>(), any::<u8>(), any::<u8>(), body).prop_filter_map("fits", |parts| {
            let (kind, seq, node, body) = parts;
            let body = body.into_iter().collect();
            let frame = Frame {
                kind,
                seq,
                node,
                body,
            };
            frame.encode().is_ok().then_some(frame)
        })
    }

    proptest! {
        #[test]
        fn what_is_sent_arrives_however_it_is_cut(frames in proptest::collection::vec(frame(), 0..6), cut in 1usize..40) {
            let line: Vec<u8> = frames.iter().flat_map(|frame| frame.encode().unwrap()).collect();
            let mut decoder = Decoder::default();
            let found: Vec<Frame> = line.chunks(cut).flat_map(|chunk| decoder.feed(chunk)).collect();
            prop_assert_eq!(found, frames);
            prop_assert_eq!(decoder.tally().broken, 0);
        }

        #[test]
        fn after_garbage_the_next_frame_is_read(garbage in proptest::collection::vec(any::<u8>(), 0..2000), frame in frame()) {
            let mut decoder = Decoder::default();
            decoder.feed(&garbage);
            decoder.feed(&[0]);
            prop_assert_eq!(decoder.feed(&frame.encode().unwrap()), vec![frame]);
        }

        #[test]
        fn a_flipped_bit_is_never_another_message(frame in frame(), place in any::<prop::sample::Index>(), bit in 0u8..8) {
            let mut line = frame.encode().unwrap();
            let place = place.index(line.len());
            line[place] ^= 1 << bit;
            let mut decoder = Decoder::default();
            for found in decoder.feed(&line) {
                prop_assert_eq!(&found, &frame);
            }
        }

        #[test]
        fn any_bytes_take_bounded_room(bytes in proptest::collection::vec(any::<u8>(), 0..4000)) {
            let mut decoder = Decoder::default();
            decoder.feed(&bytes);
            prop_assert!(decoder.held.len() <= MAX_STUFFED);
        }
    }

    #[test]
    fn the_check_of_the_catalogue() {
        assert_eq!(crc16(b"123456789"), 0x29B1);
    }

    #[test]
    fn the_vectors_of_the_specification() {
        let text = include_str!("../../../firmware_bridge/vectors.json");
        let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
        let bytes = |text: &serde_json::Value| -> Vec<u8> {
            let text = text.as_str().unwrap();
            (0..text.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
                .collect()
        };
        for vector in vectors["frames"].as_array().unwrap() {
            let line = bytes(&vector["line"]);
            let number = |name: &str| u8::try_from(vector[name].as_u64().unwrap()).unwrap();
            let body = vector["body"].as_array().unwrap().iter().map(|entry| {
                let field = match entry[1].get("bytes") {
                    Some(hex) => Field::Bytes(bytes(hex).into()),
                    None => serde_json::from_value::<Value>(entry[1].clone())
                        .unwrap()
                        .into(),
                };
                (u8::try_from(entry[0].as_u64().unwrap()).unwrap(), field)
            });
            let frame = Frame {
                kind: number("kind"),
                seq: number("seq"),
                node: number("node"),
                body: body.collect(),
            };
            assert_eq!(frame.encode().unwrap(), line, "{}", vector["name"]);
            assert_eq!(
                Decoder::default().feed(&line),
                vec![frame],
                "{}",
                vector["name"]
            );
        }
        for vector in vectors["broken"].as_array().unwrap() {
            let line = bytes(&vector["line"]);
            assert_eq!(Decoder::default().feed(&line), [], "{}", vector["name"]);
        }
    }
}
