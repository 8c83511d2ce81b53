//! Declarations and messages that several tests use.
#![allow(dead_code, reason = "each test uses some of them")]

use std::sync::Arc;

use hubagent_core::binding::{BindingSpec, Codec, Target};
use hubagent_core::convert::Convert;
use hubagent_core::hub::{Declaration, Incoming};
use hubagent_core::registry::{AvailabilityMode, Entity, Specs};

/// A binding of one JSON key, or of the whole text when the pointer is empty.
pub(crate) fn binding(topic: &str, target: Target, pointer: &str) -> BindingSpec {
    BindingSpec {
        topic: topic.into(),
        target,
        codec: if pointer.is_empty() {
            Codec::Text
        } else {
            Codec::Json
        },
        pointers: (!pointer.is_empty())
            .then(|| pointer.into())
            .into_iter()
            .collect(),
        template: String::new(),
        convert: Convert::default(),
    }
}

/// An attribute as a target.
pub(crate) fn attribute(name: &str) -> Target {
    Target::Attribute(name.into())
}

/// An entity with the id's domain and nothing else.
pub(crate) fn entity(entity_id: &str) -> Entity {
    let domain = entity_id.split('.').next().unwrap_or_default();
    Entity {
        entity_id: entity_id.into(),
        domain: domain.into(),
        name: entity_id.into(),
        unique_id: format!("unique {entity_id}").into(),
        device_id: None,
        area_id: None,
        aliases: Vec::new(),
        device_class: "".into(),
        unit: "".into(),
        category: "".into(),
        capabilities: Vec::new(),
        availability_mode: AvailabilityMode::Latest,
        expire_after_s: None,
        source: "test".into(),
    }
}

/// A declaration of an entity with these bindings.
pub(crate) fn declaration(entity: Entity, bindings: Vec<BindingSpec>) -> Declaration {
    let specs = Specs {
        bindings,
        commands: Vec::new(),
    };
    Declaration {
        entity,
        device: None,
        specs: Arc::new(specs),
        suggested_area: None,
    }
}

/// A lamp that says its state on `home/<number>`.
pub(crate) fn lamp(number: usize) -> Declaration {
    let topic = format!("home/{number}");
    declaration(
        entity(&format!("light.lamp_{number}")),
        vec![binding(&topic, attribute("state"), "")],
    )
}

/// A message that is not retained.
pub(crate) fn message<'a>(topic: &'a str, payload: &'a str, heard_at_s: f64) -> Incoming<'a> {
    Incoming {
        topic,
        payload: payload.as_bytes(),
        retained: false,
        heard_at_s,
    }
}
