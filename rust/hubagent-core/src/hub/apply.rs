//! One extracted value to one entity: the last step of the hot path.

use std::sync::Arc;

use super::{Event, Report};
use crate::binding::{EntityKey, Target, Update};
use crate::persist::gate::{self, Gate};
use crate::store::Heard;
use crate::value::Value;
use crate::view::Picture;

/// An availability word that is neither `online` nor `offline`.
pub(super) struct NoSuchWord;

pub(super) struct Applier<'a> {
    pub(super) picture: &'a mut Picture,
    /// None without persistence.
    pub(super) gate: Option<&'a mut Gate>,
    pub(super) next_expiry_s: &'a mut f64,
    pub(super) report: &'a mut Report,
}

impl Applier<'_> {
    pub(super) fn apply(&mut self, update: Update<'_>, heard: Heard<'_>) -> Result<(), NoSuchWord> {
        match update.target {
            Target::Attribute(name) => self.set(update.entity, name, update.value, heard),
            Target::Availability(source) => {
                let online = match &update.value {
                    Value::Bool(online) => *online,
                    Value::Text(word) if &**word == "online" => true,
                    Value::Text(word) if &**word == "offline" => false,
                    // A source that says it does not know says nothing.
                    Value::Null => return Ok(()),
                    _ => return Err(NoSuchWord),
                };
                self.source_says(update.entity, *source, online, heard);
            }
            Target::Event(_) => self.fire(update.entity, &update.value, heard),
        }
        Ok(())
    }

    /// Sets `state` or an attribute.
    pub(super) fn set(&mut self, key: EntityKey, name: &Arc<str>, value: Value, heard: Heard<'_>) {
        let Picture {
            registry, states, ..
        } = &mut *self.picture;
        let Some(state) = states.get_mut(key) else {
            return;
        };
        self.report.changes.extend(state.hear(heard));
        if let Some(expires_at_s) = state.expires_at_s() {
            *self.next_expiry_s = self.next_expiry_s.min(expires_at_s);
        }
        let tells = || (registry.get(key)).is_none_or(|it| gate::tells(&it.entity, name));
        let Some((change, tells)) = state.set(name, value, tells, heard) else {
            return;
        };
        if let Some(gate) = &mut self.gate {
            match registry.get(key) {
                Some(registered) if tells => {
                    gate.offer(key, &registered.entity, &change.attribute, &change.after);
                }
                _ => gate.suppress(),
            }
        }
        self.report.changes.push(change);
    }

    fn source_says(&mut self, key: EntityKey, source: u16, online: bool, heard: Heard<'_>) {
        let Some(state) = self.picture.states.get_mut(key) else {
            return;
        };
        if let Some(gate) = self
            .gate
            .as_deref_mut()
            .filter(|_| state.said(source) != Some(online))
        {
            gate.offer_availability(key);
        }
        self.report
            .changes
            .extend(state.source_says(source, online, heard));
    }

    fn fire(&mut self, key: EntityKey, value: &Value, heard: Heard<'_>) {
        let Some(state) = self.picture.states.get_mut(key) else {
            return;
        };
        self.report.changes.extend(state.hear(heard));
        let event_type = match value {
            Value::Text(text) if !text.is_empty() => Arc::from(&**text),
            Value::Int(_) | Value::Float(_) | Value::Bool(_) => value.to_string().into(),
            // Zigbee2MQTT follows every action with an empty one.
            Value::Null | Value::Text(_) | Value::List(_) => return,
        };
        if heard.retained {
            self.report.retained_events += 1;
            return;
        }
        self.report.events.push(Event {
            entity_id: Arc::clone(state.entity_id()),
            event_type,
            at_s: heard.at_s,
            origin: Arc::clone(heard.origin),
        });
    }
}
