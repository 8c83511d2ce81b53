//! `View`: the home at one instant.

use std::sync::Arc;

use hubagent_core::habits::Habit;
use hubagent_core::history::Change;
use hubagent_core::names::NameMatch;
use hubagent_core::store::{EntityState, STATE};
use hubagent_core::view::{Picture, Query};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::convert::to_python;
use crate::detach::{Refused, detach};
use crate::store::PyHabit;
use crate::{errors, home};

/// Kind, id, name, exact, fuzzy, phonetic.
type NameRow = (&'static str, String, String, bool, f64, f64);

/// Read-only picture of the home; does not change while messages arrive.
#[pyclass(frozen, module = "hubagent._core")]
pub(crate) struct View {
    picture: Picture,
    now_s: f64,
}

/// Makes the rows of changes; those of one message share its topic.
pub(crate) fn changes<'py>(py: Python<'py>, all: &[Change]) -> PyResult<Bound<'py, PyList>> {
    let mut last: Option<(&Arc<str>, Bound<'py, PyString>)> = None;
    let mut rows = Vec::with_capacity(all.len());
    for change in all {
        let origin = match last {
            Some((known, ref text)) if Arc::ptr_eq(known, &change.origin) => text.clone(),
            _ => PyString::new(py, &change.origin),
        };
        last = Some((&change.origin, origin.clone()));
        let attribute = match &*change.attribute {
            STATE => intern!(py, "state").clone(),
            attribute => PyString::new(py, attribute),
        };
        let row = (
            &*change.entity_id,
            attribute,
            to_python(py, &change.before)?,
            to_python(py, &change.after)?,
            change.at_s,
            origin,
        );
        rows.push(row.into_pyobject(py)?);
    }
    PyList::new(py, rows)
}

fn state<'py>(py: Python<'py>, state: &EntityState) -> PyResult<Bound<'py, PyTuple>> {
    let attributes = PyDict::new(py);
    for cell in state.cells() {
        if &*cell.name != STATE {
            attributes.set_item(&*cell.name, to_python(py, &cell.value)?)?;
        }
    }
    (
        &**state.entity_id(),
        to_python(py, state.state())?,
        attributes,
        state.available(),
        state.changed_at_s(),
        state.heard_at_s(),
    )
        .into_pyobject(py)
}

impl View {
    pub(crate) fn new(picture: Picture, now_s: f64) -> Self {
        Self { picture, now_s }
    }

    fn known<T>(&self, py: Python<'_>, entity_id: &str, found: Option<T>) -> PyResult<T> {
        found.ok_or_else(|| {
            let unknown = self.picture.unknown(entity_id);
            errors::map(py, Refused::Hub(unknown))
        })
    }
}

fn rows<'py>(
    py: Python<'py>,
    rows: impl Iterator<Item = PyResult<Bound<'py, PyTuple>>>,
) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)
}

#[pymethods]
impl View {
    #[getter]
    fn now_s(&self) -> f64 {
        self.now_s
    }

    #[getter]
    fn version(&self) -> u64 {
        self.picture.registry.version()
    }

    fn floors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        rows(
            py,
            self.picture
                .registry
                .floors()
                .map(|item| home::floor(py, item)),
        )
    }

    fn areas<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        rows(
            py,
            self.picture
                .registry
                .areas()
                .map(|item| home::area(py, item)),
        )
    }

    fn devices<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        rows(
            py,
            self.picture
                .registry
                .devices()
                .map(|item| home::device(py, item)),
        )
    }

    fn entities<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let entities = self.picture.registry.entities();
        rows(py, entities.map(|(_, item)| home::entity(py, &item.entity)))
    }

    fn entity<'py>(&self, py: Python<'py>, entity_id: &str) -> PyResult<Bound<'py, PyTuple>> {
        let (registered, _) = self.known(py, entity_id, self.picture.find(entity_id))?;
        home::entity(py, &registered.entity)
    }

    fn announced<'py>(&self, py: Python<'py>, entity_id: &str) -> PyResult<Bound<'py, PyTuple>> {
        let (registered, _) = self.known(py, entity_id, self.picture.find(entity_id))?;
        home::entity(py, &registered.announced)
    }

    fn state<'py>(&self, py: Python<'py>, entity_id: &str) -> PyResult<Bound<'py, PyTuple>> {
        let (_, found) = self.known(py, entity_id, self.picture.find(entity_id))?;
        state(py, found)
    }

    fn area_of(&self, py: Python<'_>, entity_id: &str) -> PyResult<Option<&str>> {
        let (registered, _) = self.known(py, entity_id, self.picture.find(entity_id))?;
        Ok(self.picture.registry.area_of(&registered.entity))
    }

    fn commands_of<'py>(&self, py: Python<'py>, entity_id: &str) -> PyResult<Bound<'py, PyTuple>> {
        let (registered, _) = self.known(py, entity_id, self.picture.find(entity_id))?;
        PyTuple::new(py, registered.commands.iter().map(|name| &**name))
    }

    fn known_id(&self, domain: &str, unique_id: &str) -> Option<&str> {
        let id = self.picture.registry.known_id(domain, unique_id);
        id.map(|id| &**id)
    }

    #[expect(clippy::too_many_arguments, reason = "all are keywords")]
    #[pyo3(signature = (*, area_id=None, floor_id=None, domain=None, device_class=None, name=None,
        state=None, changed_since_s=None))]
    fn query<'py>(
        &self,
        py: Python<'py>,
        area_id: Option<String>,
        floor_id: Option<String>,
        domain: Option<String>,
        device_class: Option<String>,
        name: Option<String>,
        state: Option<String>,
        changed_since_s: Option<f64>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let query = Query {
            area_id: area_id.map(Into::into),
            floor_id: floor_id.map(Into::into),
            domain: domain.map(Into::into),
            device_class: device_class.map(Into::into),
            name: name.map(Into::into),
            state: state.map(Into::into),
            changed_since_s,
        };
        let found = detach(py, || Ok(self.picture.query(&query)))?;
        PyTuple::new(py, found.iter().map(|entity| &*entity.entity_id))
    }

    #[pyo3(signature = (entity_id, attribute="state", *, limit=16))]
    fn history<'py>(
        &self,
        py: Python<'py>,
        entity_id: &str,
        attribute: &str,
        limit: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        let found = self.picture.history(entity_id, attribute, limit);
        changes(py, &self.known(py, entity_id, found)?)
    }

    #[pyo3(signature = (words, *, limit=8))]
    fn match_names(&self, py: Python<'_>, words: &str, limit: usize) -> PyResult<Vec<NameRow>> {
        let found = detach(py, || {
            Ok(self.picture.registry.names().matches(words, limit))
        })?;
        let row = |item: NameMatch| {
            (
                item.kind.as_str(),
                item.id.to_string(),
                item.name.to_string(),
                item.exact,
                item.fuzzy,
                item.phonetic,
            )
        };
        Ok(found.into_iter().map(row).collect())
    }

    /// Hour, followed, support, time of the last.
    fn usual(&self, entity_id: &str, what: &str, utc_offset_s: i32) -> (f64, f64, f64, f64) {
        let habits = &self.picture.habits;
        let usual = habits.usual(entity_id, what, self.now_s, utc_offset_s);
        (usual.hour, usual.followed, usual.support, usual.at_s)
    }

    fn habits(&self) -> Vec<PyHabit> {
        let row = |habit: &Habit| {
            let before = habit.before.iter();
            (
                habit.entity_id.to_string(),
                habit.what.to_string(),
                habit.at_s,
                habit.cells.clone(),
                before
                    .map(|it| (it.entity_id.to_string(), it.what.to_string(), it.count))
                    .collect(),
            )
        };
        self.picture.habits.iter().map(row).collect()
    }

    fn stale(&self, quiet_s: f64) -> Vec<(String, f64)> {
        let found = self.picture.stale(self.now_s, quiet_s);
        found
            .into_iter()
            .map(|(entity, at_s)| (entity.entity_id.to_string(), at_s))
            .collect()
    }

    fn ghosts(&self, age_s: f64) -> Vec<(String, f64)> {
        let found = self.picture.ghosts(self.now_s, age_s);
        found
            .into_iter()
            .map(|(entity, at_s)| (entity.entity_id.to_string(), at_s))
            .collect()
    }
}
