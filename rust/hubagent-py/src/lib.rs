//! `hubagent._core`: the compiled module. The whole surface is listed here.

use pyo3::prelude::*;

mod convert;
mod declare;

/// Compiled core of hubagent.
#[pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;

    /// Adds what is not a class or a function.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
