//! One value of one attribute, as a device knows it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A scalar or a flat list of scalars; the mirror of `hubagent.types.Value`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// The attribute exists and its value is unknown.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number; never NaN or infinite (see [`Value::number`]).
    Float(f64),
    /// Text.
    Text(Box<str>),
    /// A flat list, such as an `rgb_color`; at most [`MAX_LIST`] items, none of them a list.
    List(Box<[Value]>),
}

/// Longest list that is kept; longer ones are refused where they enter.
pub const MAX_LIST: usize = 64;

impl Value {
    /// Makes a float value, or `Null` for NaN and infinities, which devices send for "no reading".
    pub fn number(number: f64) -> Self {
        if number.is_finite() {
            Self::Float(number)
        } else {
            Self::Null
        }
    }

    /// Makes a text value.
    pub fn text(text: impl Into<Box<str>>) -> Self {
        Self::Text(text.into())
    }

    /// Returns the value as a number: numbers as they are, booleans as 0 and 1, text if it parses
    /// (a decimal comma is accepted).
    pub fn as_f64(&self) -> Option<f64> {
        let number = match self {
            Self::Bool(truth) => f64::from(u8::from(*truth)),
            #[expect(
                clippy::cast_precision_loss,
                reason = "device values are far below 2^53"
            )]
            Self::Int(number) => *number as f64,
            Self::Float(number) => *number,
            Self::Text(text) => {
                let text = text.trim();
                text.parse()
                    .or_else(|_| text.replacen(',', ".", 1).parse())
                    .ok()?
            }
            Self::Null | Self::List(_) => return None,
        };
        number.is_finite().then_some(number)
    }

    /// Returns the text inside, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    /// Writes what a template would print: text as it is, `None` for null, lists comma-separated.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("None"),
            Self::Bool(truth) => formatter.write_str(if *truth { "True" } else { "False" }),
            Self::Int(number) => write!(formatter, "{number}"),
            Self::Float(number) => write_float(formatter, *number),
            Self::Text(text) => formatter.write_str(text),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        formatter.write_str(",")?;
                    }
                    write!(formatter, "{item}")?;
                }
                Ok(())
            }
        }
    }
}

/// Writes a float as Python's `repr` does: `21.0`, `1e-05`, `1e+16`.
pub(crate) fn write_float(out: &mut impl fmt::Write, number: f64) -> fmt::Result {
    // Where Rust writes no exponent, Python writes none either, and both write the same.
    if number == 0.0 || (1e-4..1e16).contains(&number.abs()) {
        return write!(out, "{number:?}");
    }
    let text = format!("{number:?}");
    match text.split_once('e') {
        None => out.write_str(&text),
        Some((digits, exponent)) => {
            let exponent: i32 = exponent.parse().unwrap_or_default();
            let sign = if exponent < 0 { '-' } else { '+' };
            write!(out, "{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (number, text) in [
            (21.0, "21.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1e16, "1e+16"),
            (123_456_789_012_345.0, "123456789012345.0"),
            (1.5e300, "1.5e+300"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(Value::Float(number).to_string(), text);
        }
    }

    #[test]
    fn a_reading_that_is_not_a_number_is_unknown() {
        assert_eq!(Value::number(f64::NAN), Value::Null);
        assert_eq!(Value::number(f64::INFINITY), Value::Null);
        assert_eq!(Value::text("nan").as_f64(), None);
    }

    #[test]
    fn numbers_in_text_are_read_with_either_decimal_mark() {
        assert_eq!(Value::text(" 23.4 ").as_f64(), Some(23.4));
        assert_eq!(Value::text("23,4").as_f64(), Some(23.4));
        assert_eq!(Value::text("unavailable").as_f64(), None);
    }
}
