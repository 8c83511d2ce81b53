use super::*;

/// A home of one entity.
struct Home;

impl TemplateContext for Home {
    fn now_s(&self) -> f64 {
        0.0
    }

    fn identity(&self, _: EntityKey) -> Option<(&str, &str)> {
        Some(("light.desk", "Desk"))
    }

    fn look_up(&self, _: &str, _: Option<&str>) -> Option<Value> {
        None
    }
}

fn part(topic: &str, key: &str) -> PartSpec {
    PartSpec {
        topic: topic.into(),
        key: key.into(),
        qos: 1,
        ..PartSpec::default()
    }
}

fn at(field: &str, part: PartSpec) -> PartSpec {
    PartSpec {
        field: field.into(),
        ..part
    }
}

fn fixed(payload: &str, part: PartSpec) -> PartSpec {
    PartSpec {
        payload: payload.into(),
        ..part
    }
}

fn templated(template: &str, part: PartSpec) -> PartSpec {
    PartSpec {
        template: template.into(),
        ..part
    }
}

fn of_kind(kind: Kind, part: PartSpec) -> PartSpec {
    PartSpec {
        convert: Convert {
            kind,
            ..part.convert
        },
        ..part
    }
}

fn render(
    parts: Vec<PartSpec>,
    data: &[(&str, Value)],
) -> Result<Vec<(String, String)>, CommandError> {
    let mut table = CommandTable::new();
    let spec = CommandSpec {
        command: "turn_on".into(),
        parts,
        optimistic: false,
    };
    table.replace(1, vec![spec]).unwrap();
    let rendered = table.render(1, "turn_on", data, &Home)?;
    Ok(rendered
        .into_iter()
        .map(|item| {
            let payload = String::from_utf8_lossy(&item.payload).into_owned();
            (item.topic.to_string(), payload)
        })
        .collect())
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    let wanted = wanted.iter();
    wanted
        .map(|(topic, payload)| ((*topic).into(), (*payload).into()))
        .collect()
}

#[test]
fn fields_of_one_topic_become_one_object_in_order() {
    let set = "z2m/desk/set";
    let parts = vec![
        at("state", fixed("ON", part(set, ""))),
        at("brightness", of_kind(Kind::Number, part(set, "brightness"))),
        at(
            "color.x",
            templated(
                "{{ value[0] }}",
                of_kind(Kind::Numbers, part(set, "xy_color")),
            ),
        ),
        at(
            "color.y",
            templated(
                "{{ value[1] }}",
                of_kind(Kind::Numbers, part(set, "xy_color")),
            ),
        ),
        at("transition", of_kind(Kind::Number, part(set, "transition"))),
    ];
    let xy = Value::List([Value::Float(0.3), Value::Float(0.32)].into());
    assert_eq!(
        render(
            parts.clone(),
            &[("xy_color", xy), ("brightness", Value::Int(80))]
        )
        .unwrap(),
        pairs(&[(
            set,
            r#"{"state":"ON","brightness":80,"color":{"x":0.3,"y":0.32}}"#
        )])
    );
    assert_eq!(
        render(parts, &[]).unwrap(),
        pairs(&[(set, r#"{"state":"ON"}"#)])
    );
}

#[test]
fn raw_parts_are_published_one_after_the_other() {
    let parts = vec![
        part("lamp/brightness/set", "brightness"),
        at("effect", part("lamp/json", "effect")),
        PartSpec {
            only_without: vec!["brightness".into()],
            ..fixed("ON", part("lamp/set", ""))
        },
    ];
    let effect = ("effect", Value::text("rainbow"));
    assert_eq!(
        render(
            parts.clone(),
            &[("brightness", Value::Int(9)), effect.clone()]
        )
        .unwrap(),
        pairs(&[
            ("lamp/brightness/set", "9"),
            ("lamp/json", r#"{"effect":"rainbow"}"#)
        ])
    );
    assert_eq!(
        render(parts, &[effect]).unwrap(),
        pairs(&[("lamp/json", r#"{"effect":"rainbow"}"#), ("lamp/set", "ON")])
    );
}

#[test]
fn a_key_that_no_part_can_use_is_named() {
    let parts = vec![fixed("ON", part("lamp/set", ""))];
    let error = render(parts, &[("brightness", Value::Int(1))]).unwrap_err();
    assert_eq!(error.to_string(), "`turn_on` takes no `brightness`");
}

#[test]
fn keys_are_used_up_by_templates_and_by_what_they_list() {
    let template = "on,{{ brightness|d }},{{ red|d }}";
    let parts = vec![PartSpec {
        uses: vec!["code".into()],
        ..templated(template, part("lamp/set", ""))
    }];
    let data = [("brightness", Value::Int(7)), ("code", Value::text("1234"))];
    assert_eq!(
        render(parts.clone(), &data).unwrap(),
        pairs(&[("lamp/set", "on,7,")])
    );
    assert!(render(parts, &[("blue", Value::Int(7))]).is_err());
}

#[test]
fn a_command_without_what_it_needs_is_refused() {
    let parts = vec![
        part("fan/set", "percentage"),
        part("fan/mode", "preset_mode"),
    ];
    let error = render(parts, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`turn_on` needs one of: percentage, preset_mode"
    );
}

#[test]
fn booleans_and_words_have_the_devices_own_json_type() {
    let spec = |kind, device: &str| {
        let convert = Convert {
            kind,
            words: vec![(device.into(), "on".into())],
            ..Convert::default()
        };
        at(
            "led",
            PartSpec {
                convert,
                ..part("t", "led")
            },
        )
    };
    for (kind, device, wanted) in [
        (Kind::Any, "true", r#"{"led":true}"#),
        (Kind::Text, "true", r#"{"led":"true"}"#),
        (Kind::Any, "LOCK", r#"{"led":"LOCK"}"#),
        (Kind::Any, "1", r#"{"led":"1"}"#),
        (Kind::Number, "1", r#"{"led":1}"#),
    ] {
        let rendered = render(vec![spec(kind, device)], &[("led", Value::text("on"))]);
        assert_eq!(rendered.unwrap(), pairs(&[("t", wanted)]));
    }
    let raw = of_kind(Kind::Boolean, part("t", "oscillating"));
    let rendered = render(vec![raw], &[("oscillating", Value::Bool(true))]);
    assert_eq!(rendered.unwrap(), pairs(&[("t", "true")]));
}

#[test]
fn a_template_may_print_bytes() {
    let parts = vec![templated("{{ value | pack('>H') }}", part("t", "value"))];
    let mut table = CommandTable::new();
    let command = "set_value".to_string();
    let spec = CommandSpec {
        command,
        parts,
        optimistic: true,
    };
    table.replace(1, vec![spec]).unwrap();
    let rendered = table.render(1, "set_value", &[("value", Value::Int(0xffe7))], &Home);
    assert_eq!(rendered.unwrap()[0].payload, [0xff, 0xe7]);
    assert!(table.is_optimistic(1, "set_value"));
    assert!(!table.is_optimistic(1, "turn_on"));
}

#[test]
fn a_template_may_refuse_to_be_rendered() {
    let guard = "{% if code|string != '12' %}{{ right_code | is_defined }}{% endif %}{{ value }}";
    let parts = vec![templated(guard, fixed("DISARM", part("alarm/set", "")))];
    assert_eq!(
        render(parts.clone(), &[("code", Value::text("12"))]).unwrap(),
        pairs(&[("alarm/set", "DISARM")])
    );
    assert_eq!(
        render(parts, &[("code", Value::text("13"))]),
        Err(CommandError::Template(TemplateError::Undefined))
    );
}

#[test]
fn a_value_the_device_cannot_take_is_refused_with_its_key() {
    let parts = vec![of_kind(Kind::Number, part("t", "temperature"))];
    let error = render(parts, &[("temperature", Value::text("warm"))]).unwrap_err();
    assert_eq!(error.to_string(), "`temperature`: `warm` is not a number");
}

#[test]
fn bad_specs_are_refused_and_the_old_ones_stay() {
    let mut table = CommandTable::new();
    let spec = |part| CommandSpec {
        command: "go".into(),
        parts: vec![templated("{{ value }}", part)],
        optimistic: false,
    };
    table.replace(1, vec![spec(part("t", ""))]).unwrap();
    for bad in [
        part("t/+", ""),
        part("", ""),
        at("a..b", part("t", "")),
        PartSpec {
            qos: 3,
            ..part("t", "")
        },
    ] {
        assert!(
            table
                .replace(1, vec![spec(part("u", "")), spec(bad)])
                .is_err()
        );
    }
    assert_eq!(table.commands_of(1).collect::<Vec<_>>(), ["go"]);
    assert!(format!("{:?}", table.engine).contains("templates: 1"));
    table.remove(1);
    assert!(format!("{:?}", table.engine).contains("templates: 0"));
    let none: [(&str, Value); 0] = [];
    assert_eq!(
        table.render(1, "go", &none, &Home),
        Err(CommandError::Unknown("go".into()))
    );
}
