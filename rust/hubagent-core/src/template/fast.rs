//! The plain templates that most devices use, read without the engine.
//!
//! `{{ value }}`, `{{ value_json.a["b"][0] }}`, either followed by `round(n)`, `int`, `float` or
//! `is_defined`. Whatever is unusual about a message (a missing key, text that is no number) is left
//! to the engine, so that there is one answer only.

use super::numbers::{self, Rounded};
use crate::convert::Reading;
use crate::payload::{Item, Pointer, View};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    /// Into the JSON of the payload; `None` for the payload itself.
    pointer: Option<Pointer>,
    steps: Box<[Step]>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Round(i32),
    Float,
    Int,
    IsDefined,
}

/// What was read.
#[derive(Debug, PartialEq)]
pub(crate) enum Read<'a> {
    /// The value, to be written as Python writes it.
    Value(Reading<'a>),
    /// Nothing is there; the template would print nothing.
    Absent,
}

impl Path {
    /// Recognises a plain template.
    pub(super) fn recognise(source: &str) -> Option<Self> {
        let inner = source.trim().strip_prefix("{{")?.strip_suffix("}}")?;
        let inner = inner.strip_prefix('-').unwrap_or(inner);
        let mut scanner = Scanner(inner.strip_suffix('-').unwrap_or(inner));
        let pointer = match scanner.word()? {
            "value" => None,
            "value_json" => Some(scanner.pointer()?),
            _ => return None,
        };
        let mut steps = Vec::new();
        while scanner.take('|') {
            steps.push(scanner.step()?);
        }
        scanner.at_end().then(|| Self {
            pointer,
            steps: steps.into(),
        })
    }

    /// Reads the value; `None` leaves it to the engine.
    pub(super) fn read<'a>(
        &self,
        text: impl FnOnce() -> Option<&'a str>,
        json: impl FnOnce() -> Option<Item<'a>>,
    ) -> Option<Read<'a>> {
        let reading = match &self.pointer {
            None => Reading::Text(text()?.trim()),
            Some(pointer) => match json().and_then(|root| root.get(pointer)) {
                None if self.steps.is_empty() => return Some(Read::Absent),
                None => return None,
                Some(item) => match item.view() {
                    View::Text(text) => Reading::Text(text.trim()),
                    _ => Reading::scalar(item).ok()?,
                },
            },
        };
        let read = self.steps.iter().try_fold(reading, |reading, step| {
            if *step == Step::IsDefined {
                return Some(reading);
            }
            let number = match reading {
                Reading::Int(_) | Reading::Float(_) => reading,
                Reading::Text(text) => Reading::Float(numbers::parse_float(text)?),
                _ => return None,
            };
            step.apply(&number)
        });
        read.map(Read::Value)
    }
}

impl Step {
    #[expect(clippy::cast_precision_loss, reason = "Python makes a float of it too")]
    fn apply(self, number: &Reading<'_>) -> Option<Reading<'static>> {
        let float = match number {
            Reading::Int(number) if self == Self::Int => return Some(Reading::Int(*number)),
            Reading::Int(number) => *number as f64,
            Reading::Float(number) => *number,
            _ => return None,
        };
        match self {
            Self::Float => Some(Reading::Float(float)),
            Self::Int => numbers::truncate(float).map(Reading::Int),
            Self::Round(places) => match numbers::round(float, places)? {
                Rounded::Int(number) => Some(Reading::Int(number)),
                Rounded::Float(number) => Some(Reading::Float(number)),
            },
            Self::IsDefined => None,
        }
    }
}

/// What is left of the expression.
struct Scanner<'a>(&'a str);

impl<'a> Scanner<'a> {
    fn take(&mut self, character: char) -> bool {
        let rest = self.0.trim_start().strip_prefix(character);
        if let Some(rest) = rest {
            self.0 = rest;
        }
        rest.is_some()
    }

    fn at_end(&self) -> bool {
        self.0.trim().is_empty()
    }

    fn span(&mut self, wanted: impl Fn(char) -> bool) -> Option<&'a str> {
        let rest = self.0.trim_start();
        let end = rest.find(|character| !wanted(character));
        let (span, rest) = rest.split_at(end.unwrap_or(rest.len()));
        self.0 = rest;
        (!span.is_empty()).then_some(span)
    }

    fn word(&mut self) -> Option<&'a str> {
        let word = self.span(|character| character.is_ascii_alphanumeric() || character == '_')?;
        (!word.starts_with(|character: char| character.is_ascii_digit())).then_some(word)
    }

    fn number(&mut self) -> Option<u8> {
        self.span(|character| character.is_ascii_digit())?
            .parse()
            .ok()
    }

    /// Reads a quoted key without escapes.
    fn quoted(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start();
        let quote = rest.chars().next().filter(|mark| "'\"".contains(*mark))?;
        let (key, rest) = rest.get(1..)?.split_once(quote)?;
        self.0 = rest;
        (!key.contains('\\')).then_some(key)
    }

    fn pointer(&mut self) -> Option<Pointer> {
        let mut tokens: Vec<String> = Vec::new();
        loop {
            if self.take('.') {
                tokens.push(self.word()?.to_owned());
            } else if self.take('[') {
                let key = self.quoted().map(str::to_owned);
                tokens.push(key.or_else(|| self.number().map(|index| index.to_string()))?);
                if !self.take(']') {
                    return None;
                }
            } else {
                return Some(Pointer::of(tokens.iter().map(String::as_str)));
            }
        }
    }

    fn step(&mut self) -> Option<Step> {
        let step = match self.word()? {
            "round" => {
                if !self.take('(') {
                    return Some(Step::Round(0));
                }
                let places = self.number().unwrap_or(0);
                return self.take(')').then_some(Step::Round(i32::from(places)));
            }
            "float" => Step::Float,
            "int" => Step::Int,
            "is_defined" => Step::IsDefined,
            _ => return None,
        };
        (!self.take('(')).then_some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_templates_are_recognised() {
        for source in [
            "{{ value }}",
            "{{value_json.state}}",
            "{{ value_json[\"temperature\"] }}",
            "{{- value_json['DS18B20'].Temperature | round(1) -}}",
            "  {{ value_json.a.b[0] | float | round }}\n",
            "{{ value | int }}",
            "{{ value_json.x | is_defined }}",
        ] {
            assert!(Path::recognise(source).is_some(), "{source}");
        }
    }

    #[test]
    fn anything_else_is_left_to_the_engine() {
        for source in [
            "",
            "ON",
            "{{ value_json.state }} W",
            "{{ value_json.a }}{{ value_json.b }}",
            "{{ value_json.a + 1 }}",
            "{{ value_json.get('a') }}",
            "{{ value_json.a | default('x') }}",
            "{{ value_json.a | float(0) }}",
            "{{ value_json.a | round(1, 'floor') }}",
            "{{ value_json['a\\n'] }}",
            "{{ values }}",
            "{{ value.x }}",
            "{{ value_json.1 }}",
            "{{ value_json[-1] }}",
            "{{ value_json.a.lower() }}",
        ] {
            assert!(Path::recognise(source).is_none(), "{source}");
        }
    }
}
