//! The home at one instant: what a turn reads while messages keep arriving.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::Value;
use crate::habits::Habits;
use crate::history::Change;
use crate::hub::{Declaration, HubError};
use crate::persist::{Record, StateRecord, gate};
use crate::registry::{Entity, Registered, Registry};
use crate::slots::Slots;
use crate::store::EntityState;
use crate::text::{normalise, similarity};

/// Likeness from which on an id is offered in place of an unknown one.
const NEAR: f64 = 0.6;

/// Registry, state and habits of one instant; taking one costs three reference counts.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// What there is.
    pub registry: Arc<Registry>,
    /// What it is like, by entity key.
    pub states: Slots<EntityState>,
    /// What is usually done in it.
    pub habits: Arc<Habits>,
}

/// Conditions on entities; those that are none are met by all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Stands in this area.
    pub area_id: Option<Box<str>>,
    /// Stands in an area of this floor.
    pub floor_id: Option<Box<str>>,
    /// Is of this domain.
    pub domain: Option<Box<str>>,
    /// Is of this device class.
    pub device_class: Option<Box<str>>,
    /// Has this name or alias, spelled alike after normalisation.
    pub name: Option<Box<str>>,
    /// Its state reads so.
    pub state: Option<Box<str>>,
    /// Changed at this time or later.
    pub changed_since_s: Option<f64>,
}

impl Picture {
    /// Returns an entity and its state.
    pub fn find(&self, entity_id: &str) -> Option<(&Registered, &EntityState)> {
        let key = self.registry.key(entity_id)?;
        Some((self.registry.get(key)?, self.states.get(key)?))
    }

    /// Makes the error for an entity id that is not known, naming the one spelled most like it.
    pub fn unknown(&self, entity_id: &str) -> HubError {
        HubError::UnknownEntity {
            entity_id: entity_id.into(),
            nearest: self.nearest(entity_id).map(Into::into),
        }
    }

    fn nearest(&self, entity_id: &str) -> Option<&str> {
        let ids = self
            .registry
            .entities()
            .map(|(_, it)| &*it.entity.entity_id);
        let likeness = ids.map(|id| (similarity(id, entity_id), id));
        let (likeness, nearest) = likeness.max_by(|(left, _), (right, _)| left.total_cmp(right))?;
        (likeness >= NEAR).then_some(nearest)
    }

    /// Returns every entity with its state, by id.
    pub fn entities(&self) -> impl Iterator<Item = (&Registered, &EntityState)> {
        (self.registry.entities())
            .filter_map(|(key, registered)| Some((registered, self.states.get(key)?)))
    }

    /// Returns the entities that meet every condition, most recently changed first.
    ///
    /// Cost: one pass over the entities.
    pub fn query(&self, query: &Query) -> Vec<&Entity> {
        let name = query.name.as_deref().map(normalise);
        let areas: Option<BTreeSet<&str>> = query.floor_id.as_deref().map(|floor| {
            let on_floor = self
                .registry
                .areas()
                .filter(|area| area.floor_id.as_deref() == Some(floor));
            on_floor.map(|area| &*area.area_id).collect()
        });
        let is =
            |wanted: &Option<Box<str>>, text: &str| wanted.as_deref().is_none_or(|it| it == text);
        let mut found: Vec<(&Entity, &EntityState)> = self
            .entities()
            .map(|(registered, state)| (&registered.entity, state))
            .filter(|(entity, state)| {
                is(&query.domain, &entity.domain)
                    && is(&query.device_class, &entity.device_class)
                    && query
                        .changed_since_s
                        .is_none_or(|since_s| state.changed_at_s() >= since_s)
                    && query
                        .state
                        .as_deref()
                        .is_none_or(|wanted| reads(state.state(), wanted))
                    && name
                        .as_deref()
                        .is_none_or(|wanted| is_called(entity, wanted))
            })
            .filter(|(entity, _)| {
                let area = self.registry.area_of(entity);
                (query.area_id.is_none() || query.area_id.as_deref() == area)
                    && (areas.as_ref())
                        .is_none_or(|areas| area.is_some_and(|it| areas.contains(it)))
            })
            .collect();
        found.sort_by(|(_, left), (_, right)| right.changed_at_s().total_cmp(&left.changed_at_s()));
        found.into_iter().map(|(entity, _)| entity).collect()
    }

    /// Returns the last changes of `state`, `available` or an attribute, newest first.
    pub fn history(&self, entity_id: &str, name: &str, limit: usize) -> Option<Vec<Change>> {
        let (_, state) = self.find(entity_id)?;
        let attribute: Arc<str> = name.into();
        let changes = state.history(name).map(|history| {
            let newest = history.newest_first().take(limit);
            newest.map(|(before, entry)| Change {
                entity_id: Arc::clone(state.entity_id()),
                attribute: Arc::clone(&attribute),
                before: before.clone(),
                after: entry.after.clone(),
                at_s: entry.at_s,
                origin: Arc::clone(&entry.origin),
            })
        });
        Some(changes.into_iter().flatten().collect())
    }

    /// Returns the entities of which nothing was heard for `quiet_s`, longest silence first.
    ///
    /// Entities of which nothing was ever heard are no part of it; see [`Picture::ghosts`].
    pub fn stale(&self, now_s: f64, quiet_s: f64) -> Vec<(&Entity, f64)> {
        let mut quiet: Vec<_> = self
            .entities()
            .filter(|(_, state)| state.heard_at_s() > 0.0 && now_s - state.heard_at_s() >= quiet_s)
            .map(|(registered, state)| (&registered.entity, state.heard_at_s()))
            .collect();
        quiet.sort_by(|(_, left), (_, right)| left.total_cmp(right));
        quiet
    }

    /// Returns the entities that were announced at least `age_s` ago and that gave no sign of life
    /// since: no value and no availability. Oldest first, with the time they were first seen.
    ///
    /// Entities without anything to hear, such as scenes, are none.
    pub fn ghosts(&self, now_s: f64, age_s: f64) -> Vec<(&Entity, f64)> {
        let mut ghosts: Vec<_> = self
            .entities()
            .filter(|(registered, state)| {
                registered.is_heard() && state.is_silent() && now_s - state.first_seen_s() >= age_s
            })
            .map(|(registered, state)| (&registered.entity, state.first_seen_s()))
            .collect();
        ghosts.sort_by(|(_, left), (_, right)| left.total_cmp(right));
        ghosts
    }

    /// Returns everything as records, in an order in which they can be read back.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        let registry = &self.registry;
        let floors = registry.floors().cloned().map(Record::Floor);
        let areas = registry.areas().cloned().map(Record::Area);
        let entity_facts = (registry.entity_facts())
            .map(|(id, facts)| Record::EntityFacts(id.into(), facts.clone()));
        let device_facts = (registry.device_facts())
            .map(|(id, facts)| Record::DeviceFacts(id.into(), facts.clone()));
        let identities = (registry.identities()).map(|(domain, unique_id, id)| {
            Record::Identity(domain.into(), unique_id.into(), Arc::clone(id))
        });
        let devices = registry.announced_devices().cloned().map(Record::Device);
        let entities = self.entities().flat_map(|(registered, state)| {
            let kept = state.keep(|cell| gate::tells(&registered.entity, &cell.name));
            let declared = Declaration {
                entity: registered.announced.clone(),
                device: None,
                specs: Arc::clone(&registered.specs),
                suggested_area: None,
            };
            let entity_id = Arc::clone(&registered.entity.entity_id);
            let declared = Record::Declare(Box::new(declared), state.first_seen_s());
            [declared, Record::State(StateRecord { entity_id, kept })]
        });
        let habits = self.habits.iter().cloned().map(Record::Habit);
        floors
            .chain(areas)
            .chain(entity_facts)
            .chain(device_facts)
            .chain(identities)
            .chain(devices)
            .chain(entities)
            .chain(habits)
    }
}

fn reads(state: &Value, wanted: &str) -> bool {
    state
        .as_str()
        .map_or_else(|| state.to_string() == wanted, |text| text == wanted)
}

fn is_called(entity: &Entity, wanted: &str) -> bool {
    let is = |name: &str| normalise(name) == wanted;
    is(&entity.name) || entity.aliases.iter().any(|alias| is(alias))
}
