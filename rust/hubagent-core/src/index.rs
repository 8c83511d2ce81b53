//! Phrases nearest to what somebody said, by meaning and by sound.
//!
//! Every search looks at every phrase: at 100,000 that takes a few milliseconds, needs no tuning and
//! misses nothing. A vector is kept as one row of bytes, a sound as a set of bits.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, BinaryHeap, HashMap};

mod bytes;
mod phonetic;
mod quantised;

use phonetic::Sound;
use quantised::Query;

/// Widest vector that is taken; sums of products of bytes fit an `i32` by far.
const MAX_WIDTH: usize = 4096;

/// Why a phrase, a query or a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// An index of vectors that wide would be too large.
    #[error("vectors of {0} numbers are too wide, at most {MAX_WIDTH}")]
    TooWide(usize),
    /// All vectors of an index have the same width.
    #[error("the vector has {found} numbers, not {width}")]
    Width {
        /// What was given.
        found: usize,
        /// What the index holds.
        width: usize,
    },
    /// A vector that points nowhere has no neighbours.
    #[error("a vector must be finite and not all zero")]
    Direction,
    /// Not what `to_bytes` wrote.
    #[error("not a phrase index: {0}")]
    Bytes(&'static str),
}

/// A phrase that is near.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// The phrase's own number.
    pub id: u64,
    /// Cosine of the vectors, in [-1, 1]; 0 when the search was by sound alone.
    pub similarity: f32,
    /// Likeness of the sounds, in [0, 1].
    pub sound: f32,
}

/// Phrases with their vectors and sounds.
#[derive(Clone, Debug)]
pub struct PhraseIndex {
    width: usize,
    ids: Vec<u64>,
    texts: Vec<Box<str>>,
    /// One row of `width` bytes for each phrase.
    rows: Vec<i8>,
    /// One over the length of each row.
    inverses: Vec<f32>,
    sounds: Vec<Sound>,
    slots: HashMap<u64, usize>,
}

impl PhraseIndex {
    /// Makes an empty index; of `width` 0 it is one of sounds alone.
    ///
    /// # Errors
    ///
    /// When the width is out of range.
    pub fn new(width: usize) -> Result<Self, IndexError> {
        if width > MAX_WIDTH {
            return Err(IndexError::TooWide(width));
        }
        Ok(Self {
            width,
            ids: Vec::new(),
            texts: Vec::new(),
            rows: Vec::new(),
            inverses: Vec::new(),
            sounds: Vec::new(),
            slots: HashMap::new(),
        })
    }

    /// Returns the number of phrases.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Says whether there are no phrases.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Returns how many numbers a vector has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Adds a phrase, in place of the one of the same id; only the direction of the vector counts.
    ///
    /// # Errors
    ///
    /// When the vector has another width or no direction; the index is then as before.
    pub fn add(&mut self, id: u64, text: &str, vector: &[f32]) -> Result<(), IndexError> {
        self.fits(vector)?;
        let row = quantised::quantise(vector).ok_or(IndexError::Direction)?;
        self.put(id, text, &row)
    }

    /// Removes a phrase; says whether it was there.
    pub fn remove(&mut self, id: u64) -> bool {
        let Some(slot) = self.slots.remove(&id) else {
            return false;
        };
        let last = self.ids.len() - 1;
        self.ids.swap_remove(slot);
        self.texts.swap_remove(slot);
        self.inverses.swap_remove(slot);
        self.sounds.swap_remove(slot);
        let moved = last * self.width..(last + 1) * self.width;
        self.rows.copy_within(moved, slot * self.width);
        self.rows.truncate(last * self.width);
        if let Some(id) = self.ids.get(slot) {
            self.slots.insert(*id, slot);
        }
        true
    }

    /// Returns the `limit` phrases nearest by vector and the `limit` nearest by sound, as one list
    /// with both measures, greatest sum first, then by id. An empty vector asks by sound alone;
    /// phrases that share no sound at all are not near by sound.
    ///
    /// # Errors
    ///
    /// When the vector has another width or no direction.
    pub fn nearest(
        &self,
        text: &str,
        vector: &[f32],
        limit: usize,
    ) -> Result<Vec<Near>, IndexError> {
        let query = if vector.is_empty() {
            None
        } else {
            self.fits(vector)?;
            Some(Query::new(vector).ok_or(IndexError::Direction)?)
        };
        let sound = Sound::of(text);
        let mut best = Best::new(limit.min(self.len()));
        if let Some(query) = &query {
            let rows = self.rows.chunks_exact(self.width).zip(&self.inverses);
            for ((slot, id), (row, inverse)) in self.ids.iter().enumerate().zip(rows) {
                best.offer(query.cosine(row, *inverse), *id, slot);
            }
        }
        let mut found = best.take();
        for ((slot, id), other) in self.ids.iter().enumerate().zip(&self.sounds) {
            let likeness = sound.likeness(other);
            if likeness > 0.0 {
                best.offer(likeness, *id, slot);
            }
        }
        found.append(&mut best.take());
        let near = found.into_iter().filter_map(|slot| {
            let row = self.rows.get(slot * self.width..(slot + 1) * self.width)?;
            let inverse = self.inverses.get(slot)?;
            Some(Near {
                id: *self.ids.get(slot)?,
                similarity: query
                    .as_ref()
                    .map_or(0.0, |query| query.cosine(row, *inverse)),
                sound: sound.likeness(self.sounds.get(slot)?),
            })
        });
        let mut near: Vec<Near> = near.collect();
        near.sort_unstable_by(|one, other| {
            let order = (other.similarity + other.sound).total_cmp(&(one.similarity + one.sound));
            order.then(one.id.cmp(&other.id))
        });
        Ok(near)
    }

    fn fits(&self, vector: &[f32]) -> Result<(), IndexError> {
        if vector.len() == self.width {
            Ok(())
        } else {
            Err(IndexError::Width {
                found: vector.len(),
                width: self.width,
            })
        }
    }

    /// Puts a row of bytes in its place.
    fn put(&mut self, id: u64, text: &str, row: &[i8]) -> Result<(), IndexError> {
        let inverse = quantised::inverse(row).ok_or(IndexError::Direction)?;
        self.remove(id);
        self.slots.insert(id, self.ids.len());
        self.ids.push(id);
        self.texts.push(text.into());
        self.rows.extend_from_slice(row);
        self.inverses.push(inverse);
        self.sounds.push(Sound::of(text));
        Ok(())
    }
}

/// The best few of many, in a heap whose first is the worst of them.
struct Best {
    limit: usize,
    heap: BinaryHeap<Reverse<Ranked>>,
}

/// Greater is better: a higher score, or the same and a lower id.
#[derive(PartialEq)]
struct Ranked {
    score: f32,
    id: Reverse<u64>,
    slot: usize,
}

impl Eq for Ranked {}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.score.total_cmp(&other.score);
        order.then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Best {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            heap: BinaryHeap::new(),
        }
    }

    fn offer(&mut self, score: f32, id: u64, slot: usize) {
        let ranked = Ranked {
            score,
            id: Reverse(id),
            slot,
        };
        if self.heap.len() < self.limit {
            self.heap.push(Reverse(ranked));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && ranked > worst.0
        {
            worst.0 = ranked;
        }
    }

    /// Hands the slots over and is empty then.
    fn take(&mut self) -> BTreeSet<usize> {
        self.heap
            .drain()
            .map(|Reverse(ranked)| ranked.slot)
            .collect()
    }
}

#[cfg(test)]
mod tests;
