//! `likeness`: how alike two texts are.

use hubagent_core::text::Words;
use pyo3::prelude::*;

/// Spelling and sound.
#[pyfunction]
pub(crate) fn likeness(py: Python<'_>, one: &str, other: &str) -> (f64, f64) {
    let likeness = py.detach(|| Words::of(one).likeness(&Words::of(other)));
    (likeness.spelling, likeness.sound)
}
