//! The store against a naive model of it: dictionaries and the rules, as short as they can be said.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod homes;

use std::collections::{BTreeMap, BTreeSet};

use hubagent_core::Value;
use hubagent_core::binding::Target;
use hubagent_core::history::{Change, KEPT};
use hubagent_core::hub::{Declaration, Hub, Incoming};
use hubagent_core::registry::AvailabilityMode;
use hubagent_core::view::{Picture, Query};
use proptest::prelude::*;

use homes::{attribute, binding, declaration, entity};

const ENTITIES: usize = 4;
const START_S: f64 = 1_000_000.0;

/// How an entity is declared this time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Variant {
    sources: u16,
    mode: AvailabilityMode,
    expire_after_s: Option<f64>,
    shared: bool,
}

#[derive(Clone, Debug)]
enum Step {
    Declare(usize, Variant),
    Remove(usize),
    Hear(Vec<(Topic, &'static str, bool)>),
    Wait(f64),
    Look,
}

#[derive(Clone, Copy, Debug)]
enum Topic {
    Own(usize),
    Source(u16),
    Shared,
    Other,
}

impl Topic {
    fn name(self) -> String {
        match self {
            Self::Own(number) => format!("home/{number}"),
            Self::Source(number) => format!("source/{number}"),
            Self::Shared => "all/note".into(),
            Self::Other => "elsewhere".into(),
        }
    }
}

fn variant() -> impl Strategy<Value = Variant> {
    let modes = [
        AvailabilityMode::Latest,
        AvailabilityMode::All,
        AvailabilityMode::Any,
    ];
    (
        0..3_u16,
        prop::sample::select(modes.to_vec()),
        prop::option::of(Just(30.0)),
        any::<bool>(),
    )
        .prop_map(|(sources, mode, expire_after_s, shared)| Variant {
            sources,
            mode,
            expire_after_s,
            shared,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let own = prop::sample::select(vec![
        r#"{"state": "on", "level": 5}"#,
        r#"{"state": "off"}"#,
        r#"{"level": 5.0}"#,
        r#"{"level": 7}"#,
        r#"{"level": null}"#,
        r#"{"state": "on", "more": {"deep": [1]}}"#,
        "{}",
        "{\"state",
    ]);
    let message = prop_oneof![
        6 => (0..ENTITIES, own).prop_map(|(number, payload)| (Topic::Own(number), payload)),
        3 => (0..2_u16, prop::sample::select(vec!["online", "offline", "what"]))
            .prop_map(|(source, payload)| (Topic::Source(source), payload)),
        1 => prop::sample::select(vec!["a", "b"]).prop_map(|payload| (Topic::Shared, payload)),
        1 => Just((Topic::Other, "x")),
    ];
    let message = (message, any::<bool>());
    let message = message.prop_map(|((topic, payload), retained)| (topic, payload, retained));
    prop_oneof![
        3 => (0..ENTITIES, variant()).prop_map(|(number, variant)| Step::Declare(number, variant)),
        1 => (0..ENTITIES).prop_map(Step::Remove),
        6 => prop::collection::vec(message, 1..5).prop_map(Step::Hear),
        2 => prop::sample::select(vec![1.0, 20.0, 31.0, 300.0]).prop_map(Step::Wait),
        1 => Just(Step::Look),
    ]
}

fn id(number: usize) -> String {
    let domain = ["light", "switch"][number % 2];
    format!("{domain}.thing_{number}")
}

fn declared(number: usize, variant: Variant) -> Declaration {
    let mut entity = entity(&id(number));
    entity.availability_mode = variant.mode;
    entity.expire_after_s = variant.expire_after_s;
    let own = Topic::Own(number).name();
    let mut bindings = vec![
        binding(&own, attribute("state"), "/state"),
        binding(&own, attribute("level"), "/level"),
    ];
    for source in 0..variant.sources {
        let topic = Topic::Source(source).name();
        bindings.push(binding(&topic, Target::Availability(source), ""));
    }
    if variant.shared {
        bindings.push(binding("all/+", attribute("note"), ""));
    }
    declaration(entity, bindings)
}

/// Entity, attribute, before, after.
type Seen = (String, String, String, String);

#[derive(Clone, Debug, Default)]
struct Thing {
    variant: Option<Variant>,
    values: BTreeMap<String, String>,
    history: BTreeMap<String, Vec<String>>,
    said: BTreeMap<u16, bool>,
    latest: Option<bool>,
    expired: bool,
    available: bool,
    heard_at_s: f64,
    changed_at_s: f64,
}

#[derive(Clone, Debug, Default)]
struct Model {
    things: BTreeMap<usize, Thing>,
    last: BTreeMap<String, (Topic, String, bool, f64)>,
    now_s: f64,
}

fn spell(value: &Value) -> String {
    match value {
        // 5 and 5.0 are one number.
        Value::Int(_) | Value::Float(_) => format!("{}", value.as_f64().unwrap()),
        _ => value.to_string(),
    }
}

/// What a payload says: attribute and value pairs, or nothing readable.
fn read(topic: Topic, payload: &str) -> Option<Vec<(&'static str, String)>> {
    if !matches!(topic, Topic::Own(_)) {
        return Some(vec![("note", payload.into())]);
    }
    let json: serde_json::Value = serde_json::from_str(payload).ok()?;
    let mut found = Vec::new();
    for name in ["state", "level"] {
        match json.get(name) {
            None => {}
            Some(serde_json::Value::Null) => found.push((name, "None".into())),
            Some(serde_json::Value::String(text)) => found.push((name, text.clone())),
            Some(number) => found.push((name, number.as_f64().unwrap().to_string())),
        }
    }
    Some(found)
}

/// What is known after a report in parts; anything but two objects takes the place of the other.
fn added(before: &str, payload: &str) -> String {
    type Object = serde_json::Map<String, serde_json::Value>;
    let object = |text: &str| serde_json::from_str::<Object>(text).ok();
    match (object(before), object(payload)) {
        (Some(before), Some(after)) => {
            let all: Object = before.into_iter().chain(after).collect();
            serde_json::Value::Object(all).to_string()
        }
        _ => payload.into(),
    }
}

impl Thing {
    fn listens(&self, number: usize, topic: Topic) -> bool {
        let variant = self.variant.unwrap();
        match topic {
            Topic::Own(own) => own == number,
            Topic::Source(source) => source < variant.sources,
            Topic::Shared => variant.shared,
            Topic::Other => false,
        }
    }

    fn reachable(&self) -> bool {
        let variant = self.variant.unwrap();
        let online = |source: u16| self.said.get(&source) == Some(&true);
        let mut sources = 0..variant.sources;
        let by_sources = variant.sources == 0
            || match variant.mode {
                AvailabilityMode::Latest => self.latest == Some(true),
                AvailabilityMode::All => sources.all(online),
                AvailabilityMode::Any => sources.any(online),
            };
        by_sources && !self.expired
    }

    fn note(&mut self, number: usize, name: &str, before: &str, after: &str, seen: &mut Vec<Seen>) {
        let history = self.history.entry(name.into()).or_default();
        history.push(after.into());
        if history.len() > KEPT {
            history.remove(0);
        }
        seen.push((id(number), name.into(), before.into(), after.into()));
    }

    fn settle(&mut self, number: usize, seen: &mut Vec<Seen>) {
        let reachable = self.reachable();
        if reachable != self.available {
            self.available = reachable;
            let word = |truth| if truth { "True" } else { "False" };
            self.note(number, "available", word(!reachable), word(reachable), seen);
        }
    }

    /// Applies a message; says whether it could be read.
    fn hear(
        &mut self,
        number: usize,
        (topic, payload, retained, at_s): (Topic, &str, bool, f64),
        seen: &mut Vec<Seen>,
    ) -> bool {
        if let Topic::Source(source) = topic {
            if payload == "what" {
                return false;
            }
            self.said.insert(source, payload == "online");
            self.latest = Some(payload == "online");
            self.settle(number, seen);
            return true;
        }
        let Some(found) = read(topic, payload) else {
            return false;
        };
        for (name, after) in found {
            if at_s > self.heard_at_s {
                self.heard_at_s = at_s;
                self.expired = false;
                self.settle(number, seen);
            }
            let before = self.values.insert(name.into(), after.clone());
            let before = before.unwrap_or_else(|| "None".into());
            if before != after {
                if !(retained && before == "None") {
                    self.changed_at_s = self.changed_at_s.max(at_s);
                }
                self.note(number, name, &before, &after, seen);
            }
        }
        true
    }
}

impl Model {
    fn declare(&mut self, number: usize, variant: Variant) -> Vec<Seen> {
        let mut seen = Vec::new();
        let new = !self.things.contains_key(&number);
        let thing = self.things.entry(number).or_default();
        if thing.variant == Some(variant) {
            return seen;
        }
        thing.variant = Some(variant);
        thing.said.retain(|source, _| *source < variant.sources);
        thing.expired &= variant.expire_after_s.is_some();
        if thing.said.is_empty() {
            thing.latest = None;
        }
        if new || (thing.heard_at_s == 0.0 && thing.latest.is_none()) {
            thing.available = thing.reachable();
        } else {
            thing.settle(number, &mut seen);
        }
        let mut last: Vec<_> = self.last.values().collect();
        last.sort_by(|left, right| left.3.total_cmp(&right.3));
        for (topic, payload, retained, at_s) in last {
            if thing.listens(number, *topic) {
                thing.hear(number, (*topic, payload, *retained, *at_s), &mut seen);
            }
        }
        seen
    }

    fn expire(&mut self) -> Vec<Seen> {
        let mut seen = Vec::new();
        for (number, thing) in &mut self.things {
            if let Some(after_s) = thing.variant.unwrap().expire_after_s
                && thing.heard_at_s > 0.0
                && self.now_s - thing.heard_at_s >= after_s
            {
                thing.expired = true;
                thing.settle(*number, &mut seen);
            }
        }
        seen
    }

    /// Returns changes, number failed, number unclaimed.
    fn hear(&mut self, messages: &[(Topic, &'static str, bool)]) -> (Vec<Seen>, u64, u64) {
        let (mut seen, mut failed, mut unclaimed) = (Vec::new(), 0, 0);
        for (topic, payload, retained) in messages {
            self.now_s += 1.0;
            let message = (*topic, *payload, *retained, self.now_s);
            let (mut wanted, mut unread) = (false, false);
            for (number, thing) in &mut self.things {
                if thing.listens(*number, *topic) {
                    wanted = true;
                    unread |= !thing.hear(*number, message, &mut seen);
                }
            }
            failed += u64::from(unread);
            unclaimed += u64::from(!wanted);
            let before = self.last.get(&topic.name());
            let added_up = before.map_or((*payload).into(), |before| added(&before.1, payload));
            let kept = (*topic, added_up, *retained, self.now_s);
            self.last.insert(topic.name(), kept);
        }
        seen.extend(self.expire());
        (seen, failed, unclaimed)
    }
}

fn seen(changes: &[Change]) -> Vec<Seen> {
    let row = |change: &Change| {
        (
            change.entity_id.to_string(),
            change.attribute.to_string(),
            spell(&change.before),
            spell(&change.after),
        )
    };
    changes.iter().map(row).collect()
}

fn sorted(mut changes: Vec<Seen>) -> Vec<Seen> {
    changes.sort();
    changes
}

fn assert_same(picture: &Picture, model: &Model) {
    let known: BTreeSet<String> = picture
        .entities()
        .map(|(registered, _)| registered.entity.entity_id.to_string())
        .collect();
    let expected: BTreeSet<String> = model.things.keys().map(|number| id(*number)).collect();
    assert_eq!(known, expected);
    for (number, thing) in &model.things {
        let (_, state) = picture.find(&id(*number)).unwrap();
        let values: BTreeMap<String, String> = state
            .cells()
            .iter()
            .map(|cell| (cell.name.to_string(), spell(&cell.value)))
            .collect();
        assert_eq!(values, thing.values, "{}", id(*number));
        assert_eq!(state.available(), thing.available, "{}", id(*number));
        assert_eq!(
            [state.heard_at_s().to_bits(), state.changed_at_s().to_bits()],
            [thing.heard_at_s.to_bits(), thing.changed_at_s.to_bits()],
        );
        for (name, history) in &thing.history {
            let kept = state.history(name).unwrap().newest_first();
            let kept: Vec<String> = kept.map(|(_, entry)| spell(&entry.after)).collect();
            let expected: Vec<String> = history.iter().rev().cloned().collect();
            assert_eq!(kept, expected, "{} {name}", id(*number));
        }
    }
    for domain in ["light", "switch"] {
        for word in ["on", "off"] {
            let found = picture.query(&Query {
                domain: Some(domain.into()),
                state: Some(word.into()),
                ..Query::default()
            });
            let found: Vec<String> = found.iter().map(|it| it.entity_id.to_string()).collect();
            let mut expected: Vec<_> = model
                .things
                .iter()
                .filter(|(number, thing)| {
                    id(**number).starts_with(domain)
                        && thing.values.get("state").map(String::as_str) == Some(word)
                })
                .collect();
            expected.sort_by(|(left, a), (right, b)| {
                b.changed_at_s
                    .total_cmp(&a.changed_at_s)
                    .then(id(**left).cmp(&id(**right)))
            });
            let expected: Vec<String> = expected.iter().map(|(number, _)| id(**number)).collect();
            assert_eq!(found, expected);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_agrees_with_a_dictionary_after_any_sequence(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        let mut hub = Hub::default();
        let mut model = Model { now_s: START_S, ..Model::default() };
        let mut pictures: Vec<(Picture, Model)> = Vec::new();
        for step in steps {
            match step {
                Step::Declare(number, variant) => {
                    let changes = hub.declare(declared(number, variant), model.now_s).unwrap();
                    prop_assert_eq!(sorted(seen(&changes)), sorted(model.declare(number, variant)));
                }
                Step::Remove(number) => {
                    let known = hub.remove(&id(number), model.now_s);
                    prop_assert_eq!(known, model.things.remove(&number).is_some());
                }
                Step::Hear(messages) => {
                    let topics: Vec<String> =
                        messages.iter().map(|(topic, ..)| topic.name()).collect();
                    let first_s = model.now_s + 1.0;
                    let incoming = messages.iter().zip(&topics).enumerate();
                    let report = hub.ingest(incoming.map(|(index, ((_, payload, retained), topic))| {
                        Incoming {
                            topic,
                            payload: payload.as_bytes(),
                            retained: *retained,
                            heard_at_s: first_s + f64::from(u8::try_from(index).unwrap()),
                        }
                    }));
                    let (changes, failed, unclaimed) = model.hear(&messages);
                    prop_assert_eq!(sorted(seen(&report.changes)), sorted(changes));
                    prop_assert_eq!((report.failed, report.unclaimed), (failed, unclaimed));
                }
                Step::Wait(span_s) => {
                    model.now_s += span_s;
                    let changes = hub.tick(model.now_s, 0);
                    prop_assert_eq!(sorted(seen(&changes)), sorted(model.expire()));
                }
                Step::Look => pictures.push((hub.picture(), model.clone())),
            }
            assert_same(&hub.picture(), &model);
        }
        for (picture, model) in pictures {
            assert_same(&picture, &model);
        }
    }
}
