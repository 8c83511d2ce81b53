//! `PhraseIndex`: phrases nearest by meaning and by sound.

use std::sync::{PoisonError, RwLock};

use hubagent_core::index::{IndexError, PhraseIndex as Core};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::data_error;

/// Id, similarity, sound.
type NearRow = (u64, f32, f32);

/// Phrases with their vectors and sounds.
#[pyclass(frozen, module = "hubagent._core")]
pub(crate) struct PhraseIndex {
    core: RwLock<Core>,
}

impl PhraseIndex {
    /// Reads without the interpreter lock. Nothing in the core panics half-way through a change, so
    /// a poisoned lock still guards a whole index.
    fn read<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&Core) -> T + Send) -> T {
        py.detach(|| work(&self.core.read().unwrap_or_else(PoisonError::into_inner)))
    }

    fn write<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut Core) -> T + Send) -> T {
        py.detach(|| work(&mut self.core.write().unwrap_or_else(PoisonError::into_inner)))
    }
}

#[pymethods]
impl PhraseIndex {
    #[new]
    fn new(width: usize) -> PyResult<Self> {
        let core = RwLock::new(Core::new(width).map_err(|error| refused(&error))?);
        Ok(Self { core })
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        let core = py.detach(|| Core::from_bytes(data));
        let core = core.map_err(|error| data_error(error.to_string()))?;
        let core = RwLock::new(core);
        Ok(Self { core })
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.read(py, Core::to_bytes))
    }

    #[getter]
    fn width(&self, py: Python<'_>) -> usize {
        self.read(py, Core::width)
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.read(py, Core::len)
    }

    fn add(&self, py: Python<'_>, id: u64, text: &str, vector: &[u8]) -> PyResult<()> {
        let vector = floats(vector)?;
        let added = self.write(py, |core| core.add(id, text, &vector));
        added.map_err(|error| refused(&error))
    }

    fn remove(&self, py: Python<'_>, id: u64) -> bool {
        self.write(py, |core| core.remove(id))
    }

    fn nearest(
        &self,
        py: Python<'_>,
        text: &str,
        vector: &[u8],
        limit: usize,
    ) -> PyResult<Vec<NearRow>> {
        let vector = floats(vector)?;
        let near = self.read(py, |core| core.nearest(text, &vector, limit));
        let near = near.map_err(|error| refused(&error))?.into_iter();
        Ok(near
            .map(|near| (near.id, near.similarity, near.sound))
            .collect())
    }
}

/// Native `float32` numbers, as numpy lays them out.
fn floats(bytes: &[u8]) -> PyResult<Vec<f32>> {
    let numbers = bytes.chunks_exact(size_of::<f32>());
    if numbers.remainder().is_empty() {
        let numbers = numbers.filter_map(|number| number.try_into().ok());
        Ok(numbers.map(f32::from_ne_bytes).collect())
    } else {
        Err(PyValueError::new_err(
            "a vector is given as the bytes of float32 numbers",
        ))
    }
}

fn refused(error: &IndexError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
