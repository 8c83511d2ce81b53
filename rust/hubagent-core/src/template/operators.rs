//! Python's operators where the engine differs, rewritten to what it understands.

use std::borrow::Cow;

use super::source::{is_quote, next_block, operand_length, token_length};

/// Words after which a minus sign is a sign, not a subtraction.
const BEFORE_A_SIGN: [&str; 8] = ["if", "else", "elif", "and", "or", "not", "in", "is"];

/// Rewrites `'%02x' % x` to `'%02x'|format(x)`, and `-a.b`, which the engine reads as `(-a).b`, to
/// `-(a.b)`. What cannot be recognised is left as it is.
pub(super) fn rewrite(source: &str) -> Cow<'_, str> {
    if !source.contains(['%', '-']) {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len() + 16);
    let mut rest = source;
    while let Some((before, code, after)) = next_block(rest) {
        out.push_str(before);
        // A minus sign right behind the braces trims the white space before them.
        let code = match code.strip_prefix('-') {
            Some(code) => {
                out.push('-');
                code
            }
            None => code,
        };
        rewrite_code(code, &mut out);
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn rewrite_code(code: &str, out: &mut String) {
    let mut rest = code;
    let mut last = "";
    while !rest.is_empty() {
        let length = token_length(rest).unwrap_or(rest.len());
        let (token, tail) = rest.split_at(length);
        out.push_str(token);
        rest = tail;
        let rewritten = if token == "-" && is_sign_after(last) {
            signed(tail, out)
        } else if token.starts_with(is_quote) && token.contains('%') {
            formatted(tail, out)
        } else {
            None
        };
        if let Some(taken) = rewritten {
            rest = tail.get(taken..).unwrap_or_default();
            last = ")";
        } else if !token.trim().is_empty() {
            last = token;
        }
    }
}

fn is_sign_after(token: &str) -> bool {
    let ends_a_value = |end: char| end.is_alphanumeric() || "_)]}'\"".contains(end);
    !token.ends_with(ends_a_value) || BEFORE_A_SIGN.contains(&token)
}

/// Writes the operand of a sign in parentheses, when it has more than a name; returns how much of
/// the code that took.
fn signed(code: &str, out: &mut String) -> Option<usize> {
    let length = operand_length(code, false)?;
    let operand = code.get(..length)?;
    let plain = token_length(operand) == Some(length);
    if plain || operand.starts_with(|first: char| first.is_ascii_digit() || first == '(') {
        return None;
    }
    out.push('(');
    rewrite_code(operand, out);
    out.push(')');
    Some(length)
}

/// Writes the filter instead of a percent sign behind a string; returns how much of the code that
/// took. Filters bind tighter than the percent sign.
fn formatted(code: &str, out: &mut String) -> Option<usize> {
    let after = code.trim_start().strip_prefix('%')?.trim_start();
    let operand = after.get(..operand_length(after, true)?)?;
    let inner = operand
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'));
    let inner = inner.filter(|inner| balanced(inner)).unwrap_or(operand);
    out.push_str("|format(");
    rewrite_code(inner.trim().trim_end_matches(','), out);
    out.push(')');
    Some(code.len() - after.len() + operand.len())
}

/// Says whether no parenthesis closes before it was opened.
fn balanced(code: &str) -> bool {
    let mut depth = 0i32;
    let mut rest = code;
    while let Some(length) = token_length(rest) {
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
    fn a_sign_is_put_before_the_whole_operand() {
        for (source, wanted) in [
            ("{{ -value_json.a|abs }}", "{{ -(value_json.a)|abs }}"),
            ("{{ 1 - -a['b'].c() }}", "{{ 1 - -(a['b'].c()) }}"),
            ("{{ 1 if -a.b else -c.d }}", "{{ 1 if -(a.b) else -(c.d) }}"),
            ("{{- -a.b -}}", "{{- -(a.b) -}}"),
            ("{{ '%d' % -a.b }}", "{{ '%d' % -(a.b) }}"),
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
            "{{ a.b -c.d }} -e.f",
            "{{ -a }} {{ -1.5 }} {{ -(a.b) }}",
            "{%- set x = y[-1] -%}",
            "{{ 'a' ~ b|round(-1) }}",
        ] {
            assert_eq!(rewrite(source), source);
        }
    }
}
