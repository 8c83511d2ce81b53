//! Last known state of one entity: compare, keep, say what changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Value;
use crate::history::{Change, History};
use crate::registry::AvailabilityMode;

/// Name under which availability is reported and remembered.
pub const AVAILABLE: &str = "available";

/// Name of an entity's main value.
pub const STATE: &str = "state";

/// When and whence a value came.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Wall clock, seconds since 1970.
    pub at_s: f64,
    /// Topic, or one of the words of [`Change::origin`].
    pub origin: &'a str,
    /// The broker kept it for us: the time is that of the delivery, not that of the change.
    pub retained: bool,
}

impl<'a> Heard<'a> {
    /// A value that no device sent.
    pub fn by(origin: &'a str, at_s: f64) -> Self {
        Self {
            at_s,
            origin,
            retained: false,
        }
    }
}

/// What of an [`EntityState`] outlives a restart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Name, value and time of the last change of `state` and attributes.
    pub values: Vec<(Arc<str>, Value, f64)>,
    /// What each availability source said.
    pub sources: Vec<(u16, bool)>,
    /// What the last of them said.
    pub latest: Option<bool>,
    /// See [`EntityState::changed_at_s`].
    pub changed_at_s: f64,
    /// See [`EntityState::heard_at_s`].
    pub heard_at_s: f64,
    /// See [`EntityState::first_seen_s`].
    pub first_seen_s: f64,
}

/// One attribute: its value and how it came about.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Attribute name.
    pub name: Arc<str>,
    /// Last value.
    pub value: Value,
    /// Its changes.
    pub history: History,
}

/// State and attributes of one entity, and whether it can be reached.
#[derive(Clone, Debug)]
pub struct EntityState {
    entity_id: Arc<str>,
    cells: Vec<Cell>,
    sources: Vec<(u16, Option<bool>)>,
    latest: Option<bool>,
    mode: AvailabilityMode,
    expired: bool,
    available: bool,
    availability: History,
    changed_at_s: f64,
    heard_at_s: f64,
    first_seen_s: f64,
}

impl EntityState {
    /// Makes the state of an entity of which nothing was heard yet.
    pub fn new(entity_id: Arc<str>, first_seen_s: f64) -> Self {
        Self {
            entity_id,
            cells: Vec::new(),
            sources: Vec::new(),
            latest: None,
            mode: AvailabilityMode::Latest,
            expired: false,
            available: true,
            availability: History::default(),
            changed_at_s: 0.0,
            heard_at_s: 0.0,
            first_seen_s,
        }
    }

    /// Returns whose state it is.
    pub fn entity_id(&self) -> &Arc<str> {
        &self.entity_id
    }

    /// Returns the main value; null before anything was heard.
    pub fn state(&self) -> &Value {
        self.get(STATE).unwrap_or(&Value::Null)
    }

    /// Returns the value of `state` or of an attribute.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.cell(name).map(|cell| &cell.value)
    }

    /// Returns state and attributes, by name.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Returns `state` or an attribute with its history.
    pub fn cell(&self, name: &str) -> Option<&Cell> {
        self.find(name).ok().and_then(|index| self.cells.get(index))
    }

    /// Returns the changes of an attribute, of `state` or of `available`.
    pub fn history(&self, name: &str) -> Option<&History> {
        if name == AVAILABLE {
            return Some(&self.availability);
        }
        self.cell(name).map(|cell| &cell.history)
    }

    /// Returns whether the entity can be reached, as far as its sources say.
    pub fn available(&self) -> bool {
        self.available
    }

    /// Returns when the state, or an attribute that tells of the home, last changed; 0 for never.
    pub fn changed_at_s(&self) -> f64 {
        self.changed_at_s
    }

    /// Returns when a value or event was last heard; 0 for never.
    pub fn heard_at_s(&self) -> f64 {
        self.heard_at_s
    }

    /// Returns when the entity was first announced.
    pub fn first_seen_s(&self) -> f64 {
        self.first_seen_s
    }

    /// Returns whether neither a value nor an availability was ever heard.
    pub fn is_silent(&self) -> bool {
        self.heard_at_s == 0.0 && self.latest.is_none()
    }

    /// Takes note that a message came, whatever it changed.
    ///
    /// Returns the change if that ended an expiry; an old message heard again does not.
    pub fn hear(&mut self, heard: Heard<'_>) -> Option<Arc<Change>> {
        let newer = heard.at_s > self.heard_at_s;
        self.heard_at_s = self.heard_at_s.max(heard.at_s);
        if !(self.expired && newer) {
            return None;
        }
        self.expired = false;
        self.combine(heard)
    }

    /// Sets `state` or an attribute; returns the change, if it is one.
    ///
    /// `tells` says whether the attribute tells of the home; a change of noise such as a link
    /// quality does not count as one of the entity. A first value that the broker had retained does not count either: when it came
    /// about is unknown.
    pub fn set(
        &mut self,
        name: &str,
        value: Value,
        tells: impl FnOnce() -> bool,
        heard: Heard<'_>,
    ) -> Option<Arc<Change>> {
        let index = match self.find(name) {
            Ok(index) => index,
            Err(index) => {
                let cell = Cell {
                    name: name.into(),
                    value: Value::Null,
                    history: History::default(),
                };
                self.cells.insert(index, cell);
                index
            }
        };
        let cell = self.cells.get_mut(index)?;
        if same(&cell.value, &value) {
            return None;
        }
        let before = std::mem::replace(&mut cell.value, value);
        if !(heard.retained && before == Value::Null) && tells() {
            self.changed_at_s = self.changed_at_s.max(heard.at_s);
        }
        let change = Arc::new(Change {
            entity_id: Arc::clone(&self.entity_id),
            attribute: Arc::clone(&cell.name),
            before,
            after: cell.value.clone(),
            at_s: heard.at_s,
            origin: cell.history.origin(heard.origin),
        });
        cell.history.push(Arc::clone(&change));
        Some(change)
    }

    /// Sets which availability sources there are and how they combine.
    pub fn expect(
        &mut self,
        mode: AvailabilityMode,
        sources: &BTreeSet<u16>,
        heard: Heard<'_>,
    ) -> Option<Arc<Change>> {
        let renewed: Vec<_> = sources.iter().map(|it| (*it, self.said(*it))).collect();
        if renewed.iter().all(|(_, online)| online.is_none()) {
            self.latest = None;
        }
        self.sources = renewed;
        self.mode = mode;
        if self.is_silent() {
            // Nothing was known of it, so this is its first standing and not a change.
            self.available = self.combined();
            return None;
        }
        self.combine(heard)
    }

    /// Returns what an availability source said last.
    pub fn said(&self, source: u16) -> Option<bool> {
        let mut sources = self.sources.iter();
        let (_, online) = sources.find(|(number, _)| *number == source)?;
        *online
    }

    /// Takes the word of one availability source; returns the change, if it is one.
    pub fn source_says(
        &mut self,
        source: u16,
        online: bool,
        heard: Heard<'_>,
    ) -> Option<Arc<Change>> {
        let (_, said) = self
            .sources
            .iter_mut()
            .find(|(number, _)| *number == source)?;
        *said = Some(online);
        self.latest = Some(online);
        self.combine(heard)
    }

    /// Marks the state as out of date when nothing was heard for `after_s` seconds.
    pub fn expire(&mut self, after_s: f64, now_s: f64) -> Option<Arc<Change>> {
        if self.expired || self.heard_at_s == 0.0 || now_s - self.heard_at_s < after_s {
            return None;
        }
        self.expired = true;
        self.combine(Heard::by("expire", now_s))
    }

    /// Returns what is worth keeping over a restart; `wanted` chooses the attributes.
    pub fn keep(&self, wanted: impl Fn(&Cell) -> bool) -> Kept {
        Kept {
            values: self
                .cells
                .iter()
                .filter(|cell| wanted(cell))
                .map(|cell| {
                    let at_s = cell.history.newest().map_or(0.0, |change| change.at_s);
                    (Arc::clone(&cell.name), cell.value.clone(), at_s)
                })
                .collect(),
            sources: (self.sources.iter())
                .filter_map(|(source, online)| Some((*source, (*online)?)))
                .collect(),
            latest: self.latest,
            changed_at_s: self.changed_at_s,
            heard_at_s: self.heard_at_s,
            first_seen_s: self.first_seen_s,
        }
    }

    /// Brings back what was kept; live values come over it.
    pub fn restore(&mut self, kept: Kept) {
        for (name, value, at_s) in kept.values {
            self.set(&name, value, || false, Heard::by("restore", at_s));
        }
        for (source, online) in kept.sources {
            self.source_says(source, online, Heard::by("restore", kept.heard_at_s));
        }
        self.latest = kept.latest;
        self.changed_at_s = self.changed_at_s.max(kept.changed_at_s);
        self.heard_at_s = self.heard_at_s.max(kept.heard_at_s);
        self.first_seen_s = kept.first_seen_s;
        self.combine(Heard::by("restore", kept.heard_at_s));
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.cells.binary_search_by(|cell| (*cell.name).cmp(name))
    }

    /// The standing as the sources have it. A source that said nothing yet counts as offline.
    fn combined(&self) -> bool {
        let mut sources = self.sources.iter().map(|(_, online)| *online == Some(true));
        let reachable = self.sources.is_empty()
            || match self.mode {
                AvailabilityMode::Latest => self.latest == Some(true),
                AvailabilityMode::All => sources.all(|online| online),
                AvailabilityMode::Any => sources.any(|online| online),
            };
        reachable && !self.expired
    }

    fn combine(&mut self, heard: Heard<'_>) -> Option<Arc<Change>> {
        let available = self.combined();
        if available == self.available {
            return None;
        }
        self.available = available;
        let change = Arc::new(Change {
            entity_id: Arc::clone(&self.entity_id),
            attribute: AVAILABLE.into(),
            before: Value::Bool(!available),
            after: Value::Bool(available),
            at_s: heard.at_s,
            origin: self.availability.origin(heard.origin),
        });
        self.availability.push(Arc::clone(&change));
        Some(change)
    }
}

/// Equal, where 1 and 1.0 are one number.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(_), Value::Float(_)) | (Value::Float(_), Value::Int(_)) => {
            left.as_f64() == right.as_f64()
        }
        _ => left == right,
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "times are kept as they were given")]
mod tests {
    use super::*;

    fn at(at_s: f64) -> Heard<'static> {
        Heard {
            at_s,
            origin: "home/lamp",
            retained: false,
        }
    }

    fn lamp() -> EntityState {
        EntityState::new("light.lamp".into(), 1.0)
    }

    #[test]
    fn a_change_tells_before_after_time_and_origin() {
        let mut state = lamp();
        state.set(STATE, Value::text("off"), || true, at(2.0));
        let change = state
            .set(STATE, Value::text("on"), || true, at(3.0))
            .unwrap();
        assert_eq!(change.before, Value::text("off"));
        assert_eq!(change.after, Value::text("on"));
        assert_eq!((change.at_s, &*change.origin), (3.0, "home/lamp"));
        assert_eq!(state.changed_at_s(), 3.0);
        assert!(
            state
                .set(STATE, Value::text("on"), || true, at(4.0))
                .is_none()
        );
        assert_eq!(state.history(STATE).unwrap().newest_first().count(), 2);
    }

    #[test]
    fn one_and_one_point_zero_are_the_same_number() {
        let mut state = lamp();
        state.set("level", Value::Int(1), || true, at(2.0));
        assert!(
            state
                .set("level", Value::Float(1.0), || true, at(3.0))
                .is_none()
        );
        assert!(
            state
                .set("level", Value::Bool(true), || true, at(3.0))
                .is_some()
        );
    }

    #[test]
    fn a_retained_first_value_does_not_pretend_to_have_changed_now() {
        let mut state = lamp();
        let retained = Heard {
            retained: true,
            ..at(9.0)
        };
        assert!(
            state
                .set(STATE, Value::text("on"), || true, retained)
                .is_some()
        );
        assert_eq!(state.changed_at_s(), 0.0);
        state.set(STATE, Value::text("off"), || true, retained);
        assert_eq!(state.changed_at_s(), 9.0);
    }

    #[test]
    fn the_history_of_an_attribute_is_bounded() {
        let mut state = lamp();
        for number in 0..100 {
            state.set(STATE, Value::Int(number), || true, at(2.0));
        }
        let history = state.history(STATE).unwrap();
        assert_eq!(history.newest_first().count(), crate::history::KEPT);
        assert_eq!(history.newest().unwrap().after, Value::Int(99));
    }

    #[test]
    fn availability_modes_combine_their_sources() {
        for (mode, after_one, after_both, after_loss) in [
            (AvailabilityMode::All, false, true, false),
            (AvailabilityMode::Any, true, true, true),
            (AvailabilityMode::Latest, true, true, false),
        ] {
            let mut state = lamp();
            state.expect(mode, &BTreeSet::from([0, 1]), at(1.0));
            assert!(!state.available(), "unknown sources are offline");
            state.source_says(0, true, at(2.0));
            assert_eq!(state.available(), after_one);
            state.source_says(1, true, at(3.0));
            assert_eq!(state.available(), after_both);
            state.source_says(0, false, at(4.0));
            assert_eq!(state.available(), after_loss, "{mode:?}");
            assert!(state.source_says(7, true, at(5.0)).is_none());
        }
    }

    #[test]
    fn a_value_that_is_not_renewed_expires_and_comes_back() {
        let mut state = lamp();
        assert!(state.expire(60.0, 1000.0).is_none(), "nothing heard yet");
        state.hear(at(1000.0));
        assert!(state.expire(60.0, 1059.0).is_none());
        let change = state.expire(60.0, 1060.0).unwrap();
        assert_eq!(
            (&*change.origin, &change.after),
            ("expire", &Value::Bool(false))
        );
        assert!(state.expire(60.0, 1061.0).is_none(), "reported once");
        assert_eq!(state.hear(at(1070.0)).unwrap().after, Value::Bool(true));
    }
}
