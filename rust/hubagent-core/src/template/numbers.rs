//! Numbers in templates, as Python and Home Assistant read, round and combine them.

use minijinja::value::{Kwargs, Rest, Value as Dynamic};
use minijinja::{Environment, Error, ErrorKind};

use super::{python, refuse};

pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_filter("float", float);
    environment.add_function("float", float);
    environment.add_filter("int", int);
    environment.add_function("int", int);
    environment.add_filter("round", round_filter);
    environment.add_filter(
        "multiply",
        |value: Dynamic, by: f64, default: Option<Dynamic>| {
            or_default(number(&value).map(|number| number * by), default, &value)
        },
    );
    environment.add_filter(
        "add",
        |value: Dynamic, amount: f64, default: Option<Dynamic>| {
            or_default(
                number(&value).map(|number| number + amount),
                default,
                &value,
            )
        },
    );
    environment.add_filter("log", log);
    environment.add_function("log", log);
    environment.add_filter("bitwise_and", |a: i64, b: i64| a & b);
    environment.add_filter("bitwise_or", |a: i64, b: i64| a | b);
    environment.add_filter("bitwise_xor", |a: i64, b: i64| a ^ b);
    environment.add_filter("is_number", is_number);
    environment.add_function("is_number", is_number);
    environment.add_test("is_number", is_number);
    environment.add_filter("ordinal", ordinal);
    environment.add_function("min", |values: Rest<Dynamic>| extreme(&values, "min"));
    environment.add_function("max", |values: Rest<Dynamic>| extreme(&values, "max"));
}

/// Reads a number as Python's `float` does; `None` when it is none.
pub(super) fn number(value: &Dynamic) -> Option<f64> {
    match value.as_str() {
        Some(text) => parse_float(text),
        None => f64::try_from(value.clone())
            .ok()
            .or_else(|| {
                bool::try_from(value.clone())
                    .ok()
                    .map(|truth| f64::from(u8::from(truth)))
            })
            .filter(|_| !value.is_undefined() && !value.is_none()),
    }
}

/// Parses text as Python's `float` does.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

fn or_default(
    number: Option<f64>,
    default: Option<Dynamic>,
    value: &Dynamic,
) -> Result<Dynamic, Error> {
    match (number, default) {
        (Some(number), _) => Ok(number.into()),
        // A default is for what is no number, not for what is not there, as in Python.
        _ if value.is_undefined() => Err(undefined()),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(refuse(format!("`{}` is not a number", python::text(value)))),
    }
}

fn undefined() -> Error {
    Error::new(ErrorKind::UndefinedError, "value is undefined")
}

fn float(value: Dynamic, default: Option<Dynamic>, named: Kwargs) -> Result<Dynamic, Error> {
    let default = named.get::<Option<Dynamic>>("default")?.or(default);
    or_default(number(&value), default, &value)
}

fn int(
    value: Dynamic,
    default: Option<Dynamic>,
    base: Option<u32>,
    named: Kwargs,
) -> Result<Dynamic, Error> {
    let default = named.get::<Option<Dynamic>>("default")?.or(default);
    let base = named.get::<Option<u32>>("base")?.or(base).unwrap_or(10);
    let whole = match value.as_str() {
        Some(text) => parse_int(text, base),
        None => value.as_i64().filter(|_| value.is_integer()),
    };
    match whole.or_else(|| truncate(number(&value)?)) {
        Some(number) => Ok(number.into()),
        None => or_default(None, default, &value),
    }
}

fn parse_int(text: &str, base: u32) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let prefix = match base {
        16 => ["0x", "0X"],
        8 => ["0o", "0O"],
        2 => ["0b", "0B"],
        3..=36 => ["", ""],
        _ => return None,
    };
    let digits = prefix
        .iter()
        .find_map(|prefix| digits.strip_prefix(prefix))
        .unwrap_or(digits);
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i64::from_str_radix(&format!("{sign}{digits}"), base).ok()
}

/// Cuts off what is behind the point; `None` when the rest does not fit.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(super) fn truncate(number: f64) -> Option<i64> {
    (number.abs() < 9.2e18).then_some(number as i64)
}

/// Result of rounding: without places a whole number, as Home Assistant has it.
pub(super) enum Rounded {
    Int(i64),
    Float(f64),
}

/// Rounds as Python does: to the nearest, of two equally near the even one, decided on the exact
/// binary value.
pub(super) fn round(number: f64, places: i32) -> Option<Rounded> {
    if places == 0 {
        return truncate(number.round_ties_even()).map(Rounded::Int);
    }
    let rounded = match usize::try_from(places) {
        // No float has more digits than this behind the point that could be rounded away.
        Ok(places) if places > 330 => number,
        Ok(places) => format!("{number:.places$}").parse().ok()?,
        Err(_) => {
            let unit = 10f64.powi(places.saturating_neg());
            if unit.is_finite() {
                (number / unit).round_ties_even() * unit
            } else {
                0.0
            }
        }
    };
    Some(Rounded::Float(rounded))
}

fn round_filter(
    value: Dynamic,
    places: Option<i32>,
    method: Option<&str>,
    default: Option<Dynamic>,
    named: Kwargs,
) -> Result<Dynamic, Error> {
    let places = named
        .get::<Option<i32>>("precision")?
        .or(places)
        .unwrap_or(0);
    let method = named
        .get::<Option<&str>>("method")?
        .or(method)
        .unwrap_or("common");
    let default = named.get::<Option<Dynamic>>("default")?.or(default);
    let Some(number) = number(&value) else {
        return or_default(None, default, &value);
    };
    let scale = 10f64.powi(places);
    let rounded = match method {
        "ceil" => Some(Rounded::Float((number * scale).ceil() / scale)),
        "floor" => Some(Rounded::Float((number * scale).floor() / scale)),
        "half" => Some(Rounded::Float((number * 2.0).round_ties_even() / 2.0)),
        _ => round(number, places),
    };
    match rounded {
        Some(Rounded::Int(number)) => Ok(number.into()),
        Some(Rounded::Float(number)) if places == 0 && method != "half" => match truncate(number) {
            Some(number) => Ok(number.into()),
            None => or_default(None, default, &value),
        },
        Some(Rounded::Float(number)) => Ok(number.into()),
        None => or_default(None, default, &value),
    }
}

fn log(value: Dynamic, base: Option<f64>, default: Option<Dynamic>) -> Result<Dynamic, Error> {
    let logarithm = number(&value)
        .filter(|number| *number > 0.0)
        .map(|number| match base {
            Some(base) => number.log(base),
            None => number.ln(),
        });
    or_default(logarithm, default, &value)
}

fn is_number(value: &Dynamic) -> bool {
    number(value).is_some_and(f64::is_finite)
}

fn ordinal(value: i64) -> String {
    let ending = match (value.rem_euclid(100), value.rem_euclid(10)) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{value}{ending}")
}

/// The smallest or greatest of several values or of one list.
fn extreme(values: &[Dynamic], which: &str) -> Result<Dynamic, Error> {
    let values: Vec<Dynamic> = match values {
        [list] => list.try_iter()?.collect(),
        several => several.to_vec(),
    };
    if values.iter().any(Dynamic::is_undefined) {
        return Err(undefined());
    }
    let best = if which == "min" {
        values.into_iter().min()
    } else {
        values.into_iter().max()
    };
    best.ok_or_else(|| refuse(format!("{which} of nothing")))
}
