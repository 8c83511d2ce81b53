//! What templates print, spelled as Python spells it, and the few Python names they use.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Kwargs, Object, ObjectRepr, Rest, Value as Dynamic, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};
use minijinja_contrib::pycompat;

use super::refuse;
use crate::value::write_float;

/// Deepest list or map that is printed.
const MAX_DEPTH: usize = 32;

/// Widest field that a format string may ask for.
const MAX_WIDTH: usize = 256;

pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_filter("string", |value: &Dynamic| text(value));
    environment.add_filter("format", format_filter);
    environment.add_filter("from_json", from_json);
    environment.add_filter("to_json", to_json);
    environment.add_filter("tojson", to_json);
    environment.add_filter("is_defined", is_defined);
    environment.add_filter("iif", iif);
    environment.add_function("iif", iif);
    environment.add_function("zip", zip);
    environment.add_global("dict", Dynamic::from_object(Dict));
    environment.set_unknown_method_callback(method);
}

/// Writes a value as Python's `str` would.
pub(super) fn write(out: &mut impl fmt::Write, value: &Dynamic) -> fmt::Result {
    match value.as_str() {
        // Bytes that happen to be text are bytes all the same.
        Some(text) if value.kind() == ValueKind::String => out.write_str(text),
        _ => write_repr(out, value, 0),
    }
}

/// Returns a value as Python's `str` would.
pub(super) fn text(value: &Dynamic) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail; a value nested too deep ends early.
    let _ = write(&mut text, value);
    text
}

fn write_repr(out: &mut impl fmt::Write, value: &Dynamic, depth: usize) -> fmt::Result {
    if depth > MAX_DEPTH {
        return Err(fmt::Error);
    }
    match value.kind() {
        ValueKind::Undefined => Ok(()),
        ValueKind::None => out.write_str("None"),
        ValueKind::Bool => out.write_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::Number => match f64::try_from(value.clone()) {
            Ok(number) if !value.is_integer() => match number {
                number if number.is_nan() => out.write_str("nan"),
                f64::INFINITY => out.write_str("inf"),
                f64::NEG_INFINITY => out.write_str("-inf"),
                number => write_float(out, number),
            },
            _ => write!(out, "{value}"),
        },
        ValueKind::String => write_quoted(out, value.as_str().unwrap_or_default()),
        ValueKind::Bytes => write_bytes(out, value.as_bytes().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => {
            out.write_char('[')?;
            for (index, item) in value.try_iter().into_iter().flatten().enumerate() {
                if index > 0 {
                    out.write_str(", ")?;
                }
                write_repr(out, &item, depth + 1)?;
            }
            out.write_char(']')
        }
        ValueKind::Map => {
            out.write_char('{')?;
            for (index, key) in value.try_iter().into_iter().flatten().enumerate() {
                if index > 0 {
                    out.write_str(", ")?;
                }
                write_repr(out, &key, depth + 1)?;
                out.write_str(": ")?;
                write_repr(out, &value.get_item(&key).unwrap_or_default(), depth + 1)?;
            }
            out.write_char('}')
        }
        _ => write!(out, "{value}"),
    }
}

fn write_quoted(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.write_char(quote)?;
    for character in text.chars() {
        match character {
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            _ if character == quote || character == '\\' => write!(out, "\\{character}")?,
            _ => out.write_char(character)?,
        }
    }
    out.write_char(quote)
}

fn write_bytes(out: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    out.write_str("b'")?;
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => write!(out, "\\{}", char::from(*byte))?,
            0x20..=0x7e => out.write_char(char::from(*byte))?,
            _ => write!(out, "\\x{byte:02x}")?,
        }
    }
    out.write_char('\'')
}

/// Reads bytes back that a command template printed (`{{ value | pack(">H") }}`); `None` for any
/// other text.
pub(crate) fn bytes_of_repr(text: &str) -> Option<Vec<u8>> {
    let inner = text.strip_prefix("b'")?.strip_suffix('\'')?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = match (byte, after) {
            (b'\\', [b'x', high, low, after @ ..]) => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                let byte = digit(high)? * 16 + digit(low)?;
                bytes.push(u8::try_from(byte).ok()?);
                after
            }
            (b'\\', [byte @ (b'\'' | b'\\'), after @ ..]) => {
                bytes.push(*byte);
                after
            }
            (b'\\' | b'\'' | 0x80.., _) => return None,
            _ => {
                bytes.push(*byte);
                after
            }
        };
    }
    Some(bytes)
}

/// Refuses format strings that ask for a field of absurd width.
fn check_width(format: &str) -> Result<(), Error> {
    let mut width = 0usize;
    for character in format.chars() {
        width = match character.to_digit(10) {
            Some(digit) => width.saturating_mul(10).saturating_add(digit as usize),
            None => 0,
        };
        if width > MAX_WIDTH {
            return Err(refuse("format asks for too wide a field"));
        }
    }
    if format.contains('*') {
        return Err(refuse("format takes its width from an argument"));
    }
    Ok(())
}

fn format_filter(
    state: &State,
    format: &Dynamic,
    arguments: Rest<Dynamic>,
) -> Result<Dynamic, Error> {
    check_width(format.as_str().unwrap_or_default())?;
    minijinja::filters::format(state, format, arguments)
}

/// Python's methods: those of the contributed module, and the rest of what templates use on text.
fn method(
    state: &State,
    value: &Dynamic,
    name: &str,
    arguments: &[Dynamic],
) -> Result<Dynamic, Error> {
    let text = value.as_str().unwrap_or_default();
    if name == "format" {
        check_width(text)?;
    }
    let given = arguments.iter().map(Dynamic::as_str).collect::<Vec<_>>();
    Ok(match (name, given.as_slice()) {
        _ if value.kind() != ValueKind::String => {
            return pycompat::unknown_method_callback(state, value, name, arguments);
        }
        ("casefold", []) => text.to_lowercase().into(),
        ("removeprefix", [Some(prefix)]) => text.strip_prefix(prefix).unwrap_or(text).into(),
        ("removesuffix", [Some(suffix)]) => text.strip_suffix(suffix).unwrap_or(text).into(),
        ("partition", [Some(mark)]) => match text.split_once(mark) {
            Some((before, after)) => three(before, mark, after),
            None => three(text, "", ""),
        },
        ("rpartition", [Some(mark)]) => match text.rsplit_once(mark) {
            Some((before, after)) => three(before, mark, after),
            None => three("", "", text),
        },
        ("zfill" | "rjust" | "ljust", [None, fill @ ..]) => {
            let width = arguments.first().and_then(Dynamic::as_usize);
            let width = width.filter(|width| *width <= MAX_WIDTH);
            let width = width.ok_or_else(|| refuse("width is none, or too wide"))?;
            let fill = fill.first().copied().flatten();
            let fill = fill.and_then(|fill| fill.chars().next()).unwrap_or(' ');
            justified(text, name, width, fill).into()
        }
        _ => return pycompat::unknown_method_callback(state, value, name, arguments),
    })
}

fn three(one: &str, two: &str, three: &str) -> Dynamic {
    [one, two, three].into_iter().map(Dynamic::from).collect()
}

fn justified(text: &str, method: &str, width: usize, fill: char) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let filled = |fill: char| std::iter::repeat_n(fill, missing).collect::<String>();
    match (method, text.strip_prefix('-')) {
        ("ljust", _) => text.to_owned() + &filled(fill),
        ("rjust", _) => filled(fill) + text,
        (_, Some(digits)) => format!("-{}{digits}", filled('0')),
        _ => filled('0') + text,
    }
}

fn from_json(value: &Dynamic, default: Option<Dynamic>) -> Result<Dynamic, Error> {
    let text = value.as_str().unwrap_or_default();
    match (
        crate::payload::Document::from_json(text.as_bytes()),
        default,
    ) {
        (Ok(document), _) => Ok(super::dynamic_item(document.root())),
        (Err(_), Some(default)) => Ok(default),
        (Err(error), None) => Err(refuse(error.to_string())),
    }
}

/// Writes compact JSON, keys in their order, as Home Assistant's `to_json` does.
fn to_json(value: &Dynamic, named: Kwargs) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    for name in ["ensure_ascii", "pretty_print", "sort_keys"] {
        // Accepted for what producers write; the shape of the text matters to nobody downstream.
        let _ = named.get::<Option<bool>>(name)?;
    }
    let mut depth_checked = String::new();
    write_repr(&mut depth_checked, value, 0).map_err(|_| refuse("value is nested too deep"))?;
    serde_json::to_string(value).map_err(|error| refuse(error.to_string()))
}

fn is_defined(value: Dynamic) -> Result<Dynamic, Error> {
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "value is undefined"));
    }
    Ok(value)
}

fn iif(
    value: &Dynamic,
    if_true: Option<Dynamic>,
    if_false: Option<Dynamic>,
    if_none: Option<Dynamic>,
) -> Dynamic {
    match if_none {
        Some(if_none) if value.is_none() => if_none,
        _ if value.is_true() => if_true.unwrap_or_else(|| true.into()),
        _ => if_false.unwrap_or_else(|| false.into()),
    }
}

fn zip(lists: Rest<Dynamic>) -> Result<Dynamic, Error> {
    let mut iterators = lists
        .iter()
        .map(Dynamic::try_iter)
        .collect::<Result<Vec<_>, _>>()?;
    let mut rows = Vec::new();
    if iterators.is_empty() {
        return Ok(Dynamic::from(rows));
    }
    loop {
        let row: Option<Vec<Dynamic>> = iterators.iter_mut().map(Iterator::next).collect();
        match row {
            Some(row) => rows.push(Dynamic::from(row)),
            None => return Ok(Dynamic::from(rows)),
        }
    }
}

/// `dict(...)` and `dict.from_keys(pairs)`, which event templates use.
#[derive(Debug)]
struct Dict;

impl Object for Dict {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &State<'_, '_>, arguments: &[Dynamic]) -> Result<Dynamic, Error> {
        minijinja::value::from_args::<(Option<Dynamic>, Kwargs)>(arguments).and_then(
            |(from, named)| {
                let mut entries = Vec::new();
                if let Some(from) = from {
                    entries = pairs(&from)?;
                }
                for name in named.args() {
                    entries.push((Dynamic::from(name), named.get(name)?));
                }
                Ok(entries.into_iter().collect())
            },
        )
    }

    fn call_method(
        self: &Arc<Self>,
        _: &State<'_, '_>,
        method: &str,
        arguments: &[Dynamic],
    ) -> Result<Dynamic, Error> {
        match (method, arguments) {
            ("from_keys", [list]) => Ok(pairs(list)?.into_iter().collect()),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

fn pairs(value: &Dynamic) -> Result<Vec<(Dynamic, Dynamic)>, Error> {
    let of_map = value.kind() == ValueKind::Map;
    value
        .try_iter()?
        .map(|item| {
            if of_map {
                let inner = value.get_item(&item)?;
                return Ok((item, inner));
            }
            match item.try_iter()?.collect::<Vec<_>>().as_slice() {
                [key, value] => Ok((key.clone(), value.clone())),
                _ => Err(refuse("a dict is made of pairs")),
            }
        })
        .collect()
}
