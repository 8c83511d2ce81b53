//! `'%02x' % x`, which the engine does not know, rewritten to `'%02x'|format(x)`.

use std::borrow::Cow;

/// Rewrites every use that can be recognised: a string literal with a directive, a percent sign,
/// and a name, call, number, string or parenthesised operand. The rest is left as it is.
pub(super) fn rewrite(source: &str) -> Cow<'_, str> {
    if !source.contains("% ") && !source.contains("%(") {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len() + 16);
    let mut rest = source;
    while let Some((before, inside, after)) = next_block(rest) {
        out.push_str(before);
        rewrite_block(inside, &mut out);
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Splits into what is before the code of the next block, its code, and the rest.
fn next_block(source: &str) -> Option<(&str, &str, &str)> {
    let start = [source.find("{{"), source.find("{%")]
        .into_iter()
        .flatten()
        .min()?
        + 2;
    let (before, tail) = source.split_at_checked(start)?;
    let close = if before.ends_with("{{") { "}}" } else { "%}" };
    let mut at = 0;
    while !tail.get(at..)?.starts_with(close) {
        at += token_length(tail.get(at..)?)?;
    }
    Some((before, tail.get(..at)?, tail.get(at..)?))
}

/// Length of a string literal, or of one character.
fn token_length(code: &str) -> Option<usize> {
    let mut characters = code.char_indices();
    let (_, first) = characters.next()?;
    if !matches!(first, '\'' | '"') {
        return Some(first.len_utf8());
    }
    let mut escaped = false;
    for (index, character) in characters {
        if character == first && !escaped {
            return Some(index + 1);
        }
        escaped = character == '\\' && !escaped;
    }
    None
}

fn rewrite_block(code: &str, out: &mut String) {
    let mut rest = code;
    while !rest.is_empty() {
        let length = token_length(rest).unwrap_or(rest.len());
        let (token, tail) = rest.split_at(length);
        out.push_str(token);
        rest = tail;
        if !token.starts_with(['\'', '"']) || !token.contains('%') {
            continue;
        }
        let Some(after) = tail.trim_start().strip_prefix('%') else {
            continue;
        };
        let after = after.trim_start();
        let Some(operand) = operand_length(after).and_then(|length| after.get(..length)) else {
            continue;
        };
        let bare = operand
            .strip_prefix('(')
            .and_then(|inner| inner.strip_suffix(')'));
        let inner = bare.filter(|inner| balanced(inner)).unwrap_or(operand);
        out.push_str("|format(");
        rewrite_block(inner.trim().trim_end_matches(','), out);
        out.push(')');
        rest = after.get(operand.len()..).unwrap_or_default();
    }
}

/// Says whether no parenthesis closes before it was opened.
fn balanced(code: &str) -> bool {
    let mut depth = 0i32;
    let mut rest = code;
    while let Some(length) = token_length(rest).filter(|_| !rest.is_empty()) {
        depth += match rest.chars().next() {
            Some('(') => 1,
            Some(')') => -1,
            _ => 0,
        };
        if depth < 0 {
            return false;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    depth == 0
}

/// Length of a value with its attributes, subscripts, calls and filters, which bind tighter than
/// the percent sign.
fn operand_length(code: &str) -> Option<usize> {
    let mut at = primary_length(code)?;
    loop {
        let rest = code.get(at..)?;
        let trimmed = rest.trim_start();
        let skipped = rest.len() - trimmed.len();
        let more = match trimmed.chars().next() {
            Some('.' | '|') => {
                let name = trimmed.get(1..)?.trim_start();
                let length = name_length(name)?;
                trimmed.len() - name.len() + length
            }
            Some('(' | '[') => bracket_length(trimmed)?,
            _ => return Some(at),
        };
        at += skipped + more;
    }
}

fn primary_length(code: &str) -> Option<usize> {
    match code.chars().next()? {
        '(' | '[' | '{' => bracket_length(code),
        '\'' | '"' => token_length(code),
        _ => name_length(code),
    }
}

fn name_length(code: &str) -> Option<usize> {
    let end = code.find(|character: char| !character.is_alphanumeric() && character != '_');
    Some(end.unwrap_or(code.len())).filter(|length| *length > 0)
}

fn bracket_length(code: &str) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::rewrite;

    #[test]
    fn a_percent_after_a_format_string_becomes_the_filter() {
        for (source, wanted) in [
            ("{{ '%02x' % x }}", "{{ '%02x'|format(x) }}"),
            (
                "{{ '%02x%02x' % (red, green|int) }}",
                "{{ '%02x%02x'|format(red, green|int) }}",
            ),
            (
                "{{ \"%.1f\" % (value|float / 10) }}",
                "{{ \"%.1f\"|format(value|float / 10) }}",
            ),
            (
                "{{ '%d' % value_json.a[0]|int(0) ~ '%' }}",
                "{{ '%d'|format(value_json.a[0]|int(0)) ~ '%' }}",
            ),
            (
                "{% set a = '%s' % (b,) %}{{ a }} % b",
                "{% set a = '%s'|format(b) %}{{ a }} % b",
            ),
            ("{{ '%s' % (a)|upper }}", "{{ '%s'|format((a)|upper) }}"),
        ] {
            assert_eq!(rewrite(source), wanted);
        }
    }

    #[test]
    fn everything_else_is_left_alone() {
        for source in [
            "{{ value | int % 2 }}",
            "{{ '100 %' }}",
            "{% if a %}% b{% endif %}",
            "50 % of {{ x }}",
            "{{ 'it''s % ' ~ x",
            "{{ a % 'x' }}",
        ] {
            assert_eq!(rewrite(source), source);
        }
    }
}
