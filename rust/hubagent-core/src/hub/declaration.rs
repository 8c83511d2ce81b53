//! What is declared: an entity with its device, bindings and commands.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Applier, Home, Hub, Report};
use crate::binding::{BindingError, EntityKey, Target};
use crate::command::{CommandError, SpecError};
use crate::history::Change;
use crate::persist::{Record, gate};
use crate::registry::{Device, Entity, Registry, Specs};
use crate::store::{EntityState, Heard};
use crate::topic::{TopicError, TopicTrie};

/// Everything one discovery message says about one entity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Declaration {
    /// The entity.
    pub entity: Entity,
    /// Its device, unless it has none or that is declared already.
    pub device: Option<Device>,
    /// Where it is heard and how it is commanded.
    pub specs: Arc<Specs>,
    /// Name of the area it suggests for itself.
    pub suggested_area: Option<Box<str>>,
}

/// Why something asked of the hub is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// No entity of that id.
    #[error("unknown entity `{entity_id}`")]
    UnknownEntity {
        /// The id.
        entity_id: Box<str>,
        /// The known id most like it.
        nearest: Option<Box<str>>,
    },
    /// No device of that id.
    #[error("unknown device `{0}`")]
    UnknownDevice(Box<str>),
    /// A binding that cannot be used.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// A command that cannot be used.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A command that cannot be sent.
    #[error("`{entity_id}`: {reason}")]
    Command {
        /// Whose command.
        entity_id: Box<str>,
        /// Which command.
        command: Box<str>,
        /// Why.
        reason: CommandError,
    },
    /// A topic filter that is none.
    #[error(transparent)]
    Topic(#[from] TopicError),
}

impl Hub {
    /// Adds or replaces an entity with its device, bindings and commands, and applies what was
    /// heard on its topics before.
    ///
    /// # Errors
    ///
    /// When a binding or command does not compile; what was declared before still holds then.
    pub fn declare(
        &mut self,
        mut declaration: Declaration,
        now_s: f64,
    ) -> Result<Vec<Change>, HubError> {
        let suggested = declaration.suggested_area.take();
        let area = suggested.and_then(|name| self.picture.registry.area_named(&name));
        let suggested = area.as_ref().map(|area| area.area_id.clone());
        if let Some(device) = &mut declaration.device {
            // Not every entity of a device repeats where it stands.
            let known = self.picture.registry.announced_device(&device.device_id);
            let known = known.and_then(|known| known.area_id.clone());
            device.area_id = device.area_id.take().or(suggested).or(known);
        } else {
            let entity = &mut declaration.entity;
            entity.area_id = entity.area_id.take().or(suggested);
        }
        if self.is_declared(&declaration) {
            return Ok(Vec::new());
        }
        let (key, change) = self.install(&declaration, now_s)?;
        self.since_declared = 0;
        if let Some(area) = area.filter(|it| self.picture.registry.area(&it.area_id).is_none()) {
            self.set_area(area, now_s);
        }
        self.remember(&Record::Declare(Box::new(declaration), now_s), now_s);
        self.counters.changes += u64::from(change.is_some());
        let mut changes: Vec<_> = change.into_iter().collect();
        changes.extend(self.catch_up(key));
        Ok(changes)
    }

    /// Forgets an entity with its bindings, commands and history; says whether it was known.
    pub fn remove(&mut self, entity_id: &str, now_s: f64) -> bool {
        let known = self.uninstall(entity_id);
        if known {
            self.remember(&Record::Remove(entity_id.into()), now_s);
        }
        known
    }

    pub(super) fn registry(&mut self) -> &mut Registry {
        Arc::make_mut(&mut self.picture.registry)
    }

    pub(super) fn key(&self, entity_id: &str) -> Result<EntityKey, HubError> {
        let key = self.picture.registry.key(entity_id);
        key.ok_or_else(|| self.picture.unknown(entity_id))
    }

    /// Devices announce themselves again at every reconnection, mostly word for word.
    fn is_declared(&self, declaration: &Declaration) -> bool {
        let registry = &self.picture.registry;
        let known = registry.key(&declaration.entity.entity_id);
        known
            .and_then(|key| registry.get(key))
            .is_some_and(|known| {
                known.announced == declaration.entity
                    && known.specs == declaration.specs
                    && declaration.device.as_ref().is_none_or(|device| {
                        registry.announced_device(&device.device_id) == Some(device)
                    })
            })
    }

    /// Registers and binds; the one way in for what is declared now and what was recovered.
    pub(super) fn install(
        &mut self,
        declaration: &Declaration,
        now_s: f64,
    ) -> Result<(EntityKey, Option<Change>), HubError> {
        let Declaration {
            entity,
            device,
            specs,
            ..
        } = declaration;
        let before = self.picture.registry.key(&entity.entity_id);
        let key = self.picture.registry.key_for(&entity.entity_id);
        self.bindings.replace(key, specs.bindings.clone())?;
        if let Err(error) = self.commands.replace(key, specs.commands.clone()) {
            let known = before.and_then(|key| self.picture.registry.get(key));
            let bindings = known
                .map(|it| it.specs.bindings.clone())
                .unwrap_or_default();
            self.bindings.replace(key, bindings)?;
            return Err(error.into());
        }
        let registry = self.registry();
        if let Some(device) = device {
            registry.set_device(device.clone());
        }
        registry.set_entity(entity.clone(), Arc::clone(specs));
        if before.is_none() {
            let state = EntityState::new(Arc::clone(&entity.entity_id), now_s);
            self.picture.states.insert(key, state);
        }
        if entity.expire_after_s.is_some() {
            self.expiring.insert(key);
            self.next_expiry_s = 0.0;
        } else {
            self.expiring.remove(&key);
        }
        let sources: BTreeSet<u16> = (specs.bindings.iter())
            .filter_map(|binding| match binding.target {
                Target::Availability(source) => Some(source),
                _ => None,
            })
            .collect();
        let origin = "registry".into();
        let change = self.picture.states.get_mut(key).and_then(|state| {
            state.ask_again(|name| gate::tells(entity, name));
            let (mode, expire_after_s) = (entity.availability_mode, entity.expire_after_s);
            let heard = Heard::by(&origin, now_s);
            state.expect(mode, &sources, expire_after_s, heard)
        });
        Ok((key, change))
    }

    pub(super) fn uninstall(&mut self, entity_id: &str) -> bool {
        let Some(key) = self.registry().remove_entity(entity_id) else {
            return false;
        };
        self.picture.states.remove(key);
        self.bindings.remove(key);
        self.commands.remove(key);
        self.gate.remove(key);
        self.expiring.remove(&key);
        true
    }

    /// Applies what was heard on an entity's topics before it was declared, oldest first.
    fn catch_up(&mut self, key: EntityKey) -> Vec<Change> {
        let mut wildcards = TopicTrie::new();
        let mut heard = Vec::new();
        for filter in self.bindings.topics_of(key) {
            if filter.contains(['+', '#']) {
                // It was checked when the binding was made.
                let _ = wildcards.insert(filter, 0);
            } else if let Some(found) = self.recent.get(filter) {
                heard.push(found);
            }
        }
        if !wildcards.is_empty() {
            heard.extend(self.recent.iter().filter(|last| {
                let mut matches = false;
                wildcards.matches(&last.topic, |_| matches = true);
                matches
            }));
        }
        heard.sort_by(|left, right| left.heard_at_s.total_cmp(&right.heard_at_s));
        heard.dedup_by(|left, right| left.topic == right.topic);

        let mut report = Report::default();
        let mut updates = Vec::new();
        for last in heard {
            let home = Home::new(&self.picture, last.heard_at_s, self.utc_offset_s);
            self.bindings
                .extract(&last.topic, &last.payload, &home, &mut updates);
            let heard = Heard {
                retained: last.retained,
                ..Heard::by(&last.topic, last.heard_at_s)
            };
            let mut applier = Applier {
                picture: &mut self.picture,
                gate: self.journal.is_some().then_some(&mut self.gate),
                next_expiry_s: &mut self.next_expiry_s,
                report: &mut report,
            };
            for update in updates.drain(..) {
                // An event of the past is over, and the other entities have heard it.
                if update.entity == key && !matches!(update.target, Target::Event(_)) {
                    // What it cannot use was counted when it came.
                    let _ = applier.apply(update, heard);
                }
            }
        }
        self.counters.changes += report.changes.len() as u64;
        report.changes
    }
}
