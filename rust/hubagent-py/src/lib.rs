//! `hubagent._core`: the compiled module. The whole surface is listed here.

use pyo3::prelude::*;

mod chain;
mod convert;
mod declare;
mod detach;
mod errors;
mod frame;
mod home;
mod index;
mod store;
mod text;
mod view;

/// Compiled core of hubagent.
#[pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::chain::solve_chain;
    #[pymodule_export]
    use crate::frame::FrameDecoder;
    #[pymodule_export]
    use crate::frame::encode_frame;
    #[pymodule_export]
    use crate::index::PhraseIndex;
    #[pymodule_export]
    use crate::store::Store;
    #[pymodule_export]
    use crate::text::likeness;
    #[pymodule_export]
    use crate::view::View;

    /// Adds what is not a class or a function.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("__debug_build__", cfg!(debug_assertions))
    }
}
