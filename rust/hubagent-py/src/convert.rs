//! Python values to core values and back.

use hubagent_core::Value;
use hubagent_core::value::MAX_LIST;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PyString, PyTuple};

/// A value on its way over the boundary.
pub(crate) struct Crossing(pub(crate) Value);

impl<'py> FromPyObject<'_, 'py> for Crossing {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        from_python(&object, 0).map(Self)
    }
}

impl<'py> IntoPyObject<'py> for Crossing {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        to_python(py, &self.0)
    }
}

fn from_python(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if object.is_none() {
        Ok(Value::Null)
    } else if let Ok(truth) = object.cast::<PyBool>() {
        Ok(Value::Bool(truth.is_true()))
    } else if object.is_instance_of::<PyInt>() {
        object.extract().map(Value::Int)
    } else if object.is_instance_of::<PyFloat>() {
        object.extract().map(Value::number)
    } else if let Ok(text) = object.cast::<PyString>() {
        Ok(Value::text(text.to_cow()?.as_ref()))
    } else if depth == 0
        && (object.is_instance_of::<PyTuple>() || object.is_instance_of::<PyList>())
    {
        if object.len()? > MAX_LIST {
            return Err(PyValueError::new_err(format!(
                "a value holds at most {MAX_LIST} items"
            )));
        }
        let items = object
            .try_iter()?
            .map(|item| from_python(&item?, 1))
            .collect::<PyResult<Vec<_>>>()?;
        Ok(Value::List(items.into()))
    } else {
        Err(PyTypeError::new_err(format!(
            "a value is None, bool, int, float, str or a flat tuple of those, not {}",
            object.get_type().name()?
        )))
    }
}

pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(truth) => PyBool::new(py, *truth).to_owned().into_any(),
        Value::Int(number) => number.into_pyobject(py)?.into_any(),
        Value::Float(number) => PyFloat::new(py, *number).into_any(),
        Value::Text(text) => PyString::new(py, text).into_any(),
        Value::List(items) => {
            let items = items
                .iter()
                .map(|item| to_python(py, item))
                .collect::<PyResult<Vec<_>>>()?;
            PyTuple::new(py, items)?.into_any()
        }
    })
}
