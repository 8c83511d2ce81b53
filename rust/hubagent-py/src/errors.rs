//! Errors of the core to the classes of `hubagent.errors`.

use hubagent_core::hub::HubError;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::IntoPyDict;

use crate::detach::Refused;

mod classes {
    pyo3::import_exception!(hubagent.errors, CapabilityError);
    pyo3::import_exception!(hubagent.errors, DataError);
    pyo3::import_exception!(hubagent.errors, InternalError);
    pyo3::import_exception!(hubagent.errors, UnknownEntityError);
}

/// Makes the exception for a refusal.
pub(crate) fn map(py: Python<'_>, refused: Refused) -> PyErr {
    let error = match refused {
        Refused::Poisoned => {
            let message = "an earlier call into the context store failed half-way";
            return classes::InternalError::new_err(message);
        }
        Refused::Hub(error) => error,
    };
    match &error {
        HubError::UnknownEntity { entity_id, nearest } => {
            let hint = nearest.as_ref().map(|id| format!("nearest is `{id}`"));
            let class = py.get_type::<classes::UnknownEntityError>();
            with_hint(py, &class, (&**entity_id,), hint.unwrap_or_default())
        }
        HubError::UnknownDevice(_) => PyKeyError::new_err(error.to_string()),
        HubError::Command {
            entity_id,
            command,
            reason,
        } => {
            let class = py.get_type::<classes::CapabilityError>();
            with_hint(py, &class, (&**entity_id, &**command), reason.to_string())
        }
        HubError::Binding(_) | HubError::Spec(_) | HubError::Topic(_) => {
            data_error(error.to_string())
        }
        _ => classes::InternalError::new_err(error.to_string()),
    }
}

/// Makes the exception for bytes from outside that are wrong.
pub(crate) fn data_error(message: String) -> PyErr {
    classes::DataError::new_err(message)
}

fn with_hint<'py>(
    py: Python<'py>,
    class: &Bound<'py, pyo3::types::PyType>,
    arguments: impl pyo3::call::PyCallArgs<'py>,
    hint: String,
) -> PyErr {
    let made = [("hint", hint)]
        .into_py_dict(py)
        .and_then(|keywords| class.call(arguments, Some(&keywords)));
    made.map_or_else(|error| error, PyErr::from_value)
}
