//! Date and time in templates. Time is an argument; local time is UTC and a fixed offset.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{
    DynObject, Enumerator, Kwargs, Object, ObjectRepr, Rest, Value as Dynamic, from_args,
};
use minijinja::{Environment, Error, ErrorKind, State};

use super::{home, numbers, python, refuse};

const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const MICROS: i64 = 1_000_000;

/// Years 1 to 9999, as in Python.
const RANGE_S: std::ops::Range<i64> = -62_135_596_800..253_402_300_800;

pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_function("now", |state: &State| {
        let home = home::of(state)?;
        moment(home.now_s, home.utc_offset_s)
    });
    environment.add_function("utcnow", |state: &State| moment(home::of(state)?.now_s, 0));
    environment.add_filter("timestamp_custom", timestamp_custom);
    environment.add_filter(
        "timestamp_local",
        |state: &State, value: Dynamic, default: Option<Dynamic>| {
            timestamp(&value, home::of(state)?.utc_offset_s, default)
        },
    );
    environment.add_filter(
        "timestamp_utc",
        |value: Dynamic, default: Option<Dynamic>| timestamp(&value, 0, default),
    );
    environment.add_filter("as_datetime", as_datetime);
    environment.add_function("as_datetime", as_datetime);
    environment.add_filter("as_timestamp", as_timestamp);
    environment.add_function("as_timestamp", as_timestamp);
    environment.add_filter("as_local", as_local);
    environment.add_function("as_local", as_local);
}

/// An instant, and how far local time is ahead of UTC there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    micros: i64,
    offset_s: i32,
}

/// The parts of a [`Moment`] in its own local time.
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    /// 0 is Monday.
    weekday: i64,
    day_of_year: i64,
}

/// Days since 1970-01-01 of a date. Source: H. Hinnant, "chrono-compatible low-level date
/// algorithms", `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl Moment {
    fn new(seconds: f64, offset_s: i32) -> Option<Self> {
        let whole = numbers::truncate(seconds.floor())?;
        if !RANGE_S.contains(&whole) {
            return None;
        }
        let micros = numbers::truncate(((seconds - seconds.floor()) * 1e6).round())?;
        Some(Self {
            micros: whole * MICROS + micros,
            offset_s,
        })
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds of ten millennia fit well enough"
    )]
    fn seconds(self) -> f64 {
        self.micros as f64 / 1e6
    }

    /// Splits into date and time. Source: H. Hinnant, as above, `civil_from_days`.
    fn civil(self) -> Civil {
        let local = self.micros + i64::from(self.offset_s) * MICROS;
        let seconds = local.div_euclid(MICROS);
        let days = seconds.div_euclid(86_400);
        let second = seconds.rem_euclid(86_400);
        let shifted = days + 719_468;
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = (month_from_march + 2) % 12 + 1;
        let year = year_of_era + shifted.div_euclid(146_097) * 400 + i64::from(month <= 2);
        Civil {
            year,
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: second / 3_600,
            minute: second / 60 % 60,
            second: second % 60,
            micros: local.rem_euclid(MICROS),
            weekday: (days + 3).rem_euclid(7),
            day_of_year: days - days_from_civil(year, 1, 1) + 1,
        }
    }

    /// Reads ISO 8601 as devices write it; without an offset it is taken as local time.
    fn parse(text: &str, local_offset_s: i32) -> Option<Self> {
        let mut reader = Reader(text.trim());
        let year = reader.digits(4)?;
        let month = reader
            .after('-')?
            .digits(2)
            .filter(|month| (1..=12).contains(month))?;
        let day = reader
            .after('-')?
            .digits(2)
            .filter(|day| (1..=31).contains(day))?;
        let (mut seconds, mut micros) = (0, 0);
        if reader.take('T') || reader.take(' ') {
            let hour = reader.digits(2).filter(|hour| *hour < 24)?;
            let minute = reader.after(':')?.digits(2).filter(|minute| *minute < 60)?;
            seconds = hour * 3_600 + minute * 60;
            if reader.take(':') {
                seconds += reader.digits(2).filter(|second| *second < 60)?;
                if reader.take('.') || reader.take(',') {
                    micros = reader.fraction()?;
                }
            }
        }
        let offset_s = reader.offset(local_offset_s)?;
        let days = days_from_civil(year, month, day);
        let utc = days * 86_400 + seconds - i64::from(offset_s);
        RANGE_S.contains(&utc).then_some(Self {
            micros: utc * MICROS + micros,
            offset_s,
        })
    }

    fn offset(self, colon: &str) -> String {
        let sign = if self.offset_s < 0 { '-' } else { '+' };
        let minutes = self.offset_s.unsigned_abs() / 60;
        format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
    }

    /// Formats as C's `strftime`; an unknown directive is printed as it stands.
    fn strftime(self, format: &str) -> String {
        let civil = self.civil();
        let mut text = String::new();
        let mut characters = format.chars();
        while let Some(character) = characters.next() {
            if character != '%' {
                text.push(character);
                continue;
            }
            let mut directive = characters.next();
            let bare = directive == Some('-');
            if bare {
                directive = characters.next();
            }
            let Some(directive) = directive else {
                text.push('%');
                break;
            };
            let twelve = (civil.hour + 11) % 12 + 1;
            let (number, width) = match directive {
                'Y' => (civil.year, 4),
                'm' => (civil.month, 2),
                'd' => (civil.day, 2),
                'H' => (civil.hour, 2),
                'I' => (twelve, 2),
                'M' => (civil.minute, 2),
                'S' => (civil.second, 2),
                'y' => (civil.year.rem_euclid(100), 2),
                'j' => (civil.day_of_year, 3),
                'f' => (civil.micros, 6),
                'w' => ((civil.weekday + 1) % 7, 1),
                'u' => (civil.weekday + 1, 1),
                's' => (self.micros.div_euclid(MICROS), 1),
                _ => {
                    self.write_words(&mut text, directive, &civil);
                    continue;
                }
            };
            let width = if bare { 0 } else { width };
            text.extend([format!("{number:0width$}")]);
        }
        text
    }

    fn write_words(self, text: &mut String, directive: char, civil: &Civil) {
        let name = |names: &[&'static str], index: i64| {
            let index = usize::try_from(index).unwrap_or_default();
            names.get(index).copied().unwrap_or_default()
        };
        let month = name(&MONTHS, civil.month - 1);
        let day = name(&DAYS, civil.weekday);
        match directive {
            'b' => text.push_str(month.get(..3).unwrap_or(month)),
            'B' => text.push_str(month),
            'a' => text.push_str(day.get(..3).unwrap_or(day)),
            'A' => text.push_str(day),
            'p' => text.push_str(if civil.hour < 12 { "AM" } else { "PM" }),
            'F' => text.push_str(&self.strftime("%Y-%m-%d")),
            'T' | 'X' => text.push_str(&self.strftime("%H:%M:%S")),
            'R' => text.push_str(&self.strftime("%H:%M")),
            'z' => text.push_str(&self.offset("")),
            'Z' if self.offset_s == 0 => text.push_str("UTC"),
            'Z' => text.extend(["UTC", &self.offset(":")]),
            '%' => text.push('%'),
            _ => {
                text.push('%');
                text.push(directive);
            }
        }
    }

    fn isoformat(self, separator: char) -> String {
        let fraction = if self.micros.rem_euclid(MICROS) == 0 {
            ""
        } else {
            ".%f"
        };
        let text = self.strftime(&format!("%Y-%m-%d{separator}%H:%M:%S{fraction}"));
        text + &self.offset(":")
    }
}

/// What is left of the text of a date.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn take(&mut self, character: char) -> bool {
        let rest = self.0.strip_prefix(character);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn after(&mut self, character: char) -> Option<&mut Self> {
        self.take(character).then_some(self)
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
        self.0 = rest;
        digits.parse().ok().filter(|_| plain)
    }

    /// Reads digits behind the point as microseconds.
    fn fraction(&mut self) -> Option<i64> {
        let end = self.0.find(|character: char| !character.is_ascii_digit());
        let (digits, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        let padded = format!("{digits:0<6}");
        padded.get(..6)?.parse().ok().filter(|_| !digits.is_empty())
    }

    fn offset(&mut self, otherwise: i32) -> Option<i32> {
        if self.0.is_empty() {
            return Some(otherwise);
        }
        if self.take('Z') || self.take('z') {
            return self.0.is_empty().then_some(0);
        }
        let sign = if self.take('-') {
            -1
        } else {
            i64::from(self.take('+'))
        };
        let hours = self.digits(2).filter(|hours| *hours < 24)?;
        self.take(':');
        let minutes = if self.0.is_empty() {
            0
        } else {
            self.digits(2).filter(|minutes| *minutes < 60)?
        };
        let offset = i32::try_from(sign * (hours * 3_600 + minutes * 60)).ok()?;
        (sign != 0 && self.0.is_empty()).then_some(offset)
    }
}

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Dynamic) -> Option<Dynamic> {
        let civil = self.civil();
        let part = match key.as_str()? {
            "year" => civil.year,
            "month" => civil.month,
            "day" => civil.day,
            "hour" => civil.hour,
            "minute" => civil.minute,
            "second" => civil.second,
            "microsecond" => civil.micros,
            _ => return None,
        };
        Some(part.into())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        Some(self.micros.cmp(&other.micros))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &State<'_, '_>,
        method: &str,
        arguments: &[Dynamic],
    ) -> Result<Dynamic, Error> {
        let format = arguments.first().and_then(Dynamic::as_str);
        Ok(match (method, format) {
            ("timestamp", None) => self.seconds().into(),
            ("isoformat", None) => self.isoformat('T').into(),
            ("strftime", Some(format)) => self.strftime(format).into(),
            ("weekday", None) => self.civil().weekday.into(),
            ("isoweekday", None) => (self.civil().weekday + 1).into(),
            ("date", None) => self.strftime("%Y-%m-%d").into(),
            ("time", None) => self.strftime("%H:%M:%S").into(),
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        })
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.isoformat(' '))
    }
}

fn moment(seconds: f64, offset_s: i32) -> Result<Dynamic, Error> {
    let moment = Moment::new(seconds, offset_s);
    moment
        .map(Dynamic::from_object)
        .ok_or_else(|| refuse("time out of range"))
}

/// Reads a moment from an instant, seconds since 1970, or ISO text.
fn read(value: &Dynamic, local_offset_s: i32) -> Option<Moment> {
    if let Some(moment) = value.downcast_object_ref::<Moment>() {
        return Some(*moment);
    }
    match (numbers::number(value), value.as_str()) {
        (Some(seconds), _) => Moment::new(seconds, 0),
        (None, Some(text)) => Moment::parse(text, local_offset_s),
        (None, None) => None,
    }
}

fn or_default(
    made: Option<Dynamic>,
    default: Option<Dynamic>,
    value: &Dynamic,
) -> Result<Dynamic, Error> {
    made.or(default)
        .ok_or_else(|| refuse(format!("`{}` is not a time", python::text(value))))
}

fn timestamp(value: &Dynamic, offset_s: i32, default: Option<Dynamic>) -> Result<Dynamic, Error> {
    let seconds = numbers::number(value);
    let moment = seconds.and_then(|seconds| Moment::new(seconds, offset_s));
    or_default(
        moment.map(|moment| moment.isoformat('T').into()),
        default,
        value,
    )
}

fn timestamp_custom(
    state: &State,
    value: Dynamic,
    format: Option<&str>,
    positional: Rest<Dynamic>,
) -> Result<Dynamic, Error> {
    let (local, default, named): (Option<bool>, Option<Dynamic>, Kwargs) = from_args(&positional)?;
    let local = named
        .get::<Option<bool>>("local")?
        .or(local)
        .unwrap_or(true);
    let default = named.get::<Option<Dynamic>>("default")?.or(default);
    let offset_s = if local {
        home::of(state)?.utc_offset_s
    } else {
        0
    };
    let moment = numbers::number(&value).and_then(|seconds| Moment::new(seconds, offset_s));
    let format = format.unwrap_or("%Y-%m-%d %H:%M:%S");
    or_default(
        moment.map(|moment| moment.strftime(format).into()),
        default,
        &value,
    )
}

fn as_datetime(state: &State, value: Dynamic, default: Option<Dynamic>) -> Result<Dynamic, Error> {
    let moment = read(&value, home::of(state)?.utc_offset_s);
    or_default(moment.map(Dynamic::from_object), default, &value)
}

fn as_timestamp(state: &State, value: Dynamic, default: Option<Dynamic>) -> Result<Dynamic, Error> {
    let moment = read(&value, home::of(state)?.utc_offset_s);
    or_default(
        moment.map(|moment| moment.seconds().into()),
        default,
        &value,
    )
}

fn as_local(state: &State, value: Dynamic) -> Result<Dynamic, Error> {
    let offset_s = home::of(state)?.utc_offset_s;
    let moment = read(&value, offset_s).map(|moment| Moment { offset_s, ..moment });
    or_default(moment.map(Dynamic::from_object), None, &value)
}
