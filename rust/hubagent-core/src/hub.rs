//! The whole context store: messages in, changes out, everything kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::binding::{BindingTable, EntityKey};
use crate::command::{CommandTable, Rendered};
use crate::habits::{Habit, Habits};
use crate::history::Change;
use crate::persist::gate::Gate;
use crate::persist::{Journal, Record};
use crate::recent::{Limits, Recent};
use crate::registry::{Area, DeviceFacts, EntityFacts, Floor};
use crate::store::{EntityState, Heard};
use crate::topic::TopicTrie;
use crate::value::Value;
use crate::view::Picture;

mod apply;
mod declaration;
mod home;
mod persistence;
mod report;

use apply::Applier;
pub use declaration::{Declaration, HubError};
use home::Home;
pub use report::{Counters, Event, Failure, Report};

/// So many messages after a declaration, reports in parts still add up for entities that are
/// announced later than their siblings; then keeping the last payload as it came is cheaper.
const DISCOVERING: u32 = 10_000;

/// One message from the wire.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Topic.
    pub topic: &'a str,
    /// Payload.
    pub payload: &'a [u8],
    /// Whether the broker had kept it for us.
    pub retained: bool,
    /// Wall clock, seconds since 1970.
    pub heard_at_s: f64,
}

/// The context store.
#[derive(Default)]
pub struct Hub {
    picture: Picture,
    bindings: BindingTable,
    commands: CommandTable,
    watches: TopicTrie,
    watch_names: Vec<Arc<str>>,
    recent: Recent,
    /// Messages since the last declaration, up to [`DISCOVERING`].
    since_declared: u32,
    /// Entities whose values expire, and a time before which none of them does.
    expiring: BTreeSet<EntityKey>,
    next_expiry_s: f64,
    gate: Gate,
    journal: Option<Journal>,
    utc_offset_s: i32,
    counters: Counters,
}

impl Hub {
    /// Makes a store that forgets everything at its end.
    ///
    /// Nothing is kept for later declarations of topics that begin with one of `excluded`.
    pub fn new(limits: Limits, excluded: Vec<Box<str>>) -> Self {
        Self {
            recent: Recent::new(limits, excluded),
            ..Self::default()
        }
    }

    /// Returns the home as it is now; costs three reference counts.
    pub fn picture(&self) -> Picture {
        self.picture.clone()
    }

    /// Returns what happened so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Returns how many changes were not worth a write.
    pub fn suppressed(&self) -> u64 {
        self.gate.suppressed()
    }

    /// Returns the payloads kept for later declarations.
    pub fn recent(&self) -> &Recent {
        &self.recent
    }

    // --- messages --------------------------------------------------------------------------------

    /// Reports messages on these topic filters in [`Report::watched`] from now on.
    ///
    /// # Errors
    ///
    /// When one of the filters is none; those before it are watched.
    pub fn watch(&mut self, name: &str, filters: &[String]) -> Result<(), HubError> {
        let known = self.watch_names.iter().position(|known| &**known == name);
        let index = known.unwrap_or_else(|| {
            self.watch_names.push(name.into());
            self.watch_names.len() - 1
        });
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        for filter in filters {
            self.watches.insert(filter, index)?;
        }
        Ok(())
    }

    /// Applies a batch of messages: match, extract, compare, keep. No payload can make it fail.
    pub fn ingest<'a>(&mut self, messages: impl IntoIterator<Item = Incoming<'a>>) -> Report {
        let mut report = Report::default();
        let mut now_s = 0.0_f64;
        let mut updates = Vec::new();
        for (index, message) in messages.into_iter().enumerate() {
            let Incoming {
                topic,
                payload,
                retained,
                heard_at_s,
            } = message;
            now_s = now_s.max(heard_at_s);
            report.messages += 1;
            let watched_before = report.watched.len();
            self.watches.matches(topic, |watch| {
                if let Some(name) = self.watch_names.get(watch as usize) {
                    report.watched.push((Arc::clone(name), index));
                }
            });
            let home = Home::new(&self.picture, heard_at_s, self.utc_offset_s);
            let extracted = self.bindings.extract(topic, payload, &home, &mut updates);
            let discovering = self.since_declared < DISCOVERING;
            self.since_declared += u32::from(discovering);
            let kept = self
                .recent
                .keep(topic, payload, retained, heard_at_s, discovering);
            let mut refused = 0;
            if !updates.is_empty() {
                let origin = kept.unwrap_or_else(|| topic.into());
                let heard = Heard {
                    retained,
                    ..Heard::by(&origin, heard_at_s)
                };
                let mut applier = Applier {
                    picture: &mut self.picture,
                    gate: self.journal.is_some().then_some(&mut self.gate),
                    next_expiry_s: &mut self.next_expiry_s,
                    report: &mut report,
                };
                for update in updates.drain(..) {
                    refused += u32::from(applier.apply(update, heard).is_err());
                }
            }
            report.matched += u64::from(extracted.matched > 0);
            if extracted.failed + refused > 0 {
                report.fail(topic, payload);
                self.counters.fail(topic);
            } else if extracted.matched == 0 && report.watched.len() == watched_before {
                report.unclaimed += 1;
            }
        }
        self.counters.add(&report);
        if now_s > 0.0 {
            report.changes.extend(self.advance(now_s));
        }
        report
    }

    /// Takes a command as the new state of entities that never report.
    ///
    /// # Errors
    ///
    /// When the entity is unknown.
    pub fn assume(
        &mut self,
        entity_id: &str,
        values: Vec<(Arc<str>, Value)>,
        now_s: f64,
    ) -> Result<Vec<Change>, HubError> {
        let key = self.key(entity_id)?;
        let mut report = Report::default();
        let mut applier = Applier {
            picture: &mut self.picture,
            gate: self.journal.is_some().then_some(&mut self.gate),
            next_expiry_s: &mut self.next_expiry_s,
            report: &mut report,
        };
        let origin = "command".into();
        for (name, value) in values {
            applier.set(key, &name, value, Heard::by(&origin, now_s));
        }
        self.counters.add(&report);
        Ok(report.changes)
    }

    /// Says whether a command is to be taken as the new state.
    ///
    /// # Errors
    ///
    /// When the entity is unknown.
    pub fn is_optimistic(&self, entity_id: &str, command: &str) -> Result<bool, HubError> {
        let key = self.key(entity_id)?;
        Ok(self.commands.is_optimistic(key, command))
    }

    /// Puts a command on paper.
    ///
    /// # Errors
    ///
    /// When the entity is unknown, or cannot do that.
    pub fn render(
        &self,
        entity_id: &str,
        command: &str,
        data: &[(String, Value)],
        now_s: f64,
    ) -> Result<Vec<Rendered>, HubError> {
        let home = Home::new(&self.picture, now_s, self.utc_offset_s);
        let key = self.key(entity_id)?;
        let rendered = self.commands.render(key, command, data, &home);
        rendered.map_err(|reason| HubError::Command {
            entity_id: entity_id.into(),
            command: command.into(),
            reason,
        })
    }

    // --- the owner's word ------------------------------------------------------------------------

    /// Adds or replaces a floor.
    pub fn set_floor(&mut self, floor: Floor, now_s: f64) {
        self.remember(&Record::Floor(floor.clone()), now_s);
        self.registry().set_floor(floor);
    }

    /// Adds or replaces an area.
    pub fn set_area(&mut self, area: Area, now_s: f64) {
        self.remember(&Record::Area(area.clone()), now_s);
        self.registry().set_area(area);
    }

    /// Forgets a floor; its areas stay. Says whether it was known.
    pub fn remove_floor(&mut self, floor_id: &str, now_s: f64) -> bool {
        self.remember(&Record::NoFloor(floor_id.into()), now_s);
        self.registry().remove_floor(floor_id)
    }

    /// Forgets an area and the owner's placing of things in it. Says whether it was known.
    pub fn remove_area(&mut self, area_id: &str, now_s: f64) -> bool {
        self.remember(&Record::NoArea(area_id.into()), now_s);
        self.registry().remove_area(area_id)
    }

    /// Sets what the owner says of an entity; what is none stays as it was.
    ///
    /// # Errors
    ///
    /// When the entity is unknown.
    pub fn set_entity_facts(
        &mut self,
        entity_id: &str,
        facts: EntityFacts,
        now_s: f64,
    ) -> Result<(), HubError> {
        self.key(entity_id)?;
        let facts = facts.over(&self.picture.registry.facts_of_entity(entity_id));
        self.remember(&Record::EntityFacts(entity_id.into(), facts.clone()), now_s);
        self.registry().set_entity_facts(entity_id, facts);
        Ok(())
    }

    /// Sets what the owner says of a device; what is none stays as it was.
    ///
    /// # Errors
    ///
    /// When the device is unknown.
    pub fn set_device_facts(
        &mut self,
        device_id: &str,
        facts: DeviceFacts,
        now_s: f64,
    ) -> Result<(), HubError> {
        if self.picture.registry.device(device_id).is_none() {
            return Err(HubError::UnknownDevice(device_id.into()));
        }
        let facts = facts.over(&self.picture.registry.facts_of_device(device_id));
        self.remember(&Record::DeviceFacts(device_id.into(), facts.clone()), now_s);
        self.registry().set_device_facts(device_id, facts);
        Ok(())
    }

    /// Forgets all the owner said of an entity: it is as it announces itself.
    pub fn clear_entity_facts(&mut self, entity_id: &str, now_s: f64) {
        let facts = EntityFacts::default();
        self.remember(&Record::EntityFacts(entity_id.into(), facts.clone()), now_s);
        self.registry().set_entity_facts(entity_id, facts);
    }

    // --- habits ----------------------------------------------------------------------------------

    /// Counts something done, by word or by hand.
    pub fn note(&mut self, entity_id: &str, what: &str, at_s: f64, utc_offset_s: i32) {
        let habit = self.habits().note(entity_id, what, at_s, utc_offset_s);
        self.remember(&Record::Habit(habit), at_s);
    }

    /// Takes a habit that was counted elsewhere; says whether it is sound.
    pub fn set_habit(&mut self, habit: Habit, now_s: f64) -> bool {
        let sound = self.habits().put(habit.clone());
        if sound {
            self.remember(&Record::Habit(habit), now_s);
        }
        sound
    }

    /// Forgets the habits of an entity, or all of them.
    pub fn forget_habits(&mut self, entity_id: Option<&str>, now_s: f64) {
        self.habits().forget(entity_id);
        self.remember(&Record::NoHabits(entity_id.map(Into::into)), now_s);
    }

    fn habits(&mut self) -> &mut Habits {
        Arc::make_mut(&mut self.picture.habits)
    }

    // --- time ------------------------------------------------------------------------------------

    /// Lets time pass: values expire, records are written.
    pub fn tick(&mut self, now_s: f64, utc_offset_s: i32) -> Vec<Change> {
        self.utc_offset_s = utc_offset_s;
        self.advance(now_s)
    }

    fn advance(&mut self, now_s: f64) -> Vec<Change> {
        let changes = self.expire(now_s);
        if self
            .journal
            .as_ref()
            .is_some_and(|journal| journal.write_is_due(now_s))
        {
            self.write(now_s);
        }
        changes
    }

    fn expire(&mut self, now_s: f64) -> Vec<Change> {
        let mut changes = Vec::new();
        if now_s < self.next_expiry_s {
            return changes;
        }
        self.next_expiry_s = f64::INFINITY;
        for key in &self.expiring {
            let states = &mut self.picture.states;
            match states.get(*key).and_then(EntityState::expires_at_s) {
                Some(at_s) if now_s < at_s => self.next_expiry_s = self.next_expiry_s.min(at_s),
                Some(_) => {
                    let state = states.get_mut(*key);
                    changes.extend(state.and_then(|state| state.expire(now_s)));
                }
                None => {}
            }
        }
        self.counters.changes += changes.len() as u64;
        changes
    }
}
