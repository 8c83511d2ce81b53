//! The last payload of every topic, for entities that are announced after their state was heard.
//!
//! Bounded in topics and bytes. When it is full, the topic heard longest ago goes (by the second
//! chance rule: one that was heard again since it was last considered is passed over once).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Topics.
    pub topics: usize,
    /// Bytes of topics and payloads together.
    pub bytes: usize,
    /// Largest payload that is kept.
    pub payload: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            topics: 1 << 14,
            bytes: 16 << 20,
            payload: 64 << 10,
        }
    }
}

/// The last message of a topic.
#[derive(Debug)]
pub struct Last {
    /// Its topic.
    pub topic: Arc<str>,
    /// Its payload.
    pub payload: Vec<u8>,
    /// Whether the broker had kept it.
    pub retained: bool,
    /// When it came.
    pub heard_at_s: f64,
    renewed: bool,
}

/// Last payloads by topic.
#[derive(Debug, Default)]
pub struct Recent {
    limits: Limits,
    excluded: Vec<Box<str>>,
    topics: HashMap<Arc<str>, Last>,
    order: VecDeque<Arc<str>>,
    bytes: usize,
    dropped: u64,
}

impl Recent {
    /// Makes an empty store that keeps nothing of topics beginning with one of `excluded`.
    pub fn new(limits: Limits, excluded: Vec<Box<str>>) -> Self {
        Self {
            limits,
            excluded,
            ..Self::default()
        }
    }

    /// Returns how many topics were dropped for want of room.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Returns how many topics and bytes are kept.
    pub fn size(&self) -> (usize, usize) {
        (self.topics.len(), self.bytes)
    }

    /// Remembers a message in place of the one before on its topic. An empty payload clears what a
    /// broker keeps and says nothing of the device, so what was heard of it stays.
    /// Returns the topic as it is shared by all that name it, if anything is kept of it.
    ///
    /// While the home is `discovering`, JSON objects add up: a device that reports in parts is then
    /// known as well as if its entities had been there from the start.
    pub fn keep(
        &mut self,
        topic: &str,
        payload: &[u8],
        retained: bool,
        heard_at_s: f64,
        discovering: bool,
    ) -> Option<Arc<str>> {
        let topic = if let Some(last) = self.topics.get_mut(topic) {
            if payload.is_empty() {
                return Some(Arc::clone(&last.topic));
            }
            let merged = if discovering {
                merge_objects(&last.payload, payload)
            } else {
                None
            };
            let kept = match &merged {
                Some(merged) if merged.len() <= self.limits.payload => merged.as_slice(),
                _ if payload.len() > self.limits.payload => &[],
                _ => payload,
            };
            self.bytes = self.bytes - last.payload.len() + kept.len();
            last.payload.clear();
            last.payload.extend_from_slice(kept);
            last.retained = retained;
            last.heard_at_s = heard_at_s;
            last.renewed = true;
            Arc::clone(&last.topic)
        } else {
            let excluded = || self.excluded.iter().any(|it| topic.starts_with(&**it));
            if payload.is_empty() || payload.len() > self.limits.payload || excluded() {
                return None;
            }
            let topic: Arc<str> = topic.into();
            self.bytes += topic.len() + payload.len();
            self.order.push_back(Arc::clone(&topic));
            let last = Last {
                topic: Arc::clone(&topic),
                payload: payload.to_vec(),
                retained,
                heard_at_s,
                renewed: false,
            };
            self.topics.insert(Arc::clone(&topic), last);
            topic
        };
        while self.topics.len() > self.limits.topics || self.bytes > self.limits.bytes {
            self.drop_one();
        }
        Some(topic)
    }

    /// Returns the last message of a topic.
    pub fn get(&self, topic: &str) -> Option<&Last> {
        let last = self.topics.get(topic)?;
        (!last.payload.is_empty()).then_some(last)
    }

    /// Returns the last message of every topic.
    pub fn iter(&self) -> impl Iterator<Item = &Last> {
        self.topics.values().filter(|last| !last.payload.is_empty())
    }

    fn drop_one(&mut self) {
        while let Some(topic) = self.order.pop_front() {
            if let Some(last) = self.topics.get_mut(&topic)
                && std::mem::take(&mut last.renewed)
            {
                self.order.push_back(topic);
                continue;
            }
            if let Some(last) = self.topics.remove(&topic) {
                self.bytes -= topic.len() + last.payload.len();
                self.dropped += 1;
            }
            return;
        }
    }
}

/// Largest objects that are merged: reports of devices, not statistics of services.
const MERGED_BYTES: usize = 4096;

/// Returns the older object with the keys of the newer one laid over it, objects inside likewise;
/// `None` when one of them is no small JSON object.
fn merge_objects(older: &[u8], newer: &[u8]) -> Option<Vec<u8>> {
    let is_object = |payload: &[u8]| payload.len() <= MERGED_BYTES && payload.starts_with(b"{");
    if !is_object(older) || !is_object(newer) {
        return None;
    }
    let mut merged = serde_json::from_slice(older).ok()?;
    lay_over(&mut merged, serde_json::from_slice(newer).ok()?);
    serde_json::to_vec(&merged).ok()
}

/// Depth is bounded by the parser's own limit of 128.
fn lay_over(older: &mut serde_json::Value, newer: serde_json::Value) {
    match (older, newer) {
        (serde_json::Value::Object(older), serde_json::Value::Object(newer)) => {
            for (key, value) in newer {
                lay_over(older.entry(key).or_insert(serde_json::Value::Null), value);
            }
        }
        (older, newer) => *older = newer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Recent {
        let limits = Limits {
            topics: 3,
            bytes: 30,
            payload: 10,
        };
        Recent::new(limits, vec!["$SYS/".into()])
    }

    #[test]
    fn the_last_payload_of_a_topic_stays() {
        let mut recent = small();
        recent.keep("a", b"1", true, 1.0, true);
        recent.keep("a", b"22", false, 2.0, true);
        let last = recent.get("a").unwrap();
        assert_eq!(
            (&*last.payload, last.retained, last.heard_at_s),
            (&b"22"[..], false, 2.0)
        );
        assert_eq!(recent.size(), (1, 3));
        recent.keep("a", b"", false, 3.0, true);
        assert_eq!(&*recent.get("a").unwrap().payload, b"22");
    }

    #[test]
    fn a_payload_that_is_too_large_does_not_leave_the_old_one_as_if_it_were_current() {
        let mut recent = small();
        recent.keep("a", b"1", false, 1.0, true);
        recent.keep("a", &[b'x'; 11], false, 2.0, true);
        assert!(recent.get("a").is_none());
        recent.keep("b", &[b'x'; 11], false, 2.0, true);
        recent.keep("$SYS/load", b"1", false, 2.0, true);
        assert_eq!(recent.size(), (1, 1));
    }

    #[test]
    fn the_topic_heard_longest_ago_is_dropped_first() {
        let mut recent = small();
        for topic in ["a", "b", "c"] {
            recent.keep(topic, b"1", false, 1.0, true);
        }
        recent.keep("a", b"2", false, 2.0, true);
        recent.keep("d", b"1", false, 3.0, true);
        assert!(recent.get("b").is_none());
        assert!(recent.get("a").is_some());
        assert_eq!(recent.dropped(), 1);
    }

    #[test]
    fn reports_in_parts_add_up_while_the_home_is_discovering() {
        let mut recent = Recent::new(Limits::default(), Vec::new());
        let mut heard = |payload: &[u8], discovering| {
            recent.keep("z/lamp", payload, false, 1.0, discovering);
            let last = recent.get("z/lamp").unwrap();
            String::from_utf8(last.payload.clone()).unwrap()
        };
        heard(br#"{"state":"ON","color":{"x":1,"y":2}}"#, true);
        let merged = heard(br#"{"color":{"x":3},"level":null}"#, true);
        assert_eq!(
            merged,
            r#"{"state":"ON","color":{"x":3,"y":2},"level":null}"#
        );
        assert_eq!(heard(b"{broken", true), "{broken");
        assert_eq!(heard(b"ON", true), "ON");
        heard(br#"{"a":1}"#, true);
        assert_eq!(heard(br#"{"b":1}"#, false), r#"{"b":1}"#);
    }

    #[test]
    fn a_flood_of_topics_stays_within_its_limits() {
        let mut recent = small();
        for number in 0..1000 {
            let topic = format!("flood/{number}");
            recent.keep(&topic, b"0123456789", false, 1.0, true);
            recent.keep(&topic, b"01234", false, 1.0, true);
            let (topics, bytes) = recent.size();
            assert!(topics <= 3 && bytes <= 30);
            assert_eq!(recent.order.len(), topics);
            let counted: usize = recent
                .topics
                .iter()
                .map(|(t, l)| t.len() + l.payload.len())
                .sum();
            assert_eq!(counted, bytes);
        }
    }
}
