//! `Store`: the context store.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use hubagent_core::habits::{Before, Habit};
use hubagent_core::hub::{Hub, HubError, Incoming, Report};
use hubagent_core::persist::{Durability, FileDisk, Job, Recovery};
use hubagent_core::recent::Limits;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::convert::Crossing;
use crate::detach::{detach, lock, run};
use crate::home::{self, PyArea, PyDeclaration, PyFloor};
use crate::view::{self, View};

/// `hubagent.types.Message`, without a copy of its bytes: topic, payload, retained, heard at.
type PyMessage = (PyBackedStr, PyBackedBytes, bool, f64);

/// Entity, what it came to, time, counts by cell, what came before with counts.
pub(crate) type PyHabit = (
    String,
    String,
    f64,
    BTreeMap<u8, f64>,
    Vec<(String, String, f64)>,
);

/// The context store: messages in, changes out, everything kept.
#[pyclass(frozen, module = "hubagent._core")]
pub(crate) struct Store {
    hub: Mutex<Hub>,
    recovery: Option<Recovery>,
}

impl Store {
    /// Runs `work` under the hub's lock, then what it hands back for the medium without it.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        now_s: f64,
        work: impl FnOnce(&mut Hub) -> Result<(T, Option<Job>), HubError> + Send,
    ) -> PyResult<(T, bool)> {
        detach(py, || {
            let (result, job) = work(&mut *lock(&self.hub)?)?;
            Ok((result, run(&self.hub, job, now_s)?))
        })
    }

    /// Runs `work`, which takes the owner's word, and says whether that is on the medium.
    fn say(
        &self,
        py: Python<'_>,
        now_s: f64,
        work: impl FnOnce(&mut Hub) -> Result<(), HubError> + Send,
    ) -> PyResult<bool> {
        let ((), durable) = self.with(py, now_s, |hub| {
            work(hub)?;
            Ok(((), hub.sync(now_s)))
        })?;
        Ok(durable)
    }

    fn read<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Hub) -> Result<T, HubError> + Send,
    ) -> PyResult<T> {
        detach(py, || Ok(work(&mut *lock(&self.hub)?)?))
    }
}

#[pymethods]
impl Store {
    #[new]
    #[pyo3(signature = (directory=None, *, now_s, durability="normal", excluded))]
    fn new(
        py: Python<'_>,
        directory: Option<PathBuf>,
        now_s: f64,
        durability: &str,
        excluded: Vec<String>,
    ) -> PyResult<Self> {
        let durability = Durability::from_name(durability)
            .ok_or_else(|| PyValueError::new_err(format!("unknown durability `{durability}`")))?;
        let excluded = excluded.into_iter().map(Into::into).collect();
        detach(py, || {
            let mut hub = Hub::new(Limits::default(), excluded);
            let recovery = directory
                .map(|directory| hub.persist(&directory, Arc::new(FileDisk), durability, now_s));
            Ok(Self {
                hub: Mutex::new(hub),
                recovery,
            })
        })
    }

    fn recovery<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let row = |report: &Recovery| {
            (
                report.snapshot,
                report.records,
                report.dropped_bytes,
                report.unread,
                PyTuple::new(py, &report.set_aside)?,
                report.refused.as_deref(),
            )
                .into_pyobject(py)
        };
        self.recovery.as_ref().map(row).transpose()
    }

    fn declare<'py>(
        &self,
        py: Python<'py>,
        declaration: PyDeclaration,
        now_s: f64,
    ) -> PyResult<Bound<'py, PyList>> {
        let declaration = declaration.try_into()?;
        let changes = self.read(py, |hub| hub.declare(declaration, now_s))?;
        view::changes(py, &changes)
    }

    fn remove(&self, py: Python<'_>, entity_id: &str, now_s: f64) -> PyResult<bool> {
        self.read(py, |hub| Ok(hub.remove(entity_id, now_s)))
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "arguments come extracted, by value"
    )]
    fn watch(&self, py: Python<'_>, name: &str, filters: Vec<String>) -> PyResult<()> {
        self.read(py, |hub| hub.watch(name, &filters))
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "arguments come extracted, by value"
    )]
    fn ingest<'py>(
        &self,
        py: Python<'py>,
        messages: Vec<PyMessage>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let report = self.read(py, |hub| {
            let messages = messages.iter();
            let messages = messages.map(|(topic, payload, retained, heard_at_s)| Incoming {
                topic,
                payload,
                retained: *retained,
                heard_at_s: *heard_at_s,
            });
            Ok(hub.ingest(messages))
        })?;
        report_row(py, &report)
    }

    fn view(&self, py: Python<'_>, now_s: f64) -> PyResult<View> {
        let picture = self.read(py, |hub| Ok(hub.picture()))?;
        Ok(View::new(picture, now_s))
    }

    fn render<'py>(
        &self,
        py: Python<'py>,
        entity_id: &str,
        command: &str,
        data: BTreeMap<String, Crossing>,
        now_s: f64,
    ) -> PyResult<Vec<(String, Bound<'py, PyBytes>, u8)>> {
        let data: Vec<_> = data
            .into_iter()
            .map(|(key, value)| (key, value.0))
            .collect();
        let rendered = self.read(py, |hub| hub.render(entity_id, command, &data, now_s))?;
        let row = |item: hubagent_core::command::Rendered| {
            (
                item.topic.to_string(),
                PyBytes::new(py, &item.payload),
                item.qos,
            )
        };
        Ok(rendered.into_iter().map(row).collect())
    }

    fn is_optimistic(&self, py: Python<'_>, entity_id: &str, command: &str) -> PyResult<bool> {
        self.read(py, |hub| hub.is_optimistic(entity_id, command))
    }

    fn assume<'py>(
        &self,
        py: Python<'py>,
        entity_id: &str,
        values: BTreeMap<String, Crossing>,
        now_s: f64,
    ) -> PyResult<Bound<'py, PyList>> {
        let values = values
            .into_iter()
            .map(|(name, value)| (name.into(), value.0))
            .collect();
        let changes = self.read(py, |hub| hub.assume(entity_id, values, now_s))?;
        view::changes(py, &changes)
    }

    fn set_floor(&self, py: Python<'_>, floor: PyFloor, now_s: f64) -> PyResult<bool> {
        self.say(py, now_s, |hub| {
            hub.set_floor(floor.into(), now_s);
            Ok(())
        })
    }

    fn set_area(&self, py: Python<'_>, area: PyArea, now_s: f64) -> PyResult<bool> {
        self.say(py, now_s, |hub| {
            hub.set_area(area.into(), now_s);
            Ok(())
        })
    }

    fn remove_floor(&self, py: Python<'_>, floor_id: &str, now_s: f64) -> PyResult<bool> {
        self.say(py, now_s, |hub| {
            hub.remove_floor(floor_id, now_s);
            Ok(())
        })
    }

    fn remove_area(&self, py: Python<'_>, area_id: &str, now_s: f64) -> PyResult<bool> {
        self.say(py, now_s, |hub| {
            hub.remove_area(area_id, now_s);
            Ok(())
        })
    }

    #[pyo3(signature = (entity_id, now_s, *, name=None, area_id=None, aliases=None))]
    fn set_entity_facts(
        &self,
        py: Python<'_>,
        entity_id: &str,
        now_s: f64,
        name: Option<String>,
        area_id: Option<String>,
        aliases: Option<Vec<String>>,
    ) -> PyResult<bool> {
        let facts = home::entity_facts(name, area_id, aliases);
        self.say(py, now_s, |hub| {
            hub.set_entity_facts(entity_id, facts, now_s)
        })
    }

    #[pyo3(signature = (device_id, now_s, *, name=None, area_id=None))]
    fn set_device_facts(
        &self,
        py: Python<'_>,
        device_id: &str,
        now_s: f64,
        name: Option<String>,
        area_id: Option<String>,
    ) -> PyResult<bool> {
        let facts = home::device_facts(name, area_id);
        self.say(py, now_s, |hub| {
            hub.set_device_facts(device_id, facts, now_s)
        })
    }

    fn clear_entity_facts(&self, py: Python<'_>, entity_id: &str, now_s: f64) -> PyResult<bool> {
        self.say(py, now_s, |hub| {
            hub.clear_entity_facts(entity_id, now_s);
            Ok(())
        })
    }

    fn note(
        &self,
        py: Python<'_>,
        entity_id: &str,
        what: &str,
        at_s: f64,
        utc_offset_s: i32,
    ) -> PyResult<()> {
        self.read(py, |hub| {
            hub.note(entity_id, what, at_s, utc_offset_s);
            Ok(())
        })
    }

    fn set_habit(&self, py: Python<'_>, habit: PyHabit, now_s: f64) -> PyResult<bool> {
        let (entity_id, what, at_s, cells, before) = habit;
        let before = before
            .into_iter()
            .map(|(entity_id, what, count)| Before {
                entity_id: entity_id.into(),
                what: what.into(),
                count,
            })
            .collect();
        let habit = Habit {
            entity_id: entity_id.into(),
            what: what.into(),
            at_s,
            cells,
            before,
        };
        self.read(py, |hub| Ok(hub.set_habit(habit, now_s)))
    }

    #[pyo3(signature = (entity_id, now_s))]
    fn forget_habits(&self, py: Python<'_>, entity_id: Option<&str>, now_s: f64) -> PyResult<bool> {
        self.say(py, now_s, |hub| {
            hub.forget_habits(entity_id, now_s);
            Ok(())
        })
    }

    fn tick<'py>(
        &self,
        py: Python<'py>,
        now_s: f64,
        utc_offset_s: i32,
    ) -> PyResult<Bound<'py, PyList>> {
        let ((changes, picture), _) = self.with(py, now_s, |hub| {
            let changes = hub.tick(now_s, utc_offset_s);
            Ok(((changes, hub.picture()), hub.due(now_s)))
        })?;
        // Made here after a change of the home, so that no turn has to wait for it.
        py.detach(|| picture.registry.names().len());
        view::changes(py, &changes)
    }

    fn sync(&self, py: Python<'_>, now_s: f64) -> PyResult<bool> {
        self.say(py, now_s, |_| Ok(()))
    }

    fn close(&self, py: Python<'_>, now_s: f64) -> PyResult<bool> {
        let ((), durable) = self.with(py, now_s, |hub| Ok(((), hub.close(now_s))))?;
        Ok(durable)
    }

    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (counters, suppressed, journal, recent, entities) = self.read(py, |hub| {
            let journal = hub.journal().map(|(counters, _)| counters);
            let recent = (hub.recent().size(), hub.recent().dropped());
            let entities = hub.picture().registry.entities().count();
            Ok((
                hub.counters().clone(),
                hub.suppressed(),
                journal,
                recent,
                entities,
            ))
        })?;
        let dict = PyDict::new(py);
        let journal = journal.unwrap_or_default();
        let ((topics, bytes), dropped) = recent;
        for (name, count) in [
            ("entities", entities as u64),
            ("messages", counters.messages),
            ("matched", counters.matched),
            ("watched", counters.watched),
            ("unclaimed", counters.unclaimed),
            ("failed", counters.failed),
            ("changes", counters.changes),
            ("events", counters.events),
            ("retained_events", counters.retained_events),
            ("recent_topics", topics as u64),
            ("recent_bytes", bytes as u64),
            ("recent_dropped", dropped),
            ("writes_suppressed", suppressed),
            ("records", journal.records),
            ("records_lost", journal.lost),
            ("log_bytes", journal.log_bytes),
            ("syncs", journal.syncs),
            ("snapshots", journal.snapshots),
            ("disk_failures", journal.failures),
        ] {
            dict.set_item(name, count)?;
        }
        Ok(dict)
    }

    fn failed_by_topic(&self, py: Python<'_>) -> PyResult<BTreeMap<String, u64>> {
        self.read(py, |hub| {
            let counts = hub.counters().failed_by_topic.iter();
            Ok(counts
                .map(|(topic, count)| (topic.to_string(), *count))
                .collect())
        })
    }

    fn suspended(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.read(py, |hub| {
            let reason = hub.journal().and_then(|(_, reason)| reason);
            Ok(reason.map(str::to_owned))
        })
    }
}

fn report_row<'py>(py: Python<'py>, report: &Report) -> PyResult<Bound<'py, PyTuple>> {
    let events = report.events.iter().map(|event| {
        (
            &*event.entity_id,
            &*event.event_type,
            event.at_s,
            &*event.origin,
        )
            .into_pyobject(py)
    });
    let watched = report.watched.iter().map(|(name, index)| (&**name, *index));
    let failures = (report.failures.iter()).map(|item| (&*item.topic, &*item.payload));
    (
        view::changes(py, &report.changes)?,
        PyList::new(py, events.collect::<PyResult<Vec<_>>>()?)?,
        PyTuple::new(
            py,
            watched
                .map(|row| row.into_pyobject(py))
                .collect::<PyResult<Vec<_>>>()?,
        )?,
        report.unclaimed,
        report.failed,
        failures.collect::<Vec<_>>(),
    )
        .into_pyobject(py)
}
