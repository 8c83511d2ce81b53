//! The one way from Python into the core: release the interpreter lock, work, map the error.

use std::sync::{Mutex, MutexGuard};

use hubagent_core::hub::{Hub, HubError};
use hubagent_core::persist::Job;
use pyo3::prelude::*;

use crate::errors;

/// What stops a call before the core could answer, or the core's own refusal.
pub(crate) enum Refused {
    /// Another call panicked with the lock in its hands.
    Poisoned,
    /// The core says no.
    Hub(HubError),
}

impl From<HubError> for Refused {
    fn from(error: HubError) -> Self {
        Self::Hub(error)
    }
}

/// Runs `work` without the interpreter lock.
pub(crate) fn detach<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, Refused> + Send,
) -> PyResult<T> {
    py.detach(work).map_err(|refused| errors::map(py, refused))
}

/// Takes the hub's lock; only ever without the interpreter lock.
pub(crate) fn lock(hub: &Mutex<Hub>) -> Result<MutexGuard<'_, Hub>, Refused> {
    hub.lock().map_err(|_| Refused::Poisoned)
}

/// Does work that waits for the medium, without any lock; says whether all is durable then.
pub(crate) fn run(hub: &Mutex<Hub>, job: Option<Job>, now_s: f64) -> Result<bool, Refused> {
    let Some(job) = job else { return Ok(false) };
    let done = job.run();
    let durable = done.is_durable();
    lock(hub)?.finish(done, now_s);
    Ok(durable)
}
