//! How many slips of the pen lie between two words.

/// Longest side that is compared; the cost is bounded by its square.
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

/// No cell exceeds [`MAX`], which fits.
type Row = [u8; MAX + 1];

/// Optimal string alignment: insertions, deletions, replacements, swaps of neighbours.
/// Source: Boytsov, "Indexing methods for approximate dictionary searching", 2011, 2.1.
#[expect(clippy::cast_possible_truncation, reason = "64 at most")]
fn distance(one: &[char], other: &[char]) -> u8 {
    const FAR: u8 = MAX as u8;
    let cell = |row: &Row, column: usize| row.get(column).copied().unwrap_or(FAR);
    let mut two_above: Row = [FAR; MAX + 1];
    let mut above: Row = std::array::from_fn(|column| column as u8);
    let mut row = two_above;
    let mut last = None;
    for (index, mine) in (1..).zip(one) {
        let mut left = index;
        let mut previous = None;
        row[0] = left;
        for ((column, theirs), target) in other.iter().enumerate().zip(&mut row[1..]) {
            let replaced = cell(&above, column) + u8::from(mine != theirs);
            let mut best = replaced.min(left + 1).min(cell(&above, column + 1) + 1);
            if last == Some(theirs) && previous == Some(mine) {
                best = best.min(cell(&two_above, column - 1) + 1);
            }
            *target = best;
            left = best;
            previous = Some(theirs);
        }
        last = Some(mine);
        two_above = above;
        above = row;
    }
    cell(&above, other.len())
}
