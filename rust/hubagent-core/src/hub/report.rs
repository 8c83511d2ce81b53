//! What a batch did, and what all batches did.

use std::collections::HashMap;
use std::sync::Arc;

use crate::history::Change;

/// Failures named in one report; the others are counted.
const SAMPLES: usize = 8;

/// Sources whose failures are counted one by one; those of others go to the empty name.
const MAX_SOURCES: usize = 256;

/// Bytes of a payload that are shown.
const SHOWN: usize = 80;

/// A thing that happened and is over; the mirror of `hubagent.types.DeviceEvent`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Whose event.
    pub entity_id: Arc<str>,
    /// What happened.
    pub event_type: Arc<str>,
    /// Wall clock, seconds since 1970.
    pub at_s: f64,
    /// Topic.
    pub origin: Arc<str>,
}

/// A message that a binding wanted and could not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Topic.
    pub topic: Box<str>,
    /// Beginning of the payload.
    pub payload: Box<str>,
}

/// What one batch of messages did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Changes, in order.
    pub changes: Vec<Change>,
    /// Events, in order.
    pub events: Vec<Event>,
    /// Watch name and index of the message in the batch, for every watched topic.
    pub watched: Vec<(Arc<str>, usize)>,
    /// Messages.
    pub messages: u64,
    /// Messages that some binding listened to.
    pub matched: u64,
    /// Messages that no binding and no watch wanted.
    pub unclaimed: u64,
    /// Messages that a binding wanted and could not read.
    pub failed: u64,
    /// Events that did not count because the broker had kept them.
    pub retained_events: u64,
    /// Some of the failed ones.
    pub failures: Vec<Failure>,
}

impl Report {
    pub(super) fn fail(&mut self, topic: &str, payload: &[u8]) {
        self.failed += 1;
        let known = self.failures.iter().any(|failure| &*failure.topic == topic);
        if self.failures.len() < SAMPLES && !known {
            let shown = payload.get(..SHOWN).unwrap_or(payload);
            self.failures.push(Failure {
                topic: topic.into(),
                payload: String::from_utf8_lossy(shown).into(),
            });
        }
    }
}

/// What happened since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages.
    pub messages: u64,
    /// Messages that some binding listened to.
    pub matched: u64,
    /// Messages that a watch wanted.
    pub watched: u64,
    /// Messages that no binding and no watch wanted.
    pub unclaimed: u64,
    /// Messages that a binding wanted and could not read.
    pub failed: u64,
    /// Changes.
    pub changes: u64,
    /// Events.
    pub events: u64,
    /// Events that did not count because the broker had kept them.
    pub retained_events: u64,
    /// Failed messages by topic.
    pub failed_by_topic: HashMap<Box<str>, u64>,
}

impl Counters {
    pub(super) fn add(&mut self, report: &Report) {
        self.messages += report.messages;
        self.matched += report.matched;
        self.watched += report.watched.len() as u64;
        self.unclaimed += report.unclaimed;
        self.failed += report.failed;
        self.changes += report.changes.len() as u64;
        self.events += report.events.len() as u64;
        self.retained_events += report.retained_events;
    }

    pub(super) fn fail(&mut self, topic: &str) {
        let room = self.failed_by_topic.len() < MAX_SOURCES;
        if let Some(count) = self.failed_by_topic.get_mut(topic) {
            *count += 1;
        } else {
            let name = if room { topic } else { "" };
            *self.failed_by_topic.entry(name.into()).or_default() += 1;
        }
    }
}
