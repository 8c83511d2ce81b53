//! Names of the home nearest to what somebody said.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use crate::text::Words;

/// How many names are scored in full. Sharing rare runs of letters or a sound is what brings a name
/// among them, so that the cost does not grow with the number of names.
const CANDIDATES: usize = 64;

/// Names less near than this are not worth reporting.
const FLOOR: f64 = 0.3;

/// Weight of the spelling in the order of the matches; the rest is that of the sound.
const SPELLING: f64 = 0.65;

/// What a shared sound counts beside a shared run of three letters.
const SOUND: f32 = 2.0;

/// What is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// An entity.
    Entity,
    /// A device.
    Device,
    /// An area.
    Area,
    /// A floor.
    Floor,
}

/// How well words fit a name; the mirror of `hubagent.ports.NameMatch`.
#[derive(Clone, Debug, PartialEq)]
pub struct NameMatch {
    /// What is named.
    pub kind: NameKind,
    /// Its id.
    pub id: Arc<str>,
    /// The name or alias that fitted.
    pub name: Arc<str>,
    /// Equal after normalisation.
    pub exact: bool,
    /// Likeness of the spelling, in [0, 1].
    pub fuzzy: f64,
    /// Likeness of the sound, in [0, 1].
    pub phonetic: f64,
}

/// All names and aliases of a home.
#[derive(Debug, Default)]
pub struct NameIndex {
    rows: Vec<Row>,
    by_trigram: HashMap<[char; 3], Vec<u32>>,
    by_sound: HashMap<String, Vec<u32>>,
}

#[derive(Debug)]
struct Row {
    kind: NameKind,
    id: Arc<str>,
    name: Arc<str>,
    words: Words,
}

impl NameKind {
    /// Returns the word for it in `hubagent.ports.NameMatch`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::Device => "device",
            Self::Area => "area",
            Self::Floor => "floor",
        }
    }
}

impl NameMatch {
    fn nearness(&self) -> f64 {
        SPELLING * self.fuzzy + (1.0 - SPELLING) * self.phonetic
    }
}

impl NameIndex {
    /// Builds the index; a thing has one row for each name and alias.
    pub fn new(rows: impl IntoIterator<Item = (NameKind, Arc<str>, Arc<str>)>) -> Self {
        let mut index = Self::default();
        for (kind, id, name) in rows {
            let words = Words::of(&name);
            if words.text().is_empty() {
                continue;
            }
            let row = u32::try_from(index.rows.len()).unwrap_or(u32::MAX);
            for trigram in words.trigrams() {
                post(&mut index.by_trigram, trigram, row);
            }
            for sound in words.sounds() {
                post(&mut index.by_sound, sound, row);
            }
            index.rows.push(Row {
                kind,
                id,
                name,
                words,
            });
        }
        index
    }

    /// Returns the number of names.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Says whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the things whose names are nearest to the words, best first, each with its best
    /// name; at most `limit`.
    pub fn matches(&self, words: &str, limit: usize) -> Vec<NameMatch> {
        let words = Words::of(words);
        let mut matches: Vec<NameMatch> = self
            .candidates(&words)
            .into_iter()
            .filter_map(|row| self.rows.get(row as usize))
            .map(|row| row.score(&words))
            .filter(|found| found.nearness() >= FLOOR)
            .collect();
        matches.sort_by(|one, other| {
            let order = other.exact.cmp(&one.exact);
            let order = order.then(other.nearness().total_cmp(&one.nearness()));
            order
                .then_with(|| one.kind.cmp(&other.kind))
                .then_with(|| one.id.cmp(&other.id))
        });
        let mut kept: Vec<NameMatch> = Vec::with_capacity(limit.min(CANDIDATES));
        for found in matches {
            if kept.len() >= limit {
                break;
            }
            let known = kept
                .iter()
                .any(|item| item.kind == found.kind && item.id == found.id);
            if !known {
                kept.push(found);
            }
        }
        kept
    }

    /// Returns the rows that share most with the words; what few names have counts more.
    fn candidates(&self, words: &Words) -> Vec<u32> {
        let mut scores = vec![0f32; self.rows.len()];
        let trigrams = words
            .trigrams()
            .map(|item| (self.by_trigram.get(&item), 1.0));
        let sounds = words.sounds().map(|item| (self.by_sound.get(&item), SOUND));
        for (posted, weight) in trigrams.chain(sounds) {
            let posted = posted.map(Vec::as_slice).unwrap_or_default();
            let share = self.rarity(posted.len()) * weight;
            for row in posted {
                if let Some(score) = scores.get_mut(*row as usize) {
                    *score += share;
                }
            }
        }
        let mut ranked: Vec<(f32, u32)> = scores
            .into_iter()
            .zip(0..)
            .filter(|(score, _)| *score > 0.0)
            .map(|(score, row)| (score / self.size_of(row), row))
            .collect();
        if ranked.len() > CANDIDATES {
            ranked.select_nth_unstable_by(CANDIDATES, |one, other| other.0.total_cmp(&one.0));
            ranked.truncate(CANDIDATES);
        }
        ranked.into_iter().map(|(_, row)| row).collect()
    }

    /// Logarithm of how many times rarer than common something is.
    #[expect(clippy::cast_precision_loss, reason = "a weight, not a count")]
    fn rarity(&self, posted: usize) -> f32 {
        (1.0 + self.rows.len() as f32 / (1.0 + posted as f32)).ln()
    }

    /// Square root of a name's length, so that long names do not win by length alone.
    #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
    fn size_of(&self, row: u32) -> f32 {
        let row = self.rows.get(row as usize);
        row.map_or(1.0, |row| (1.0 + row.words.text().len() as f32).sqrt())
    }
}

impl Row {
    fn score(&self, words: &Words) -> NameMatch {
        let likeness = self.words.likeness(words);
        NameMatch {
            kind: self.kind,
            id: Arc::clone(&self.id),
            name: Arc::clone(&self.name),
            exact: self.words.text() == words.text(),
            fuzzy: likeness.spelling,
            phonetic: likeness.sound,
        }
    }
}

/// Adds a row once to what is posted under a key; rows come in ascending order.
fn post<K: Hash + Eq>(posted: &mut HashMap<K, Vec<u32>>, key: K, row: u32) {
    let rows = posted.entry(key).or_default();
    if rows.last() != Some(&row) {
        rows.push(row);
    }
}

#[cfg(test)]
mod tests;
