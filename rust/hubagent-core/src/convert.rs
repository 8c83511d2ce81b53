//! From a device's value to the home's, and the other way round for a command.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::payload::{Item, View};
use crate::value::{MAX_LIST, Value};

/// Longest text that is kept as a value, in bytes.
pub const MAX_TEXT: usize = 4096;

/// Type a value is brought to; the mirror of `hubagent.types.Kind`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// As it came.
    #[default]
    Any,
    /// Text.
    Text,
    /// A number; what is none becomes null.
    Number,
    /// A number rounded to a whole one.
    Integer,
    /// A flat list of numbers: a list, or text split at commas.
    Numbers,
    /// `true`, `on`, `yes`, `1` and their opposites in any case; anything else is null.
    Boolean,
}

/// How a value is converted; the mirror of `hubagent.types.Convert`.
///
/// From device to home in this order: `words`, `kind`, `scale`, `reciprocal`, `integer`. From home
/// to device: `reciprocal`, `scale`, `integer`, `words`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Convert {
    /// Type the value is brought to.
    pub kind: Kind,
    /// (device's word, home's word) pairs; case-sensitive.
    pub words: Vec<(Box<str>, Box<str>)>,
    /// With `words`: a value in none of the pairs is ignored.
    pub strict: bool,
    /// (device low, device high, home low, home high); clamped to the range it is scaled to.
    pub scale: Option<[f64; 4]>,
    /// `1e6 / x`: mired to kelvin and back.
    pub reciprocal: bool,
    /// Round to the nearest whole number after all else.
    pub integer: bool,
}

/// A scale whose ends coincide or are not numbers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scale needs two different finite ends on both sides")]
pub struct ScaleError;

/// Why a value cannot be taken or sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// An object, a nested or too long list, or too long text.
    #[error("value is not a scalar or a short flat list")]
    Shape,
    /// A number is wanted and the value is none.
    #[error("`{0}` is not a number")]
    NotANumber(Box<str>),
    /// A boolean is wanted and the value is none.
    #[error("`{0}` is not a boolean")]
    NotABoolean(Box<str>),
    /// The device has no word for the value; lists those the home may use.
    #[error("`{value}` is none of {allowed}")]
    Word {
        /// The value.
        value: Box<str>,
        /// The home's words, comma-separated.
        allowed: Box<str>,
    },
}

/// A value as it was read, before conversion.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    List(Vec<Reading<'a>>),
}

/// How a boolean or a null is written when it is needed as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// `true`
    Json,
    /// `True`, as a template prints it.
    Python,
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Ok(match name {
            "any" => Self::Any,
            "text" => Self::Text,
            "number" => Self::Number,
            "integer" => Self::Integer,
            "numbers" => Self::Numbers,
            "boolean" => Self::Boolean,
            _ => return Err(()),
        })
    }
}

impl<'a> Reading<'a> {
    /// Reads a scalar or a flat list.
    pub(crate) fn of(item: Item<'a>) -> Result<Self, ConvertError> {
        match item.view() {
            View::Array(items) => {
                let items = items.take(MAX_LIST + 1).map(Self::scalar);
                let items = items.collect::<Result<Vec<_>, _>>()?;
                if items.len() > MAX_LIST {
                    return Err(ConvertError::Shape);
                }
                Ok(Self::List(items))
            }
            _ => Self::scalar(item),
        }
    }

    /// Reads a scalar.
    pub(crate) fn scalar(item: Item<'a>) -> Result<Self, ConvertError> {
        Ok(match item.view() {
            View::Null => Self::Null,
            View::Bool(truth) => Self::Bool(truth),
            View::Int(number) => Self::Int(number),
            View::Float(number) => Self::Float(number),
            View::Text(text) => Self::Text(text),
            View::Array(_) | View::Object(_) => return Err(ConvertError::Shape),
        })
    }

    fn text(&self, spelling: Spelling) -> Cow<'a, str> {
        match (self, spelling) {
            (Self::Text(text), _) => Cow::Borrowed(text),
            (Self::Bool(true), Spelling::Json) => Cow::Borrowed("true"),
            (Self::Bool(false), Spelling::Json) => Cow::Borrowed("false"),
            (Self::Null, Spelling::Json) => Cow::Borrowed("null"),
            _ => Cow::Owned(self.value().to_string()),
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Int(number) => Value::Int(*number),
            Self::Float(number) => Value::number(*number),
            Self::Text(text) => Value::text(*text),
            Self::List(items) => Value::List(items.iter().map(Self::value).collect()),
        }
    }
}

impl Convert {
    /// Checks what cannot be right for any value.
    ///
    /// # Errors
    ///
    /// [`ScaleError`].
    pub fn check(&self) -> Result<(), ScaleError> {
        match self.scale {
            Some(ends @ [low, high, home_low, home_high])
                if ends.iter().any(|end| !end.is_finite())
                    || same(low, high)
                    || same(home_low, home_high) =>
            {
                Err(ScaleError)
            }
            _ => Ok(()),
        }
    }

    /// Converts a device's value; `None` means that it says nothing (empty text, a foreign word).
    pub(crate) fn to_home(
        &self,
        reading: &Reading<'_>,
        spelling: Spelling,
    ) -> Result<Option<Value>, ConvertError> {
        let translated = self.translate(reading);
        let reading = match translated {
            Some(word) => &Reading::Text(word),
            None if self.strict && !self.words.is_empty() && *reading != Reading::Null => {
                return Ok(None);
            }
            None => reading,
        };
        let value = match reading {
            Reading::Null => return Ok(Some(Value::Null)),
            Reading::Text("") => return Ok(None),
            // Home Assistant's word for "unknown", printed by templates and by bare payloads.
            Reading::Text("None") if spelling == Spelling::Python && translated.is_none() => {
                return Ok(Some(Value::Null));
            }
            Reading::Text(text) if text.len() > MAX_TEXT => return Err(ConvertError::Shape),
            _ => match self.kind {
                Kind::Any if spelling == Spelling::Json => reading.value(),
                Kind::Any | Kind::Text => Value::text(reading.text(spelling)),
                Kind::Number | Kind::Integer => number(reading),
                Kind::Boolean => boolean(&reading.text(spelling)),
                Kind::Numbers => match numbers(reading) {
                    Some(value) => value,
                    None => return Ok(None),
                },
            },
        };
        Ok(Some(self.each(value, |number| {
            let number = match self.scale {
                Some([low, high, home_low, home_high]) => {
                    linear(number, low, high, home_low, home_high)
                }
                None => number,
            };
            if self.reciprocal {
                1e6 / number
            } else {
                number
            }
        })))
    }

    /// Converts a value of the home to what the device understands.
    ///
    /// # Errors
    ///
    /// [`ConvertError`] when a number is wanted and there is none, or `strict` words do not hold it.
    pub fn to_device(&self, value: &Value) -> Result<Value, ConvertError> {
        let refused = || ConvertError::NotANumber(value.to_string().into());
        let sent = match (self.kind, value) {
            (_, Value::Null) => return Ok(Value::Null),
            (Kind::Any, _) => value.clone(),
            // A word of the home may stand for a number of the device; the words below decide.
            (Kind::Number | Kind::Integer, Value::Text(text)) if self.home_word(text).is_some() => {
                value.clone()
            }
            (Kind::Text, _) => Value::text(value.to_string()),
            (Kind::Number | Kind::Integer, _) => match value {
                Value::Int(_) | Value::Float(_) => value.clone(),
                _ => value.as_f64().map(plain).ok_or_else(refused)?,
            },
            (Kind::Numbers, Value::List(items)) => {
                if items.iter().any(|item| item.as_f64().is_none()) {
                    return Err(refused());
                }
                value.clone()
            }
            (Kind::Numbers, _) => return Err(refused()),
            (Kind::Boolean, _) => match boolean(&value.to_string()) {
                Value::Null => return Err(ConvertError::NotABoolean(value.to_string().into())),
                truth => truth,
            },
        };
        let sent = self.each(sent, |number| {
            let number = if self.reciprocal {
                1e6 / number
            } else {
                number
            };
            match self.scale {
                Some([low, high, home_low, home_high]) => {
                    linear(number, home_low, home_high, low, high)
                }
                None => number,
            }
        });
        if sent == Value::Null {
            return Err(refused());
        }
        if self.words.is_empty() {
            return Ok(sent);
        }
        let word = self.home_word(&sent.to_string()).or_else(|| match sent {
            Value::Bool(_) => {
                let mut pairs = self.words.iter();
                let pair = pairs.find(|(_, home)| boolean(home) == sent);
                pair.map(|(device, _)| &**device)
            }
            #[expect(clippy::float_cmp, reason = "asks whether nothing is behind the point")]
            Value::Float(number) if number.trunc() == number => {
                self.home_word(&format!("{number}"))
            }
            _ => None,
        });
        match word {
            Some(word) => Ok(Value::text(word)),
            None if self.strict => Err(ConvertError::Word {
                value: value.to_string().into(),
                allowed: self.home_words().into(),
            }),
            None => Ok(sent),
        }
    }

    /// Returns the home's word for a device's value, if the pairs hold it.
    fn translate(&self, reading: &Reading<'_>) -> Option<&str> {
        if self.words.is_empty() {
            return None;
        }
        let find = |text: &str| {
            let pair = self.words.iter().find(|(device, _)| **device == *text);
            pair.map(|(_, home)| &**home)
        };
        // Conventions differ in how they spell a boolean, so either spelling of the pair will do.
        match reading {
            Reading::Text(text) => find(text),
            Reading::Bool(_) | Reading::Null => find(&reading.text(Spelling::Json))
                .or_else(|| find(&reading.text(Spelling::Python))),
            #[expect(clippy::float_cmp, reason = "asks whether nothing is behind the point")]
            Reading::Float(number) if number.trunc() == *number => {
                find(&reading.text(Spelling::Json)).or_else(|| find(&format!("{number}")))
            }
            Reading::Int(_) | Reading::Float(_) => find(&reading.text(Spelling::Json)),
            Reading::List(_) => None,
        }
    }

    fn home_word(&self, word: &str) -> Option<&str> {
        let pair = self.words.iter().find(|(_, home)| **home == *word);
        pair.map(|(device, _)| &**device)
    }

    fn home_words(&self) -> String {
        let words: Vec<_> = self.words.iter().map(|(_, home)| &**home).collect();
        words.join(", ")
    }

    /// Applies a function to a number, or to every number of a list, and rounds.
    fn each(&self, value: Value, change: impl Fn(f64) -> f64 + Copy) -> Value {
        let whole = self.integer || self.kind == Kind::Integer;
        if self.scale.is_none() && !self.reciprocal && !whole {
            return value;
        }
        match value {
            Value::Int(_) | Value::Float(_) => match value.as_f64().map(change) {
                Some(number) if whole => rounded(number),
                Some(number) => Value::number(number),
                None => Value::Null,
            },
            Value::List(items) => Value::List(
                items
                    .into_iter()
                    .map(|item| self.each(item, change))
                    .collect(),
            ),
            _ => value,
        }
    }
}

#[expect(clippy::float_cmp, reason = "two ends given as the same literal")]
fn same(one: f64, other: f64) -> bool {
    one == other
}

fn linear(number: f64, low: f64, high: f64, to_low: f64, to_high: f64) -> f64 {
    let scaled = to_low + (number - low) * (to_high - to_low) / (high - low);
    scaled.clamp(to_low.min(to_high), to_low.max(to_high))
}

/// Rounds half away from zero, as people do.
#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates, far beyond any device"
)]
fn rounded(number: f64) -> Value {
    if number.is_finite() {
        Value::Int(number.round() as i64)
    } else {
        Value::Null
    }
}

/// A whole number without a point, any other as it is.
#[expect(clippy::float_cmp, reason = "asks whether nothing is behind the point")]
fn plain(number: f64) -> Value {
    if number.trunc() == number && number.abs() < 1e15 {
        rounded(number)
    } else {
        Value::number(number)
    }
}

/// Reads the words that mean a boolean; `Null` for any other.
fn boolean(text: &str) -> Value {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "on" | "yes" | "1" | "1.0" => Value::Bool(true),
        "false" | "off" | "no" | "0" | "0.0" => Value::Bool(false),
        _ => Value::Null,
    }
}

fn number(reading: &Reading<'_>) -> Value {
    match reading {
        Reading::Int(number) => Value::Int(*number),
        Reading::Float(number) => Value::number(*number),
        Reading::Bool(truth) => Value::Int(i64::from(*truth)),
        // A boolean, after a template has printed it.
        Reading::Text("True") => Value::Int(1),
        Reading::Text("False") => Value::Int(0),
        Reading::Text(text) => parse_number(text),
        Reading::Null | Reading::List(_) => Value::Null,
    }
}

/// Reads a number with either decimal mark; `Null` for anything else.
fn parse_number(text: &str) -> Value {
    let text = text.trim();
    match text.parse() {
        Ok(number) => Value::Int(number),
        Err(_) => Value::text(text)
            .as_f64()
            .map_or(Value::Null, Value::number),
    }
}

/// Reads a list of numbers; `None` when the text holds none at all (`,,` of an empty template).
fn numbers(reading: &Reading<'_>) -> Option<Value> {
    let items: Vec<Value> = match reading {
        Reading::List(items) => items.iter().map(number).collect(),
        Reading::Text(text) => {
            let inner = text.trim().trim_start_matches(['(', '[']);
            let inner = inner.trim_end_matches([')', ']']);
            if inner.split(',').all(|part| part.trim().is_empty()) {
                return None;
            }
            let parts = inner.split(',').take(MAX_LIST + 1);
            parts.map(parse_number).collect()
        }
        _ => vec![number(reading)],
    };
    let complete = items.len() <= MAX_LIST && !items.contains(&Value::Null);
    Some(if complete {
        Value::List(items.into())
    } else {
        Value::Null
    })
}

#[cfg(test)]
mod tests;
