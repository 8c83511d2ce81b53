//! A message's payload, parsed once for all bindings that listen to it.
//!
//! JSON and msgpack become the same flat list of nodes, with text borrowed from the payload. That
//! is what the bindings' pointers are looked up in; no tree of boxed values is built.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

mod lenient;
mod msgpack;

/// Largest payload that is looked into.
pub const MAX_BYTES: usize = 1 << 20;

/// Deepest nesting that is read.
pub const MAX_DEPTH: usize = 64;

/// Most values, keys included, that one payload may hold.
pub const MAX_NODES: usize = 1 << 16;

/// Why a payload cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// More than [`MAX_BYTES`].
    #[error("payload of {0} bytes is larger than {MAX_BYTES}")]
    TooLarge(usize),
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("payload nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// More than [`MAX_NODES`] values.
    #[error("payload with more than {MAX_NODES} values")]
    TooMany,
    /// Not UTF-8 where text is expected.
    #[error("payload is not text")]
    NotText,
    /// Not JSON.
    #[error("payload is not json: {0}")]
    NotJson(Box<str>),
    /// Not msgpack, at the byte of this offset.
    #[error("payload is not msgpack at byte {0}")]
    NotMsgpack(usize),
}

#[derive(Clone, Debug, PartialEq)]
enum Node<'p> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'p, str>),
    /// Followed by its items; `end` is the index after the last of them.
    Array {
        end: u32,
    },
    /// Followed by key, value, key, value; keys are always text.
    Object {
        end: u32,
    },
}

/// A parsed payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Document<'p> {
    nodes: Vec<Node<'p>>,
}

/// One value inside a [`Document`].
#[derive(Clone, Copy, Debug)]
pub struct Item<'d> {
    nodes: &'d [Node<'d>],
    index: usize,
}

/// What an [`Item`] is.
#[derive(Clone, Debug)]
pub enum View<'d> {
    /// JSON null, msgpack nil.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number that fits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(&'d str),
    /// A list.
    Array(Items<'d>),
    /// A map; keys in the order of the payload.
    Object(Entries<'d>),
}

/// The items of an array.
#[derive(Clone, Debug)]
pub struct Items<'d> {
    nodes: &'d [Node<'d>],
    next: usize,
    end: usize,
}

/// The entries of an object.
#[derive(Clone, Debug)]
pub struct Entries<'d>(Items<'d>);

/// A JSON pointer (RFC 6901), split and unescaped once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    tokens: Box<[Box<str>]>,
}

impl<'p> Document<'p> {
    /// Parses JSON. Bare `NaN` and `Infinity`, which many devices send, are read as null.
    ///
    /// # Errors
    ///
    /// [`PayloadError`] when it is not JSON or beyond a limit.
    pub fn from_json(payload: &'p [u8]) -> Result<Self, PayloadError> {
        let text = text(payload)?;
        match Self::strict_json(text) {
            Ok(document) => Ok(document),
            Err(error) => lenient::without_bare_words(text)
                .and_then(|text| Document::strict_json(&text).ok().map(Document::into_owned))
                .ok_or(error),
        }
    }

    /// Parses one msgpack value. Integer map keys become text, binary is read as text.
    ///
    /// # Errors
    ///
    /// [`PayloadError`] when it is not msgpack, is followed by more bytes or is beyond a limit.
    pub fn from_msgpack(payload: &'p [u8]) -> Result<Self, PayloadError> {
        check_size(payload)?;
        msgpack::parse(payload).map(|nodes| Self { nodes })
    }

    /// Returns the outermost value.
    pub fn root(&self) -> Item<'_> {
        Item {
            nodes: &self.nodes,
            index: 0,
        }
    }

    fn strict_json(text: &'p str) -> Result<Self, PayloadError> {
        // A typical message has a node every dozen bytes; one allocation is enough for it.
        let mut nodes = Vec::with_capacity(text.len() / 8 + 1);
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let mut trouble = None;
        Seed {
            nodes: &mut nodes,
            trouble: &mut trouble,
            depth: 0,
        }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| {
            trouble.unwrap_or_else(|| PayloadError::NotJson(error.to_string().into()))
        })?;
        Ok(Self { nodes })
    }

    fn into_owned(self) -> Document<'static> {
        let nodes = self.nodes.into_iter().map(|node| match node {
            Node::Null => Node::Null,
            Node::Bool(truth) => Node::Bool(truth),
            Node::Int(number) => Node::Int(number),
            Node::Float(number) => Node::Float(number),
            Node::Text(text) => Node::Text(Cow::Owned(text.into_owned())),
            Node::Array { end } => Node::Array { end },
            Node::Object { end } => Node::Object { end },
        });
        Document {
            nodes: nodes.collect(),
        }
    }
}

/// Reads a payload as text.
///
/// # Errors
///
/// [`PayloadError::TooLarge`] and [`PayloadError::NotText`].
pub fn text(payload: &[u8]) -> Result<&str, PayloadError> {
    check_size(payload)?;
    std::str::from_utf8(payload).map_err(|_| PayloadError::NotText)
}

fn check_size(payload: &[u8]) -> Result<(), PayloadError> {
    if payload.len() > MAX_BYTES {
        return Err(PayloadError::TooLarge(payload.len()));
    }
    Ok(())
}

impl<'d> Item<'d> {
    /// Returns what the value is.
    pub fn view(&self) -> View<'d> {
        let inside = |end: u32| Items {
            nodes: self.nodes,
            next: self.index + 1,
            end: end as usize,
        };
        match self.nodes.get(self.index) {
            Some(Node::Bool(truth)) => View::Bool(*truth),
            Some(Node::Int(number)) => View::Int(*number),
            Some(Node::Float(number)) => View::Float(*number),
            Some(Node::Text(text)) => View::Text(text),
            Some(Node::Array { end }) => View::Array(inside(*end)),
            Some(Node::Object { end }) => View::Object(Entries(inside(*end))),
            Some(Node::Null) | None => View::Null,
        }
    }

    /// Returns the value a pointer leads to, `None` when there is none.
    pub fn get(&self, pointer: &Pointer) -> Option<Item<'d>> {
        pointer
            .tokens
            .iter()
            .try_fold(*self, |item, token| item.child(token))
    }

    /// Returns the value of a key or the item at an index; of a repeated key the last, as most
    /// readers have it.
    fn child(&self, token: &str) -> Option<Item<'d>> {
        match self.view() {
            View::Object(entries) => entries
                .filter(|(key, _)| *key == token)
                .last()
                .map(|(_, item)| item),
            View::Array(mut items) => {
                if token.len() > 1 && token.starts_with('0') {
                    return None;
                }
                items.nth(token.parse().ok()?)
            }
            _ => None,
        }
    }
}

impl<'d> Iterator for Items<'d> {
    type Item = Item<'d>;

    fn next(&mut self) -> Option<Item<'d>> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        self.next = match self.nodes.get(index)? {
            Node::Array { end } | Node::Object { end } => *end as usize,
            _ => index + 1,
        };
        Some(Item {
            nodes: self.nodes,
            index,
        })
    }
}

impl<'d> Iterator for Entries<'d> {
    type Item = (&'d str, Item<'d>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.0.next()?;
        match key.view() {
            View::Text(text) => Some((text, self.0.next()?)),
            _ => None,
        }
    }
}

impl Pointer {
    /// Parses a pointer; the empty one means the whole document, any other begins with `/`.
    /// `None` when it is not a pointer.
    pub fn parse(pointer: &str) -> Option<Self> {
        if pointer.is_empty() {
            return Some(Self::of([]));
        }
        let mut tokens = Vec::new();
        for token in pointer.strip_prefix('/')?.split('/') {
            let mut rest = token;
            while let Some((_, after)) = rest.split_once('~') {
                if !after.starts_with(['0', '1']) {
                    return None;
                }
                rest = after;
            }
            tokens.push(token.replace("~1", "/").replace("~0", "~").into());
        }
        Some(Self {
            tokens: tokens.into(),
        })
    }

    /// Makes a pointer of keys that need no unescaping.
    pub fn of<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            tokens: tokens.into_iter().map(Into::into).collect(),
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tokens.iter().try_for_each(|token| {
            write!(
                formatter,
                "/{}",
                token.replace('~', "~0").replace('/', "~1")
            )
        })
    }
}

/// Appends nodes while it checks the limits that both formats share.
fn push<'p>(nodes: &mut Vec<Node<'p>>, node: Node<'p>) -> Result<(), PayloadError> {
    if nodes.len() >= MAX_NODES {
        return Err(PayloadError::TooMany);
    }
    nodes.push(node);
    Ok(())
}

/// Writes the end of a container into its first node, once it is known.
fn close(nodes: &mut [Node<'_>], start: usize) {
    let after = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    if let Some(Node::Array { end } | Node::Object { end }) = nodes.get_mut(start) {
        *end = after;
    }
}

fn float(number: f64) -> Node<'static> {
    if number.is_finite() {
        Node::Float(number)
    } else {
        Node::Null
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "beyond 2^63 a float is what other readers make of it too"
)]
fn unsigned(number: u64) -> Node<'static> {
    i64::try_from(number).map_or(Node::Float(number as f64), Node::Int)
}

struct Seed<'a, 'p> {
    nodes: &'a mut Vec<Node<'p>>,
    /// The limit that was hit; the parser's own error cannot carry it.
    trouble: &'a mut Option<PayloadError>,
    depth: usize,
}

impl<'p> Seed<'_, 'p> {
    fn push<E: serde::de::Error>(&mut self, node: Node<'p>) -> Result<(), E> {
        push(self.nodes, node).map_err(|trouble| self.refuse(trouble))
    }

    fn refuse<E: serde::de::Error>(&mut self, trouble: PayloadError) -> E {
        *self.trouble = Some(trouble);
        E::custom("limit")
    }

    fn inner<E: serde::de::Error>(&mut self) -> Result<Seed<'_, 'p>, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(PayloadError::TooDeep));
        }
        Ok(Seed {
            nodes: self.nodes,
            trouble: self.trouble,
            depth: self.depth + 1,
        })
    }
}

impl<'p> DeserializeSeed<'p> for Seed<'_, 'p> {
    type Value = ();

    fn deserialize<D: Deserializer<'p>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'p> Visitor<'p> for Seed<'_, 'p> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(mut self) -> Result<(), E> {
        self.push(Node::Null)
    }

    fn visit_bool<E: serde::de::Error>(mut self, truth: bool) -> Result<(), E> {
        self.push(Node::Bool(truth))
    }

    fn visit_i64<E: serde::de::Error>(mut self, number: i64) -> Result<(), E> {
        self.push(Node::Int(number))
    }

    fn visit_u64<E: serde::de::Error>(mut self, number: u64) -> Result<(), E> {
        self.push(unsigned(number))
    }

    fn visit_f64<E: serde::de::Error>(mut self, number: f64) -> Result<(), E> {
        self.push(float(number))
    }

    fn visit_borrowed_str<E: serde::de::Error>(mut self, text: &'p str) -> Result<(), E> {
        self.push(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: serde::de::Error>(mut self, text: &str) -> Result<(), E> {
        self.push(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'p>>(mut self, mut items: A) -> Result<(), A::Error> {
        let start = self.nodes.len();
        self.push(Node::Array { end: 0 })?;
        while items.next_element_seed(self.inner()?)?.is_some() {}
        close(self.nodes, start);
        Ok(())
    }

    fn visit_map<A: MapAccess<'p>>(mut self, mut entries: A) -> Result<(), A::Error> {
        let start = self.nodes.len();
        self.push(Node::Object { end: 0 })?;
        while entries.next_key_seed(self.inner()?)?.is_some() {
            let key_is_text = matches!(self.nodes.last(), Some(Node::Text(_)));
            if !key_is_text {
                return Err(A::Error::custom("key is not text"));
            }
            entries.next_value_seed(self.inner()?)?;
        }
        close(self.nodes, start);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
