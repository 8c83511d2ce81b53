//! Directions as rows of bytes.

/// What the greatest number of a vector becomes.
const GREATEST: f32 = 127.0;

/// Lanes that are summed side by side; two rows of them make a step.
const LANES: usize = 8;

/// A direction that rows are compared with; widened once rather than for every row.
pub(super) struct Query {
    row: Vec<i16>,
    inverse: f32,
}

impl Query {
    /// `None` for a vector without direction.
    pub(super) fn new(vector: &[f32]) -> Option<Self> {
        let row = quantise(vector)?;
        Some(Self {
            inverse: inverse(&row)?,
            row: widened(&row),
        })
    }

    /// Cosine of the angle to a row, given one over the row's length.
    #[expect(clippy::cast_precision_loss, reason = "four digits are right")]
    pub(super) fn cosine(&self, row: &[i8], inverse: f32) -> f32 {
        let cosine = dot(row, &self.row) as f32 * self.inverse * inverse;
        cosine.clamp(-1.0, 1.0)
    }
}

/// Returns bytes in the direction of the vector; `None` when it is not finite or all zero.
#[expect(
    clippy::cast_possible_truncation,
    reason = "within a byte by its scale"
)]
pub(super) fn quantise(vector: &[f32]) -> Option<Vec<i8>> {
    if vector.is_empty() {
        return Some(Vec::new());
    }
    let sizes = vector.iter().map(|number| number.abs());
    let greatest = sizes.fold(0.0, |most: f32, size| {
        // A number that is none would be passed over by `max`.
        if size.is_nan() { size } else { most.max(size) }
    });
    let bytes = |number: &f32| (number / greatest * GREATEST).round() as i8;
    greatest
        .is_normal()
        .then(|| vector.iter().map(bytes).collect())
}

/// Returns one over the length of a row; `None` for one of zeros.
#[expect(clippy::cast_precision_loss, reason = "four digits are right")]
pub(super) fn inverse(row: &[i8]) -> Option<f32> {
    if row.is_empty() {
        return Some(0.0);
    }
    let square = dot(row, &widened(row));
    (square > 0).then(|| 1.0 / (square as f32).sqrt())
}

fn widened(row: &[i8]) -> Vec<i16> {
    row.iter().copied().map(i16::from).collect()
}

/// Sum of the products. The lanes are what the compiler makes vector instructions of, also where a
/// processor can be relied on for the oldest of them only: less than half the time of a plain sum.
fn dot(row: &[i8], query: &[i16]) -> i32 {
    let mut lanes = [0i32; LANES];
    let (steps, wanted) = (row.chunks_exact(2 * LANES), query.chunks_exact(2 * LANES));
    let tail = steps.remainder().iter().zip(wanted.remainder());
    let tail: i32 = tail.map(|(one, other)| product(*one, *other)).sum();
    for (one, other) in steps.zip(wanted) {
        let (one, one_more) = one.split_at(LANES);
        let (other, other_more) = other.split_at(LANES);
        let pairs = one.iter().zip(other).zip(one_more.iter().zip(other_more));
        for (lane, (first, second)) in lanes.iter_mut().zip(pairs) {
            *lane += product(*first.0, *first.1) + product(*second.0, *second.1);
        }
    }
    lanes.iter().sum::<i32>() + tail
}

fn product(one: i8, other: i16) -> i32 {
    i32::from(one) * i32::from(other)
}
