//! Text in templates: regular expressions, slugs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use minijinja::value::{Kwargs, Value as Dynamic};
use minijinja::{Environment, Error};
use regex::{Regex, RegexBuilder};

use super::{python, refuse};
use crate::text;

/// Largest compiled expression, in bytes.
const MAX_COMPILED: usize = 1 << 18;

/// How many compiled expressions are kept; they are few, and compiling one costs as much as a
/// thousand matches.
const MAX_KEPT: usize = 256;

static KEPT: Mutex<Option<HashMap<(String, bool), Regex>>> = Mutex::new(None);

pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_filter("regex_match", regex_match);
    environment.add_test("match", regex_match);
    environment.add_filter("regex_search", regex_search);
    environment.add_test("search", regex_search);
    environment.add_filter("regex_replace", regex_replace);
    environment.add_filter("regex_findall", regex_findall);
    environment.add_filter("regex_findall_index", regex_findall_index);
    environment.add_filter("slugify", slugify);
    environment.add_function("slugify", slugify);
}

/// Compiles an expression, or takes it from those kept.
fn compiled(pattern: &str, ignore_case: bool) -> Result<Regex, Error> {
    let key = (pattern.to_owned(), ignore_case);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_default();
    if let Some(regex) = kept.get(&key) {
        return Ok(regex.clone());
    }
    let regex = RegexBuilder::new(pattern)
        .case_insensitive(ignore_case)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_COMPILED)
        .nest_limit(32)
        .build()
        .map_err(|error| refuse(format!("regular expression `{pattern}`: {error}")))?;
    if kept.len() >= MAX_KEPT {
        kept.clear();
    }
    kept.insert(key, regex.clone());
    Ok(regex)
}

fn ignore_case(given: Option<bool>, named: &Kwargs) -> Result<bool, Error> {
    Ok(named
        .get::<Option<bool>>("ignorecase")?
        .or(given)
        .unwrap_or(false))
}

/// Says whether the text begins with the expression, as Python's `re.match`.
fn regex_match(
    value: &Dynamic,
    find: &str,
    case: Option<bool>,
    named: Kwargs,
) -> Result<bool, Error> {
    let regex = compiled(&format!("^(?:{find})"), ignore_case(case, &named)?)?;
    Ok(regex.is_match(&python::text(value)))
}

fn regex_search(
    value: &Dynamic,
    find: &str,
    case: Option<bool>,
    named: Kwargs,
) -> Result<bool, Error> {
    let regex = compiled(find, ignore_case(case, &named)?)?;
    Ok(regex.is_match(&python::text(value)))
}

fn regex_replace(
    value: &Dynamic,
    find: Option<&str>,
    replace: Option<&str>,
    case: Option<bool>,
    named: Kwargs,
) -> Result<String, Error> {
    let find = named
        .get::<Option<&str>>("find")?
        .or(find)
        .unwrap_or_default();
    let replace = named
        .get::<Option<&str>>("replace")?
        .or(replace)
        .unwrap_or_default();
    let regex = compiled(find, ignore_case(case, &named)?)?;
    let replaced = regex
        .replace_all(&python::text(value), backreferences(replace))
        .into_owned();
    if replaced.len() > super::MAX_OUTPUT {
        return Err(refuse("replacement makes the text too long"));
    }
    Ok(replaced)
}

/// Turns Python's `\1` and `\g<name>` into `${1}` and `${name}`.
fn backreferences(replacement: &str) -> String {
    let mut out = String::with_capacity(replacement.len() + 4);
    let mut rest = replacement;
    while let Some(position) = rest.find(['\\', '$']) {
        let (before, tail) = rest.split_at(position);
        out.push_str(before);
        let mut characters = tail.chars();
        rest = match (characters.next(), characters.next()) {
            (Some('$'), _) => {
                out.push_str("$$");
                tail.get(1..).unwrap_or_default()
            }
            (_, Some(digit @ '0'..='9')) => {
                out.extend(['$', '{', digit, '}']);
                tail.get(2..).unwrap_or_default()
            }
            (_, Some('g')) if tail.starts_with("\\g<") && tail.contains('>') => {
                let (name, after) = tail
                    .get(3..)
                    .and_then(|tail| tail.split_once('>'))
                    .unwrap_or_default();
                out.extend(["${", name, "}"]);
                after
            }
            (_, Some('n')) => {
                out.push('\n');
                tail.get(2..).unwrap_or_default()
            }
            (_, Some('\\')) => {
                out.push('\\');
                tail.get(2..).unwrap_or_default()
            }
            _ => {
                out.push('\\');
                tail.get(1..).unwrap_or_default()
            }
        };
    }
    out.push_str(rest);
    out
}

/// Returns all matches, as Python's `re.findall`: the whole, the only group, or the groups.
fn regex_findall(
    value: &Dynamic,
    find: Option<&str>,
    case: Option<bool>,
    named: Kwargs,
) -> Result<Vec<Dynamic>, Error> {
    let regex = compiled(find.unwrap_or_default(), ignore_case(case, &named)?)?;
    let text = python::text(value);
    let matches = regex.captures_iter(&text).map(|captures| {
        let group = |index| {
            let found = captures.get(index).map(|found| found.as_str());
            Dynamic::from(found.unwrap_or_default())
        };
        match captures.len() {
            1 => group(0),
            2 => group(1),
            count => (1..count).map(group).collect(),
        }
    });
    Ok(matches.collect())
}

fn regex_findall_index(
    value: &Dynamic,
    find: Option<&str>,
    index: Option<usize>,
    case: Option<bool>,
    named: Kwargs,
) -> Result<Dynamic, Error> {
    let index = named.get::<Option<usize>>("index")?.or(index).unwrap_or(0);
    let mut found = regex_findall(value, find, case, named)?;
    if index >= found.len() {
        return Err(refuse("regular expression finds too little"));
    }
    Ok(found.swap_remove(index))
}

fn slugify(value: &Dynamic, separator: Option<&str>) -> String {
    let words = text::fold(&python::text(value));
    let words = words.split(|character: char| !character.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(separator.unwrap_or("_"))
}
