//! `solve_chain`: where conversations end well.

use hubagent_core::chain::{Chain, ChainError, Outlook};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Row, success, (target, chance).
type OutlookRow = (usize, f64, Vec<(usize, f64)>);

/// Builds the chain and solves the rows, without the interpreter lock.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the façade names them")]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arguments come extracted, by value"
)]
pub(crate) fn solve_chain(
    py: Python<'_>,
    states: i64,
    edges: Vec<(i64, i64, f64)>,
    good: Vec<f64>,
    bad: Vec<f64>,
    pessimism: f64,
    rows: Vec<i64>,
    keep: usize,
) -> PyResult<Vec<OutlookRow>> {
    if usize::try_from(states) != Ok(good.len()) {
        let message = format!("{states} states, but good ends of {}", good.len());
        return Err(PyValueError::new_err(message));
    }
    py.detach(|| {
        let edges: Vec<_> = edges
            .iter()
            .map(|(from, to, count)| (state(*from), state(*to), *count))
            .collect();
        let rows: Vec<_> = rows.iter().map(|row| state(*row)).collect();
        Chain::new(&edges, &good, &bad, pessimism)?.solve(&rows, keep)
    })
    .map(|solved| solved.into_iter().map(row).collect())
    .map_err(|error: ChainError| PyValueError::new_err(error.to_string()))
}

/// Negative numbers become one that no state has.
fn state(number: i64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn row(outlook: Outlook) -> OutlookRow {
    (outlook.row, outlook.success, outlook.targets)
}
