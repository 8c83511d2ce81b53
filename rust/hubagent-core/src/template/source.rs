//! The text of a template: its code, told from text and string literals, and what it looks up.

use crate::payload::Pointer;

/// What a template looks up.
#[derive(Debug, Default)]
pub(super) struct Outline<'s> {
    /// Every name in its code that is not an attribute; more than it looks up, never less.
    pub(super) names: Vec<&'s str>,
    /// Values of `value_json` that must be there and not null, because the template puts values in
    /// an order or slices them. Python fails on those that are undefined; the engine would call
    /// them smaller than anything, or an empty list.
    pub(super) needed: Vec<Pointer>,
}

/// Splits off the first block of code: what is before it with its opening braces, its code, and
/// the rest with its closing braces.
pub(super) fn next_block(source: &str) -> Option<(&str, &str, &str)> {
    let braces = [source.find("{{"), source.find("{%")];
    let start = braces.into_iter().flatten().min()? + 2;
    let (before, tail) = source.split_at_checked(start)?;
    let close = if before.ends_with("{{") { "}}" } else { "%}" };
    let mut at = 0;
    while !tail.get(at..)?.starts_with(close) {
        at += token_length(tail.get(at..)?)?;
    }
    Some((before, tail.get(..at)?, tail.get(at..)?))
}

/// Length of the string literal, name or single character that the code begins with.
pub(super) fn token_length(code: &str) -> Option<usize> {
    let first = code.chars().next()?;
    if is_quote(first) {
        return literal_length(code, first);
    }
    Some(name_length(code).unwrap_or(first.len_utf8()))
}

/// Length of a name or number.
pub(super) fn name_length(code: &str) -> Option<usize> {
    let end = code.find(|character: char| !character.is_alphanumeric() && character != '_');
    Some(end.unwrap_or(code.len())).filter(|length| *length > 0)
}

fn literal_length(code: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (index, character) in code.char_indices().skip(1) {
        if character == quote && !escaped {
            return Some(index + 1);
        }
        escaped = character == '\\' && !escaped;
    }
    None
}

pub(super) fn is_quote(character: char) -> bool {
    matches!(character, '\'' | '"')
}

/// Length of a bracket with all that is in it.
pub(super) fn bracket_length(code: &str) -> Option<usize> {
    let mut depth = 0;
    let mut at = 0;
    loop {
        let rest = code.get(at..)?;
        match rest.chars().next()? {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        at += token_length(rest)?;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Length of a value with its attributes, subscripts and calls, and, when wanted, its filters.
pub(super) fn operand_length(code: &str, with_filters: bool) -> Option<usize> {
    let mut at = match code.chars().next()? {
        '(' | '[' | '{' => bracket_length(code)?,
        quote if is_quote(quote) => literal_length(code, quote)?,
        _ => name_length(code)?,
    };
    loop {
        let rest = code.get(at..)?;
        let trimmed = rest.trim_start();
        let skipped = rest.len() - trimmed.len();
        let more = match trimmed.chars().next() {
            Some(mark) if mark == '.' || (mark == '|' && with_filters) => {
                let name = trimmed.get(1..)?.trim_start();
                trimmed.len() - name.len() + name_length(name)?
            }
            Some('(' | '[') => bracket_length(trimmed)?,
            _ => return Some(at),
        };
        at += skipped + more;
    }
}

impl<'s> Outline<'s> {
    pub(super) fn of(source: &'s str) -> Self {
        let mut outline = Self::default();
        let mut looked_up = Vec::new();
        let (mut demanding, mut careful) = (false, false);
        let mut rest = source;
        while let Some((_, code, after)) = next_block(rest) {
            rest = after;
            let mut at = 0;
            let mut last = ' ';
            let mut open = Vec::new();
            while let Some((token, code)) = next_token(code, &mut at) {
                let first = token.chars().next().unwrap_or_default();
                if first.is_alphabetic() || first == '_' {
                    if last != '.' {
                        outline.names.push(token);
                    }
                    if token == "value_json" && last != '.' {
                        looked_up.extend(path(code));
                    }
                }
                match first {
                    '(' | '[' | '{' => open.push(first),
                    ')' | ']' | '}' => drop(open.pop()),
                    ':' => demanding |= open.last() == Some(&'['),
                    '<' | '>' => demanding = true,
                    _ => {}
                }
                careful |= handles_undefined(token, last);
                if !first.is_whitespace() {
                    last = first;
                }
            }
        }
        if demanding && !careful {
            outline.needed = looked_up;
        }
        outline.names.sort_unstable();
        outline.names.dedup();
        outline
    }
}

/// Says whether a token says what is to become of an undefined or null value.
fn handles_undefined(token: &str, before: char) -> bool {
    match token {
        "d" => before == '|',
        "get" => before == '.',
        "defined" | "undefined" | "is_defined" | "default" | "none" | "None" | "is_number" => {
            before != '.'
        }
        _ => false,
    }
}

/// Returns the next token and the code behind it.
fn next_token<'s>(code: &'s str, at: &mut usize) -> Option<(&'s str, &'s str)> {
    let rest = code.get(*at..)?;
    let length = token_length(rest)?;
    *at += length;
    rest.split_at_checked(length)
}

/// Reads the constant keys behind `value_json`; `None` when there are none.
fn path(mut code: &str) -> Option<Pointer> {
    let mut keys: Vec<&str> = Vec::new();
    loop {
        let trimmed = code.trim_start();
        let (key, length) = match trimmed.chars().next() {
            Some('.') => {
                let name = trimmed.get(1..)?;
                let length = name_length(name)?;
                (name.get(..length)?, length + 1)
            }
            Some('[') => {
                let length = bracket_length(trimmed)?;
                let inner = trimmed.get(1..length - 1)?.trim();
                let quote = inner.chars().next().filter(|mark| is_quote(*mark));
                let key = quote.and_then(|quote| inner.strip_prefix(quote)?.strip_suffix(quote));
                match key.filter(|key| !key.contains(['\\', '\'', '"'])) {
                    Some(key) => (key, length),
                    None => break,
                }
            }
            Some('(') => {
                // The last key was a method.
                keys.pop();
                break;
            }
            _ => break,
        };
        keys.push(key);
        code = trimmed.get(length..)?;
    }
    (!keys.is_empty()).then(|| Pointer::of(keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_outside_of_text_and_literals_only() {
        let source = "text {{ value_json.power[a:b] ~ 'c' }} d {% set e = f|g('h', i=1) %}";
        let outline = Outline::of(source);
        assert_eq!(
            outline.names,
            ["a", "b", "e", "f", "g", "i", "set", "value_json"]
        );
    }

    #[test]
    fn what_is_put_in_an_order_or_sliced_must_be_there() {
        for (source, wanted) in [
            ("{{ value_json.power > 5 }}", vec!["/power"]),
            (
                "{{ value_json['a/b'].c < value_json.d.split(',')[0] }}",
                vec!["/a~1b/c", "/d"],
            ),
            ("{{ value_json.power|default(0) > 5 }}", vec![]),
            (
                "{{ value_json.power > 5 if value_json.power is defined }}",
                vec![],
            ),
            ("{{ value_json.power == 5 }}", vec![]),
            ("{{ value_json[key] > 5 }}", vec![]),
            ("{{ value_json.name[2:] }}", vec!["/name"]),
            ("{{ {1: 'a'}[value_json.name] }}", vec![]),
            ("{{ '<' ~ value_json.power }}", vec![]),
        ] {
            let outline = Outline::of(source);
            let needed: Vec<_> = outline.needed.iter().map(ToString::to_string).collect();
            assert_eq!(needed, wanted, "{source}");
        }
    }
}
