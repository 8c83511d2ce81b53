use super::*;
use crate::convert::Kind;
use crate::payload;

/// A home that knows one entity and one state.
struct Home;

impl TemplateContext for Home {
    fn now_s(&self) -> f64 {
        1_700_000_000.0
    }

    fn identity(&self, _: EntityKey) -> Option<(&str, &str)> {
        Some(("sensor.mine", "Mine"))
    }

    fn look_up(&self, entity_id: &str, attribute: Option<&str>) -> Option<Value> {
        match (entity_id, attribute) {
            ("sensor.mine", None) => Some(Value::Int(7)),
            ("light.desk", None) => Some(Value::text("on")),
            ("light.desk", Some("brightness")) => Some(Value::Int(128)),
            _ => None,
        }
    }
}

fn attribute(name: &str) -> Target {
    Target::Attribute(name.into())
}

fn spec(topic: &str, name: &str, codec: Codec, pointers: &[&str]) -> BindingSpec {
    BindingSpec {
        topic: topic.into(),
        target: attribute(name),
        codec,
        pointers: pointers.iter().map(ToString::to_string).collect(),
        template: String::new(),
        convert: Convert::default(),
    }
}

fn templated(topic: &str, name: &str, template: &str) -> BindingSpec {
    BindingSpec {
        template: template.into(),
        ..spec(topic, name, Codec::Text, &[])
    }
}

fn read(table: &BindingTable, topic: &str, payload: &[u8]) -> (Vec<(String, Value)>, u32) {
    let mut updates = Vec::new();
    let extracted = table.extract(topic, payload, &Home, &mut updates);
    let values = updates.into_iter().map(|update| {
        let name = match update.target {
            Target::Attribute(name) | Target::Event(name) => name.to_string(),
            Target::Availability(number) => number.to_string(),
        };
        (name, update.value)
    });
    (values.collect(), extracted.failed)
}

fn one(spec: BindingSpec, payload: &[u8]) -> Option<Value> {
    let mut table = BindingTable::new();
    let topic = spec.topic.clone();
    table.replace(1, vec![spec]).unwrap();
    let (values, _) = read(&table, &topic, payload);
    values.into_iter().next().map(|(_, value)| value)
}

#[test]
fn one_message_updates_every_attribute_it_holds_and_no_other() {
    let mut table = BindingTable::new();
    let specs = ["state", "brightness", "linkquality"]
        .map(|name| spec("z2m/lamp", name, Codec::Json, &[&format!("/{name}")]));
    table.replace(1, specs.to_vec()).unwrap();
    let (values, failed) = read(&table, "z2m/lamp", br#"{"state":"ON","brightness":null}"#);
    assert_eq!(failed, 0);
    assert_eq!(
        values,
        [
            ("state".to_string(), Value::text("ON")),
            ("brightness".to_string(), Value::Null)
        ]
    );
}

#[test]
fn several_pointers_make_a_list_only_when_all_are_there() {
    let make = || spec("t", "xy", Codec::Json, &["/color/x", "/color/y"]);
    assert_eq!(
        one(make(), br#"{"color":{"x":0.3,"y":0.4}}"#),
        Some(Value::List([Value::Float(0.3), Value::Float(0.4)].into()))
    );
    assert_eq!(one(make(), br#"{"color":{"x":0.3}}"#), None);
}

#[test]
fn a_template_may_ask_for_states_it_names_at_run_time() {
    let template = "{{ value ~ states(value) ~ state_attr('light.desk', 'brightness') }}";
    assert_eq!(
        one(templated("t", "x", template), b"light.desk"),
        Some(Value::text("light.deskon128"))
    );
    let template = "{{ this.state|int + 1 }} {{ entity_id }} {{ name }}";
    assert_eq!(
        one(templated("t", "x", template), b""),
        Some(Value::text("8 sensor.mine Mine"))
    );
}

#[test]
fn a_partial_message_says_nothing_about_what_it_does_not_hold() {
    let make = |template: &str| templated("t", "x", template);
    let above = "{{ 'ON' if value_json.power > 5 else 'OFF' }}";
    assert_eq!(one(make(above), br#"{"power":7}"#), Some(Value::text("ON")));
    assert_eq!(
        one(make(above), br#"{"power":3}"#),
        Some(Value::text("OFF"))
    );
    // Home Assistant's template fails here, and the state stays as it was.
    assert_eq!(one(make(above), br#"{"rssi":3}"#), None);
    assert_eq!(one(make(above), br#"{"power":null}"#), None);
    assert_eq!(one(make(above), b"plain text"), None);
    let handled = "{{ 'ON' if value_json.power|default(0) > 5 else 'OFF' }}";
    assert_eq!(one(make(handled), b"{}"), Some(Value::text("OFF")));
}

#[test]
fn a_template_that_prints_json_may_be_pointed_into() {
    let mut binding = templated(
        "t",
        "kind",
        r#"{{ {"event_type": value_json.action, "n": 1} | to_json }}"#,
    );
    binding.pointers = vec!["/event_type".into()];
    assert_eq!(
        one(binding, br#"{"action":"single"}"#),
        Some(Value::text("single"))
    );
}

#[test]
fn unreadable_payloads_are_counted_and_change_nothing() {
    let mut table = BindingTable::new();
    let specs = vec![
        spec("t", "json", Codec::Json, &["/a"]),
        spec("t", "msgpack", Codec::Msgpack, &["/a"]),
        spec("t", "text", Codec::Text, &[]),
        templated("t", "template", "{{ value|float * 2 }}"),
    ];
    table.replace(1, specs).unwrap();
    assert_eq!(read(&table, "t", b"\xff\xfe"), (vec![], 4));
    let huge = vec![b' '; payload::MAX_BYTES + 1];
    assert_eq!(read(&table, "t", &huge), (vec![], 4));
    // An empty payload clears a retained message; it is no error and says nothing.
    assert_eq!(read(&table, "t", b""), (vec![], 1));
}

#[test]
fn filters_with_and_without_wildcards_hear_a_message_once_each() {
    let mut table = BindingTable::new();
    for (entity, filter) in (0..).zip(["a/b", "a/+", "#", "a/b/#", "a"]) {
        table
            .replace(entity, vec![spec(filter, "x", Codec::Text, &[])])
            .unwrap();
    }
    assert_eq!(read(&table, "a/b", b"5").0.len(), 4);
    // No broker delivers a topic with a wildcard; it must not be taken for a filter.
    assert_eq!(read(&table, "a/+", b"5").0.len(), 2);
}

#[test]
fn replacing_and_removing_leave_no_trace() {
    let mut table = BindingTable::new();
    table
        .replace(1, vec![templated("a/+", "x", "{{ value ~ 1 }}")])
        .unwrap();
    table
        .replace(2, vec![templated("a/+", "x", "{{ value ~ 1 }}")])
        .unwrap();
    table
        .replace(1, vec![spec("b/#", "x", Codec::Text, &[])])
        .unwrap();
    assert_eq!(table.topics_of(1).collect::<Vec<_>>(), ["b/#"]);
    assert_eq!(read(&table, "a/b", b"5").0.len(), 1);
    table.remove(2);
    table.remove(1);
    table.remove(1);
    assert_eq!(read(&table, "a/b", b"5").0.len(), 0);
    assert!(table.trie.is_empty());
    assert!(table.by_filter.is_empty() && table.readers.is_empty());
    assert!(format!("{:?}", table.engine).contains("templates: 0"));
}

#[test]
fn a_refused_binding_leaves_the_old_ones_in_force() {
    let mut table = BindingTable::new();
    let old = spec("old", "x", Codec::Text, &[]);
    table.replace(1, vec![old.clone()]).unwrap();
    let good = templated("new", "x", "{{ value }}");
    for bad in [
        templated("new", "x", "{{ value"),
        spec("new", "x", Codec::Json, &["no-slash"]),
        spec("new/#/x", "x", Codec::Text, &[]),
        BindingSpec {
            convert: Convert {
                scale: Some([1.0, 1.0, 0.0, 100.0]),
                ..Convert::default()
            },
            ..old.clone()
        },
    ] {
        assert!(table.replace(1, vec![good.clone(), bad]).is_err());
        assert_eq!(table.topics_of(1).collect::<Vec<_>>(), ["old"]);
    }
    assert!(format!("{:?}", table.engine).contains("templates: 0"));
}

#[test]
fn the_plain_path_and_the_engine_read_alike() {
    let payloads: [&[u8]; 12] = [
        br#"{"x":21.55,"y":{"z":[3,4]}}"#,
        br#"{"x":"21.5"}"#,
        br#"{"x":true}"#,
        br#"{"x":null}"#,
        br#"{"x":-7}"#,
        br#"{"x":"  ON "}"#,
        br#"{"x":""}"#,
        br#"{"x":[1,2]}"#,
        br#"{"x":1e-7}"#,
        b"{}",
        b"23.46",
        b"not json",
    ];
    for expression in [
        "value",
        "value_json.x",
        "value_json.x|round(1)",
        "value_json.x|round",
        "value_json.x|float",
        "value_json.x|int",
        "value_json.x|float|round(2)",
        "value_json.x|is_defined",
        "value_json.y.z[1]",
        "value|float|int",
        "value|round(1)",
    ] {
        for kind in [Kind::Any, Kind::Text, Kind::Number, Kind::Integer] {
            for payload in payloads {
                let make = |template: String| BindingSpec {
                    convert: Convert {
                        kind,
                        ..Convert::default()
                    },
                    ..templated("t", "x", &template)
                };
                let plain = make(format!("{{{{ {expression} }}}}"));
                let engine = make(format!("{{{{ ({expression}) }}}}"));
                assert_eq!(
                    one(plain, payload),
                    one(engine, payload),
                    "{expression} {kind:?} {}",
                    String::from_utf8_lossy(payload)
                );
            }
        }
    }
}
