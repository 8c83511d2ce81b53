//! msgpack into nodes, with a cursor that checks every length before it reads.

use std::borrow::Cow;

use super::{MAX_DEPTH, Node, PayloadError, close, float, push, unsigned};

struct Cursor<'p> {
    bytes: &'p [u8],
    at: usize,
}

/// Reads a single-precision number as the shortest decimal that names it: 21.1, not 21.100000381.
fn shortest(number: f32) -> Node<'static> {
    let decimal = number.to_string().parse();
    float(decimal.unwrap_or_else(|_| f64::from(number)))
}

/// Parses one value that fills the payload.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Node<'_>>, PayloadError> {
    let mut cursor = Cursor { bytes, at: 0 };
    let mut nodes = Vec::with_capacity(bytes.len() / 6 + 1);
    cursor.value(&mut nodes, 0)?;
    if cursor.at != bytes.len() {
        return Err(PayloadError::NotMsgpack(cursor.at));
    }
    Ok(nodes)
}

impl<'p> Cursor<'p> {
    fn take(&mut self, count: usize) -> Result<&'p [u8], PayloadError> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(PayloadError::NotMsgpack(self.at))?;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PayloadError> {
        let at = self.at;
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| PayloadError::NotMsgpack(at))
    }

    /// Reads a big-endian length of 1, 2 or 4 bytes.
    fn length(&mut self, width: u8) -> Result<usize, PayloadError> {
        Ok(match width {
            0 => usize::from(u8::from_be_bytes(self.array()?)),
            1 => usize::from(u16::from_be_bytes(self.array()?)),
            _ => u32::from_be_bytes(self.array()?) as usize,
        })
    }

    fn text(&mut self, length: usize) -> Result<Node<'p>, PayloadError> {
        let at = self.at;
        let text = std::str::from_utf8(self.take(length)?);
        text.map(|text| Node::Text(Cow::Borrowed(text)))
            .map_err(|_| PayloadError::NotMsgpack(at))
    }

    /// Skips an extension: its meaning is not known here.
    fn extension(&mut self, length: usize) -> Result<Node<'p>, PayloadError> {
        self.take(length.saturating_add(1))?;
        Ok(Node::Null)
    }

    fn value(&mut self, nodes: &mut Vec<Node<'p>>, depth: usize) -> Result<(), PayloadError> {
        let at = self.at;
        let [marker] = self.array()?;
        let node = match marker {
            0x00..=0x7f => Node::Int(i64::from(marker)),
            0x80..=0x8f => return self.map(nodes, usize::from(marker & 0x0f), depth),
            0x90..=0x9f => return self.list(nodes, usize::from(marker & 0x0f), depth),
            0xa0..=0xbf => self.text(usize::from(marker & 0x1f))?,
            0xc0 => Node::Null,
            0xc1 => return Err(PayloadError::NotMsgpack(at)),
            0xc2 | 0xc3 => Node::Bool(marker == 0xc3),
            0xc4..=0xc6 => {
                let length = self.length(marker - 0xc4)?;
                self.text(length)?
            }
            0xc7..=0xc9 => {
                let length = self.length(marker - 0xc7)?;
                self.extension(length)?
            }
            0xca => shortest(f32::from_be_bytes(self.array()?)),
            0xcb => float(f64::from_be_bytes(self.array()?)),
            0xcc => Node::Int(i64::from(u8::from_be_bytes(self.array()?))),
            0xcd => Node::Int(i64::from(u16::from_be_bytes(self.array()?))),
            0xce => Node::Int(i64::from(u32::from_be_bytes(self.array()?))),
            0xcf => unsigned(u64::from_be_bytes(self.array()?)),
            0xd0 => Node::Int(i64::from(i8::from_be_bytes(self.array()?))),
            0xd1 => Node::Int(i64::from(i16::from_be_bytes(self.array()?))),
            0xd2 => Node::Int(i64::from(i32::from_be_bytes(self.array()?))),
            0xd3 => Node::Int(i64::from_be_bytes(self.array()?)),
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4))?,
            0xd9..=0xdb => {
                let length = self.length(marker - 0xd9)?;
                self.text(length)?
            }
            0xdc | 0xdd => {
                let count = self.length(marker - 0xdc + 1)?;
                return self.list(nodes, count, depth);
            }
            0xde | 0xdf => {
                let count = self.length(marker - 0xde + 1)?;
                return self.map(nodes, count, depth);
            }
            0xe0..=0xff => Node::Int(i64::from(i8::from_be_bytes([marker]))),
        };
        push(nodes, node)
    }

    fn list(
        &mut self,
        nodes: &mut Vec<Node<'p>>,
        count: usize,
        depth: usize,
    ) -> Result<(), PayloadError> {
        let start = self.open(nodes, Node::Array { end: 0 }, count, depth)?;
        for _ in 0..count {
            self.value(nodes, depth + 1)?;
        }
        close(nodes, start);
        Ok(())
    }

    fn map(
        &mut self,
        nodes: &mut Vec<Node<'p>>,
        count: usize,
        depth: usize,
    ) -> Result<(), PayloadError> {
        let start = self.open(nodes, Node::Object { end: 0 }, count, depth)?;
        for _ in 0..count {
            let at = self.at;
            let key = nodes.len();
            self.value(nodes, depth + 1)?;
            match nodes.get_mut(key) {
                Some(Node::Text(_)) => {}
                // Small integer keys save bytes on microcontrollers; pointers name them as text.
                Some(node @ Node::Int(_)) => {
                    if let Node::Int(number) = node {
                        *node = Node::Text(Cow::Owned(number.to_string()));
                    }
                }
                _ => return Err(PayloadError::NotMsgpack(at)),
            }
            self.value(nodes, depth + 1)?;
        }
        close(nodes, start);
        Ok(())
    }

    /// Begins a container; a count that the rest of the payload cannot hold is refused at once.
    fn open(
        &mut self,
        nodes: &mut Vec<Node<'p>>,
        node: Node<'p>,
        count: usize,
        depth: usize,
    ) -> Result<usize, PayloadError> {
        if depth >= MAX_DEPTH {
            return Err(PayloadError::TooDeep);
        }
        if count > self.bytes.len() - self.at {
            return Err(PayloadError::NotMsgpack(self.at));
        }
        let start = nodes.len();
        push(nodes, node)?;
        Ok(start)
    }
}
