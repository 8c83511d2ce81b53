//! Any binding on any payload: nothing panics, and JSON is read as `serde_json` reads it.
#![no_main]

use arbitrary::Arbitrary;
use hubagent_core::Value;
use hubagent_core::binding::{BindingSpec, BindingTable, Codec, Target};
use hubagent_core::convert::{Convert, Kind};
use hubagent_core::template::TemplateContext;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    filter: &'a str,
    topic: &'a str,
    codec: u8,
    kind: u8,
    pointers: Vec<&'a str>,
    words: Vec<(&'a str, &'a str)>,
    strict: bool,
    scale: Option<[f64; 4]>,
    reciprocal: bool,
    integer: bool,
    payload: &'a [u8],
}

struct Nowhere;

impl TemplateContext for Nowhere {
    fn now_s(&self) -> f64 {
        0.0
    }

    fn identity(&self, _: u32) -> Option<(&str, &str)> {
        None
    }

    fn look_up(&self, _: &str, _: Option<&str>) -> Option<Value> {
        None
    }
}

fn check(value: &Value) {
    match value {
        Value::Float(number) => assert!(number.is_finite()),
        Value::List(items) => items.iter().for_each(check),
        _ => {}
    }
}

fn plain(spec: &BindingSpec, payload: &[u8]) {
    let (Some(pointer), Ok(json)) = (
        spec.pointers.first(),
        serde_json::from_slice::<serde_json::Value>(payload),
    ) else {
        return;
    };
    let wanted = match json.pointer(pointer) {
        Some(serde_json::Value::String(text)) if !text.is_empty() && text.len() < 4096 => {
            Value::text(text.as_str())
        }
        Some(serde_json::Value::Bool(truth)) => Value::Bool(*truth),
        Some(serde_json::Value::Null) => Value::Null,
        _ => return,
    };
    let plain = BindingSpec {
        topic: "t".into(),
        codec: Codec::Json,
        pointers: vec![pointer.clone()],
        convert: Convert::default(),
        ..spec.clone()
    };
    let mut table = BindingTable::new();
    if table.replace(0, vec![plain]).is_ok() {
        let mut updates = Vec::new();
        let extracted = table.extract("t", payload, &Nowhere, &mut updates);
        // Deep or crowded payloads are refused here and read there.
        if extracted.failed == 0 {
            assert_eq!(updates.first().map(|update| &update.value), Some(&wanted));
        }
    }
}

fuzz_target!(|input: Input| {
    let spec = BindingSpec {
        topic: input.filter.into(),
        target: Target::Attribute("x".into()),
        codec: [Codec::Text, Codec::Json, Codec::Msgpack][usize::from(input.codec % 3)],
        pointers: input.pointers.iter().map(ToString::to_string).collect(),
        template: String::new(),
        convert: Convert {
            kind: [
                Kind::Any,
                Kind::Text,
                Kind::Number,
                Kind::Integer,
                Kind::Numbers,
                Kind::Boolean,
            ][usize::from(input.kind % 6)],
            words: input
                .words
                .iter()
                .map(|(device, home)| ((*device).into(), (*home).into()))
                .collect(),
            strict: input.strict,
            scale: input.scale,
            reciprocal: input.reciprocal,
            integer: input.integer,
        },
    };
    plain(&spec, input.payload);
    let convert = spec.convert.clone();
    let mut table = BindingTable::new();
    if table.replace(7, vec![spec]).is_err() {
        return;
    }
    for topic in [input.topic, input.filter] {
        let mut updates = Vec::new();
        let extracted = table.extract(topic, input.payload, &Nowhere, &mut updates);
        assert!(extracted.failed + u32::try_from(updates.len()).unwrap() <= extracted.matched);
        for update in &updates {
            check(&update.value);
            if let Ok(sent) = convert.to_device(&update.value) {
                check(&sent);
            }
        }
    }
    table.remove(7);
    assert_eq!(table.topics_of(7).count(), 0);
});
