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

/// The last [`KEPT`] changes of one attribute.
///
/// Each entry is the value after; the value before is that of the entry before it.
#[derive(Clone, Debug, Default)]
pub struct History {
    entries: VecDeque<Entry>,
}

/// One change as it is kept.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Value after.
    pub after: Value,
    /// Wall clock, seconds since 1970.
    pub at_s: f64,
    /// See [`Change::origin`].
    pub origin: Arc<str>,
}

impl History {
    /// Adds a change; the oldest is forgotten when there are too many.
    pub fn push(&mut self, entry: Entry) {
        // One more than are shown, for the value before the oldest.
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        } else if self.entries.len() == self.entries.capacity() && !self.entries.is_empty() {
            // What changed twice goes on changing.
            self.entries.reserve_exact(KEPT + 1 - self.entries.len());
        } else if self.entries.is_empty() {
            self.entries.reserve_exact(1);
        }
        self.entries.push_back(entry);
    }

    /// Returns the newest change.
    pub fn newest(&self) -> Option<&Entry> {
        self.entries.back()
    }

    /// Returns the value before and each change, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = (&Value, &Entry)> {
        let before = self.entries.iter().rev().skip(1).map(|entry| &entry.after);
        let before = before.chain(std::iter::once(&Value::Null));
        before.zip(self.entries.iter().rev()).take(KEPT)
    }
}
