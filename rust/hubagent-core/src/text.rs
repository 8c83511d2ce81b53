//! Words as people say them, made comparable: spelling, likeness, sound.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

mod distance;
mod sound;

pub use sound::sound;

/// Most words that are compared; the rest of a longer text is left out.
const MAX_WORDS: usize = 12;

/// Longest word that is compared, in characters.
const MAX_WORD: usize = 24;

/// Words less alike than this do not count as the same.
const ALIKE: f64 = 0.6;

/// Likeness of the same words in another order.
const REORDERED: f64 = 0.97;

/// Share of the spelling in the likeness of sound: sounds leave the vowels out, so that `light` and
/// `loud` would be the same without it.
const SPELLING: f64 = 0.2;

/// A text taken apart once, to be compared with many.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    text: String,
    spelled: Runs,
    sounded: Runs,
}

/// How alike two texts are; both in [0, 1], and 1 only for texts that are spelled the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// The greater of the edit likeness of the whole (which forgives `livingroom`) and of an F
    /// measure over words (which forgives another order and tells how much is left over).
    pub spelling: f64,
    /// The same over sounds.
    pub sound: f64,
}

/// Words one after the other, and where each ends.
#[derive(Clone, Debug, Default, PartialEq)]
struct Runs {
    characters: Vec<char>,
    ends: Vec<usize>,
}

impl Runs {
    fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut runs = Self::default();
        for word in words {
            runs.characters.extend(word.chars().take(MAX_WORD));
            runs.ends.push(runs.characters.len());
        }
        runs
    }

    fn words(&self) -> impl Iterator<Item = &[char]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let spans = starts.zip(self.ends.iter().copied());
        spans.filter_map(|(start, end)| self.characters.get(start..end))
    }

    /// Likeness in [0, 1]: of the whole, or word by word when that says more.
    fn likeness(&self, other: &Self) -> f64 {
        let whole = distance::likeness(&self.characters, &other.characters);
        if self.ends.len() == 1 && other.ends.len() == 1 {
            return whole;
        }
        whole.max(self.by_words(other) * REORDERED)
    }

    /// F measure over the characters whose word has a like on the other side, weighted by the
    /// likeness.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
    fn by_words(&self, other: &Self) -> f64 {
        let mut theirs = [0.0; MAX_WORDS];
        let mut covered_mine = 0.0;
        for word in self.words() {
            let mut mine = 0.0f64;
            for (their, best) in other.words().zip(&mut theirs) {
                if distance::may_be_alike(word, their, ALIKE) {
                    let likeness = distance::likeness(word, their);
                    if likeness >= ALIKE {
                        mine = mine.max(likeness);
                        *best = likeness.max(*best);
                    }
                }
            }
            covered_mine += mine * word.len() as f64;
        }
        let covered_theirs: f64 = other
            .words()
            .zip(theirs)
            .map(|(word, best)| best * word.len() as f64)
            .sum();
        let mine = covered_mine / self.characters.len().max(1) as f64;
        let theirs = covered_theirs / other.characters.len().max(1) as f64;
        if mine + theirs > 0.0 {
            2.0 * mine * theirs / (mine + theirs)
        } else {
            0.0
        }
    }
}

impl Words {
    /// Normalises and takes apart.
    pub fn of(text: &str) -> Self {
        let text = normalise(text);
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let words = words.get(..MAX_WORDS).unwrap_or(&words);
        let sounds: Vec<String> = words.iter().map(|word| sound(word)).collect();
        Self {
            spelled: Runs::of(words.iter().copied()),
            sounded: Runs::of(sounds.iter().map(String::as_str)),
            text,
        }
    }

    /// Returns the normalised text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the sound of every word.
    pub fn sounds(&self) -> impl Iterator<Item = String> {
        self.sounded.words().map(|word| word.iter().collect())
    }

    /// Returns runs of three characters within words, with the spaces around each word.
    pub fn trigrams(&self) -> impl Iterator<Item = [char; 3]> {
        self.spelled.words().flat_map(|word| {
            let at = |index: usize| match index {
                0 => ' ',
                _ => word.get(index - 1).copied().unwrap_or(' '),
            };
            (0..word.len()).map(move |index| [at(index), at(index + 1), at(index + 2)])
        })
    }

    /// Returns how alike two texts are.
    pub fn likeness(&self, other: &Self) -> Likeness {
        let spelling = self.spelled.likeness(&other.spelled);
        let sound = self.sounded.likeness(&other.sounded);
        Likeness {
            spelling,
            sound: (1.0 - SPELLING) * sound + SPELLING * spelling,
        }
    }
}

/// Lower-cases and takes accents and ligatures away (`Küche` to `kuche`, `Straße` to `strasse`).
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match character {
            'ß' | 'ẞ' => folded.push_str("ss"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'œ' | 'Œ' => folded.push_str("oe"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => folded.push('d'),
            'þ' | 'Þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            _ => folded.extend(character.to_lowercase()),
        }
    }
    folded
}

/// Brings a name into the form in which names are equal: folded, without punctuation, possessive
/// and plural `s`, articles; words parted by one space.
///
/// Articles stay when there is nothing else.
pub fn normalise(text: &str) -> String {
    let folded = fold(text);
    let bare = folded.replace(['\'', '\u{2019}', '\u{2bc}', '`'], "'");
    let bare = bare.replace("'s ", " ");
    let bare = bare.strip_suffix("'s").unwrap_or(&bare).replace('\'', "");
    let words = bare.split(|character: char| !character.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(singular)
        .collect();
    let kept = words.iter().map(String::as_str);
    let kept: Vec<&str> = kept
        .filter(|word| !matches!(*word, "the" | "a" | "an"))
        .collect();
    if kept.is_empty() {
        words.join(" ")
    } else {
        kept.join(" ")
    }
}

/// Takes the plural away where its spelling shows it.
fn singular(word: &str) -> String {
    let stem = match word.strip_suffix('s') {
        Some(stem) if word.len() > 3 && !stem.ends_with(['s', 'u', 'i']) => stem,
        _ => return word.to_owned(),
    };
    if let Some(root) = stem.strip_suffix("ie").filter(|root| root.len() > 2) {
        return format!("{root}y");
    }
    let hissing = ["che", "she", "xe", "sse", "zze"];
    if hissing.iter().any(|ending| stem.ends_with(ending)) {
        return stem.strip_suffix('e').unwrap_or(stem).to_owned();
    }
    stem.to_owned()
}

/// Returns how alike two texts are spelled; see [`Likeness::spelling`].
pub fn similarity(one: &str, other: &str) -> f64 {
    Words::of(one).likeness(&Words::of(other)).spelling
}

#[cfg(test)]
mod tests;
