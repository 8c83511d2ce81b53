//! What changed, when and why; bounded for every attribute.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::Value;

/// Changes kept for one attribute.
pub const KEPT: usize = 16;

/// One attribute of one entity took another value; the mirror of `hubagent.types.StateChange`.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Whose attribute.
    pub entity_id: Arc<str>,
    /// `state`, `available` or an attribute name.
    pub attribute: Arc<str>,
    /// Value before; null when none was known.
    pub before: Value,
    /// Value after.
    pub after: Value,
    /// Wall clock, seconds since 1970.
    pub at_s: f64,
    /// Topic the value came from, or `restore`, `expire`, `registry`, `command`.
    pub origin: Arc<str>,
}

/// The last [`KEPT`] changes of one attribute, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    changes: VecDeque<Arc<Change>>,
}

impl History {
    /// Adds a change; the oldest is forgotten when there are too many.
    pub fn push(&mut self, change: Arc<Change>) {
        if self.changes.len() == KEPT {
            self.changes.pop_front();
        }
        self.changes.push_back(change);
    }

    /// Returns the changes, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Arc<Change>> {
        self.changes.iter().rev()
    }

    /// Returns the newest change.
    pub fn newest(&self) -> Option<&Arc<Change>> {
        self.changes.back()
    }

    /// Shares the text of an origin with the newest change when it is the same, which it nearly
    /// always is.
    pub fn origin(&self, origin: &str) -> Arc<str> {
        match self.newest() {
            Some(change) if &*change.origin == origin => Arc::clone(&change.origin),
            _ => origin.into(),
        }
    }
}
