//! The index as bytes, for a file that is read back elsewhere.
//!
//! Little-endian: mark, width, number of phrases, then for each its id, the length of its text, its
//! text and its row; at last the checksum of all before. Lengths and sounds are made anew from what
//! is read, so that no file can claim to be near to everything.

use super::{IndexError, PhraseIndex};

/// Says what it is and how it is written.
const MARK: [u8; 8] = *b"HAPHRS\x00\x01";

const CHECKSUM: usize = 4;

/// Bytes of a phrase without its text and its row.
const FIXED: usize = 12;

impl PhraseIndex {
    /// Returns all of it as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let texts: usize = self.texts.iter().map(|text| text.len()).sum();
        let mut bytes = Vec::with_capacity(
            MARK.len() + 8 + CHECKSUM + texts + self.len() * (FIXED + self.width),
        );
        bytes.extend(MARK);
        bytes.extend(number(self.width).to_le_bytes());
        bytes.extend(number(self.len()).to_le_bytes());
        for (slot, (id, text)) in self.ids.iter().zip(&self.texts).enumerate() {
            bytes.extend(id.to_le_bytes());
            bytes.extend(number(text.len()).to_le_bytes());
            bytes.extend(text.as_bytes());
            let row = self.rows.get(slot * self.width..(slot + 1) * self.width);
            bytes.extend(
                row.unwrap_or_default()
                    .iter()
                    .map(|byte| byte.to_le_bytes()[0]),
            );
        }
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; what it takes is in proportion to the bytes.
    ///
    /// # Errors
    ///
    /// When the bytes are anything else, down to a single bit.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IndexError> {
        let (bytes, checksum) = bytes
            .split_last_chunk()
            .ok_or(IndexError::Bytes("cut off"))?;
        let mut rest = bytes;
        if take(&mut rest)? != MARK {
            return Err(IndexError::Bytes("another kind or version of file"));
        }
        if crc32fast::hash(bytes) != u32::from_le_bytes(*checksum) {
            return Err(IndexError::Bytes("damaged"));
        }
        let width = u32::from_le_bytes(take(&mut rest)?) as usize;
        let count = u32::from_le_bytes(take(&mut rest)?) as usize;
        let mut index = Self::new(width)?;
        if count > rest.len() / (FIXED + width) {
            return Err(IndexError::Bytes("more phrases than bytes"));
        }
        let mut row = Vec::with_capacity(width);
        for _ in 0..count {
            let id = u64::from_le_bytes(take(&mut rest)?);
            let length = u32::from_le_bytes(take(&mut rest)?) as usize;
            let text = split(&mut rest, length)?;
            let text =
                std::str::from_utf8(text).map_err(|_| IndexError::Bytes("text is not UTF-8"))?;
            row.clear();
            row.extend(
                split(&mut rest, width)?
                    .iter()
                    .map(|byte| i8::from_le_bytes([*byte])),
            );
            if index.slots.contains_key(&id) {
                return Err(IndexError::Bytes("two phrases of one id"));
            }
            index.put(id, text, &row)?;
        }
        if rest.is_empty() {
            Ok(index)
        } else {
            Err(IndexError::Bytes("bytes behind the last phrase"))
        }
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn take<const SIZE: usize>(rest: &mut &[u8]) -> Result<[u8; SIZE], IndexError> {
    let (taken, left) = rest
        .split_first_chunk()
        .ok_or(IndexError::Bytes("cut off"))?;
    *rest = left;
    Ok(*taken)
}

fn split<'bytes>(rest: &mut &'bytes [u8], length: usize) -> Result<&'bytes [u8], IndexError> {
    let (taken, left) = rest
        .split_at_checked(length)
        .ok_or(IndexError::Bytes("cut off"))?;
    *rest = left;
    Ok(taken)
}
