//! Last known state of one entity: compare, keep, say what changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Value;
use crate::history::{Change, Entry, History};
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
    pub origin: &'a Arc<str>,
    /// The broker kept it for us: the time is that of the delivery, not that of the change.
    pub retained: bool,
}

impl<'a> Heard<'a> {
    /// A value that no device sent.
    pub fn by(origin: &'a Arc<str>, at_s: f64) -> Self {
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
    /// Whether it says something of the home; noise such as a link quality does not.
    pub tells: bool,
}

/// State and attributes of one entity, and whether it can be reached.
#[derive(Clone, Debug)]
pub struct EntityState {
    entity_id: Arc<str>,
    cells: Vec<Cell>,
    sources: Vec<(u16, Option<bool>)>,
    latest: Option<bool>,
    mode: AvailabilityMode,
    expire_after_s: Option<f64>,
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
            expire_after_s: None,
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
    pub fn hear(&mut self, heard: Heard<'_>) -> Option<Change> {
        let newer = heard.at_s > self.heard_at_s;
        self.heard_at_s = self.heard_at_s.max(heard.at_s);
        if !(self.expired && newer) {
            return None;
        }
        self.expired = false;
        self.combine(heard)
    }

    /// Sets `state` or an attribute; returns the change, if it is one, and whether it tells of the
    /// home.
    ///
    /// A change of noise does not count as one of the entity; whether an attribute is noise is
    /// asked once, when it is new. A first value that the broker had retained does not count
    /// either: when it came about is unknown.
    pub fn set(
        &mut self,
        name: &Arc<str>,
        value: Value,
        tells: impl FnOnce() -> bool,
        heard: Heard<'_>,
    ) -> Option<(Change, bool)> {
        let cell = self.cell_mut(name, tells)?;
        if same(&cell.value, &value) {
            return None;
        }
        let tells = cell.tells;
        let before = std::mem::replace(&mut cell.value, value);
        cell.history.push(Entry {
            after: cell.value.clone(),
            at_s: heard.at_s,
            origin: Arc::clone(heard.origin),
        });
        let after = cell.value.clone();
        if tells && !(heard.retained && before == Value::Null) {
            self.changed_at_s = self.changed_at_s.max(heard.at_s);
        }
        Some((self.change(name, before, after, heard), tells))
    }

    /// Asks again for every attribute whether it tells of the home.
    pub fn ask_again(&mut self, tells: impl Fn(&str) -> bool) {
        for cell in &mut self.cells {
            cell.tells = tells(&cell.name);
        }
    }

    /// Sets which availability sources there are, how they combine, and after how many seconds a
    /// value that is not renewed counts for nothing.
    pub fn expect(
        &mut self,
        mode: AvailabilityMode,
        sources: &BTreeSet<u16>,
        expire_after_s: Option<f64>,
        heard: Heard<'_>,
    ) -> Option<Change> {
        let renewed: Vec<_> = sources.iter().map(|it| (*it, self.said(*it))).collect();
        if renewed.iter().all(|(_, online)| online.is_none()) {
            self.latest = None;
        }
        self.sources = renewed;
        self.mode = mode;
        self.expire_after_s = expire_after_s;
        self.expired &= expire_after_s.is_some();
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
    pub fn source_says(&mut self, source: u16, online: bool, heard: Heard<'_>) -> Option<Change> {
        let (_, said) = self
            .sources
            .iter_mut()
            .find(|(number, _)| *number == source)?;
        *said = Some(online);
        self.latest = Some(online);
        self.combine(heard)
    }

    /// Returns when the values expire unless they are renewed; none when they do not.
    pub fn expires_at_s(&self) -> Option<f64> {
        let expires = !self.expired && self.heard_at_s != 0.0;
        let after_s = self.expire_after_s.filter(|_| expires)?;
        Some(self.heard_at_s + after_s)
    }

    /// Marks the values as expired when their time has come.
    pub fn expire(&mut self, now_s: f64) -> Option<Change> {
        if now_s < self.expires_at_s()? {
            return None;
        }
        self.expired = true;
        self.combine(Heard::by(&"expire".into(), now_s))
    }

    /// Returns what is worth keeping over a restart; `wanted` chooses the attributes.
    pub fn keep(&self, wanted: impl Fn(&Cell) -> bool) -> Kept {
        Kept {
            values: self
                .cells
                .iter()
                .filter(|cell| wanted(cell))
                .map(|cell| {
                    let at_s = cell.history.newest().map_or(0.0, |entry| entry.at_s);
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
        let origin = "restore".into();
        for (name, value, at_s) in kept.values {
            let heard = Heard {
                retained: true,
                ..Heard::by(&origin, at_s)
            };
            self.set(&name, value, || true, heard);
        }
        let heard = Heard::by(&origin, kept.heard_at_s);
        for (source, online) in kept.sources {
            self.source_says(source, online, heard);
        }
        self.latest = kept.latest;
        self.changed_at_s = self.changed_at_s.max(kept.changed_at_s);
        self.heard_at_s = self.heard_at_s.max(kept.heard_at_s);
        self.first_seen_s = kept.first_seen_s;
        self.combine(heard);
    }

    /// Returns the attribute's place; made when it is new.
    fn cell_mut(&mut self, name: &Arc<str>, tells: impl FnOnce() -> bool) -> Option<&mut Cell> {
        // The name nearly always is the very one of the binding that named it the last time.
        let known = (self.cells.iter()).position(|cell| Arc::ptr_eq(&cell.name, name));
        let index = known.unwrap_or_else(|| match self.find(name) {
            Ok(index) => {
                if let Some(cell) = self.cells.get_mut(index) {
                    cell.name = Arc::clone(name);
                }
                index
            }
            Err(index) => {
                let cell = Cell {
                    name: Arc::clone(name),
                    value: Value::Null,
                    history: History::default(),
                    tells: tells(),
                };
                self.cells.insert(index, cell);
                index
            }
        });
        self.cells.get_mut(index)
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

    fn combine(&mut self, heard: Heard<'_>) -> Option<Change> {
        let available = self.combined();
        if available == self.available {
            return None;
        }
        self.available = available;
        self.availability.push(Entry {
            after: Value::Bool(available),
            at_s: heard.at_s,
            origin: Arc::clone(heard.origin),
        });
        let (before, after) = (Value::Bool(!available), Value::Bool(available));
        Some(self.change(&AVAILABLE.into(), before, after, heard))
    }

    fn change(&self, name: &Arc<str>, before: Value, after: Value, heard: Heard<'_>) -> Change {
        Change {
            entity_id: Arc::clone(&self.entity_id),
            attribute: Arc::clone(name),
            before,
            after,
            at_s: heard.at_s,
            origin: Arc::clone(heard.origin),
        }
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

    /// Hears something at a time, on the lamp's topic.
    macro_rules! at {
        ($at_s:expr) => {
            Heard::by(&"home/lamp".into(), $at_s)
        };
    }

    fn lamp() -> EntityState {
        EntityState::new("light.lamp".into(), 1.0)
    }

    fn set(state: &mut EntityState, name: &str, value: Value, heard: Heard<'_>) -> Option<Change> {
        let changed = state.set(&name.into(), value, || true, heard);
        changed.map(|(change, _)| change)
    }

    #[test]
    fn a_change_tells_before_after_time_and_origin() {
        let mut state = lamp();
        set(&mut state, STATE, Value::text("off"), at!(2.0));
        let change = set(&mut state, STATE, Value::text("on"), at!(3.0)).unwrap();
        assert_eq!(change.before, Value::text("off"));
        assert_eq!(change.after, Value::text("on"));
        assert_eq!((change.at_s, &*change.origin), (3.0, "home/lamp"));
        assert_eq!(state.changed_at_s(), 3.0);
        assert!(set(&mut state, STATE, Value::text("on"), at!(4.0)).is_none());
        let history: Vec<_> = state.history(STATE).unwrap().newest_first().collect();
        let [(before, entry), (first, _)] = history[..] else {
            panic!("two changes: {history:?}")
        };
        assert_eq!((before, &entry.after), (&change.before, &change.after));
        assert_eq!(*first, Value::Null);
    }

    #[test]
    fn one_and_one_point_zero_are_the_same_number() {
        let mut state = lamp();
        set(&mut state, "level", Value::Int(1), at!(2.0));
        assert!(set(&mut state, "level", Value::Float(1.0), at!(3.0)).is_none());
        assert!(set(&mut state, "level", Value::Bool(true), at!(3.0)).is_some());
    }

    #[test]
    fn a_retained_first_value_does_not_pretend_to_have_changed_now() {
        let mut state = lamp();
        let topic = "home/lamp".into();
        let retained = Heard {
            retained: true,
            ..Heard::by(&topic, 9.0)
        };
        assert!(set(&mut state, STATE, Value::text("on"), retained).is_some());
        assert_eq!(state.changed_at_s(), 0.0);
        set(&mut state, STATE, Value::text("off"), retained);
        assert_eq!(state.changed_at_s(), 9.0);
    }

    #[test]
    fn noise_is_kept_and_does_not_count_as_a_change_of_the_home() {
        let mut state = lamp();
        let (change, tells) = state
            .set(&"rssi".into(), Value::Int(-70), || false, at!(2.0))
            .unwrap();
        assert_eq!((change.after, tells), (Value::Int(-70), false));
        assert_eq!(state.changed_at_s(), 0.0);
        state.ask_again(|_| true);
        set(&mut state, "rssi", Value::Int(-71), at!(3.0));
        assert_eq!(state.changed_at_s(), 3.0);
    }

    #[test]
    fn the_history_of_an_attribute_is_bounded() {
        let mut state = lamp();
        for number in 0..100 {
            set(&mut state, STATE, Value::Int(number), at!(2.0));
        }
        let history: Vec<_> = state.history(STATE).unwrap().newest_first().collect();
        assert_eq!(history.len(), crate::history::KEPT);
        assert_eq!(history[0].1.after, Value::Int(99));
        let (before, oldest) = history[crate::history::KEPT - 1];
        assert_eq!((before, &oldest.after), (&Value::Int(83), &Value::Int(84)));
    }

    #[test]
    fn availability_modes_combine_their_sources() {
        for (mode, after_one, after_both, after_loss) in [
            (AvailabilityMode::All, false, true, false),
            (AvailabilityMode::Any, true, true, true),
            (AvailabilityMode::Latest, true, true, false),
        ] {
            let mut state = lamp();
            state.expect(mode, &BTreeSet::from([0, 1]), None, at!(1.0));
            assert!(!state.available(), "unknown sources are offline");
            state.source_says(0, true, at!(2.0));
            assert_eq!(state.available(), after_one);
            state.source_says(1, true, at!(3.0));
            assert_eq!(state.available(), after_both);
            state.source_says(0, false, at!(4.0));
            assert_eq!(state.available(), after_loss, "{mode:?}");
            assert!(state.source_says(7, true, at!(5.0)).is_none());
        }
    }

    #[test]
    fn a_value_that_is_not_renewed_expires_and_comes_back() {
        let mut state = lamp();
        let mode = AvailabilityMode::Latest;
        state.expect(mode, &BTreeSet::new(), Some(60.0), at!(1.0));
        assert!(state.expire(1000.0).is_none(), "nothing heard yet");
        state.hear(at!(1000.0));
        assert!(state.expire(1059.0).is_none());
        let change = state.expire(1060.0).unwrap();
        assert_eq!(
            (&*change.origin, &change.after),
            ("expire", &Value::Bool(false))
        );
        assert!(state.expire(1061.0).is_none(), "reported once");
        assert!(state.hear(at!(1000.0)).is_none(), "heard before");
        assert_eq!(state.hear(at!(1070.0)).unwrap().after, Value::Bool(true));
    }
}
