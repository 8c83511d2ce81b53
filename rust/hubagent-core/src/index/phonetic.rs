//! The sound of a phrase, as a set of bits that are compared in nanoseconds.

use crate::text::{normalise, sound};

/// 64 of these: enough that two runs of a phrase seldom share a bit.
const WORDS: usize = 8;

/// Runs of three sounds within a phrase, each hashed to one of 512 bits.
///
/// The words are joined first, so that `bed room` sounds like `bedroom`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sound {
    bits: [u64; WORDS],
    /// One over the root of the number of bits.
    inverse: f32,
}

impl Sound {
    pub(super) fn of(text: &str) -> Self {
        let words = normalise(text);
        let mut bits = [0; WORDS];
        let mut run = [' ', ' '];
        let sounds = words.split(' ').map(sound);
        let sounds: String = sounds.collect();
        if sounds.is_empty() {
            return Self::default();
        }
        for next in sounds.chars().chain([' ']) {
            let bit = hash([run[0], run[1], next]);
            if let Some(word) = bits.get_mut((bit / 64) as usize % WORDS) {
                *word |= 1 << (bit % 64);
            }
            run = [run[1], next];
        }
        Self {
            inverse: 1.0 / count(&bits, &bits).sqrt(),
            bits,
        }
    }

    /// Cosine of the two sets, in [0, 1].
    pub(super) fn likeness(&self, other: &Self) -> f32 {
        (count(&self.bits, &other.bits) * self.inverse * other.inverse).min(1.0)
    }
}

/// Number of bits in both.
#[expect(clippy::cast_precision_loss, reason = "512 at most")]
fn count(one: &[u64; WORDS], other: &[u64; WORDS]) -> f32 {
    let both = one.iter().zip(other).map(|(one, other)| one & other);
    both.map(u64::count_ones).sum::<u32>() as f32
}

/// FNV-1a over the characters; the same everywhere and for ever.
fn hash(run: [char; 3]) -> u32 {
    run.into_iter().fold(0x811c_9dc5, |hash: u32, character| {
        (hash ^ u32::from(character)).wrapping_mul(0x0100_0193)
    })
}
