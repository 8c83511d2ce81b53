//! How many slips of the pen lie between two words.

/// Longest side that is compared: the bits of a machine word.
const MAX: usize = 64;

/// Returns 1 minus the edit distance over the longer length, in [0, 1].
#[expect(clippy::cast_precision_loss, reason = "64 at most")]
pub(super) fn likeness(one: &[char], other: &[char]) -> f64 {
    if one == other {
        return 1.0;
    }
    let one = one.get(..MAX).unwrap_or(one);
    let other = other.get(..MAX).unwrap_or(other);
    let longer = one.len().max(other.len());
    if longer == 0 {
        return 1.0;
    }
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    // Equal in what is compared is still not equal.
    let distance = distance(one, other).max(1);
    1.0 - f64::from(distance) / longer as f64
}

/// Says whether the lengths alone allow a likeness of at least `wanted`.
#[expect(clippy::cast_precision_loss, reason = "a few dozen")]
pub(super) fn may_be_alike(one: &[char], other: &[char], wanted: f64) -> bool {
    let (shorter, longer) = (one.len().min(other.len()), one.len().max(other.len()));
    shorter as f64 >= wanted * longer as f64
}

/// Optimal string alignment: insertions, deletions, replacements, swaps of neighbours; a column of
/// the table at a time, one bit a cell. `one` has 1 to 64 characters.
///
/// Source: Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit distances",
/// Nordic Journal of Computing 10, 2003, fig. 5.
fn distance(one: &[char], other: &[char]) -> u32 {
    let mut distance = u32::try_from(one.len()).unwrap_or(u32::MAX);
    let last_row = 1u64 << (one.len() - 1);
    // Cells that are one more, or one less, than the cell above them.
    let (mut more, mut less) = (!0u64, 0u64);
    // Cells that equal the one diagonally before them.
    let mut diagonal = 0u64;
    let mut before = 0u64;
    for wanted in other {
        let rows = one.iter().zip(0u32..);
        let equal = rows.fold(0u64, |bits, (character, row)| {
            bits | u64::from(character == wanted) << row
        });
        let swapped = (!diagonal & equal) << 1 & before;
        let carried = (equal & more).wrapping_add(more) ^ more;
        diagonal = carried | equal | less | swapped;
        let right_more = less | !(diagonal | more);
        let right_less = diagonal & more;
        distance += u32::from(right_more & last_row != 0);
        distance -= u32::from(right_less & last_row != 0);
        let right_more = right_more << 1 | 1;
        more = right_less << 1 | !(diagonal | right_more);
        less = right_more & diagonal;
        before = equal;
    }
    distance
}
