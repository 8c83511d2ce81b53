//! Bare words that devices write where JSON wants a number.

/// What C libraries print for "no number", longest first.
const WORDS: [&str; 8] = [
    "-Infinity",
    "Infinity",
    "-inf",
    "inf",
    "-nan",
    "nan",
    "-NaN",
    "NaN",
];

/// Replaces bare NaNs and infinities outside strings by `null`; `None` when there are none.
pub(super) fn without_bare_words(text: &str) -> Option<String> {
    if !["nan", "NaN", "inf", "Inf"]
        .iter()
        .any(|word| text.contains(word))
    {
        return None;
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let mut replaced = false;
    let mut quoted = false;
    while let Some(character) = rest.chars().next() {
        let mut taken = character.len_utf8();
        if quoted {
            if character == '\\' {
                taken += rest.chars().nth(1).map_or(0, char::len_utf8);
            }
            quoted = character != '"';
        } else if let Some(word) = WORDS.iter().find(|word| rest.starts_with(**word)) {
            clean.push_str("null");
            replaced = true;
            rest = rest.get(word.len()..)?;
            continue;
        } else {
            quoted = character == '"';
        }
        clean.push_str(rest.get(..taken)?);
        rest = rest.get(taken..)?;
    }
    replaced.then_some(clean)
}
