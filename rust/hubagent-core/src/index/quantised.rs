//! Directions as rows of bytes.

/// What the greatest number of a vector becomes.
const GREATEST: f32 = 127.0;

/// A direction that rows are compared with.
pub(super) struct Query {
    row: Vec<i8>,
    inverse: f32,
}

impl Query {
    /// `None` for a vector without direction.
    pub(super) fn new(vector: &[f32]) -> Option<Self> {
        let row = quantise(vector)?;
        let inverse = inverse(&row)?;
        Some(Self { row, inverse })
    }

    /// Cosine of the angle to a row, given one over the row's length.
    #[expect(clippy::cast_precision_loss, reason = "four digits are right")]
    pub(super) fn cosine(&self, row: &[i8], inverse: f32) -> f32 {
        let cosine = dot(&self.row, row) as f32 * self.inverse * inverse;
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
    let square = dot(row, row);
    (square > 0).then(|| 1.0 / (square as f32).sqrt())
}

/// Sum of the products; written so that the compiler makes vector instructions of it.
fn dot(one: &[i8], other: &[i8]) -> i32 {
    let pairs = one.iter().zip(other);
    pairs
        .map(|(one, other)| i32::from(i16::from(*one) * i16::from(*other)))
        .sum()
}
