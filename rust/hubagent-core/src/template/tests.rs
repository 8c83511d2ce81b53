use super::*;
use crate::payload::Document;

/// Noon of a Friday in March, two hours ahead of UTC.
struct Home;

const NOW_S: f64 = 1_773_396_000.5;

impl TemplateContext for Home {
    fn now_s(&self) -> f64 {
        NOW_S
    }

    fn utc_offset_s(&self) -> i32 {
        7_200
    }

    fn identity(&self, _: u32) -> Option<(&str, &str)> {
        Some(("sensor.boiler", "Boiler"))
    }

    fn look_up(&self, entity_id: &str, attribute: Option<&str>) -> Option<Value> {
        match (entity_id, attribute) {
            ("sensor.boiler", None) => Some(Value::Float(21.5)),
            ("sensor.boiler", Some("unit")) => Some(Value::text("°C")),
            ("switch.pump", None) => Some(Value::text("on")),
            _ => None,
        }
    }
}

fn render_with(source: &str, variables: Variables) -> Result<String, TemplateError> {
    let mut engine = TemplateEngine::new();
    let template = engine.acquire(source)?;
    engine.render(&template, variables, 0, &Home)
}

fn render(source: &str, payload: &str) -> Result<String, TemplateError> {
    let mut variables = Variables::default();
    variables.set("value", payload);
    if let Ok(document) = Document::from_json(payload.as_bytes()) {
        variables.set("value_json", dynamic_item(document.root()));
    }
    render_with(source, variables)
}

fn check(cases: &[(&str, &str, &str)]) {
    for (source, payload, wanted) in cases {
        let printed = render(source, payload);
        assert_eq!(printed.as_deref(), Ok(*wanted), "{source} with {payload}");
    }
}

#[test]
fn templates_of_the_wild_print_what_home_assistant_prints() {
    check(&[
        // Zigbee2MQTT
        ("{{ value_json.state }}", r#"{"state":"ON"}"#, "ON"),
        (
            "{{ value_json['occupancy'] }}",
            r#"{"occupancy":true}"#,
            "True",
        ),
        (
            "{{ value_json.contact|lower }}",
            r#"{"contact":false}"#,
            "false",
        ),
        (
            "{{ value_json.update.state }}",
            r#"{"update":{"state":"idle"}}"#,
            "idle",
        ),
        (
            "{{ (value_json['update']['state'] == 'updating')|lower }}",
            r#"{"update":{"state":"updating"}}"#,
            "true",
        ),
        (
            "{{ value_json['update'].get('progress', 'null') }}",
            r#"{"update":{}}"#,
            "null",
        ),
        ("{{ value_json.missing }}", r#"{"state":"ON"}"#, ""),
        ("{{ value_json.a.b.c }}", "{}", ""),
        ("{{ value_json.battery }}", r#"{"battery":null}"#, "None"),
        (
            "{% set values = {None:None,'idle':'idle','heat':'heating'} %}\
             {{ values[value_json[\"running_state\"]] }}",
            r#"{"running_state":"heat"}"#,
            "heating",
        ),
        (
            "{% set values = {'schedule':'auto','manual':'heat'} %}\
             {% set value = value_json.mode %}{{ values[value] if value in values.keys() else 'off' }}",
            r#"{"mode":"manual"}"#,
            "heat",
        ),
        (
            "{{ {'off':0, 'low':1, 'high':3}[value_json[\"fan_mode\"]] | default('None') }}",
            r#"{"fan_mode":"turbo"}"#,
            "None",
        ),
        (
            "{{ value_json.color.x }},{{ value_json.color.y }}",
            r#"{"color":{"x":0.7,"y":0.29}}"#,
            "0.7,0.29",
        ),
        (
            "{{ value_json.effects }}",
            r#"{"effects":["a",1.0,null]}"#,
            "['a', 1.0, None]",
        ),
        // Tasmota
        (
            "{{ value_json['ENERGY'].Power }}",
            r#"{"ENERGY":{"Power":17}}"#,
            "17",
        ),
        (
            "{{ value_json['DS18B20-1'].Temperature | is_defined }}",
            r#"{"DS18B20-1":{"Temperature":21.0}}"#,
            "21.0",
        ),
        (
            "{{ value_json.POWER1 if value_json.POWER1 is defined else value_json.POWER }}",
            r#"{"POWER":"OFF"}"#,
            "OFF",
        ),
        (
            "{{ (value_json.Dimmer | float * 2.55) | round(0) | int }}",
            r#"{"Dimmer":40}"#,
            "102",
        ),
        (
            "{{ value_json.HSBColor.split(',')[0:2]|join(',') }}",
            r#"{"HSBColor":"120,50,100"}"#,
            "120,50",
        ),
        (
            "{{ value_json.Color[0:2]|int(base=16) }}",
            r#"{"Color":"FF8000"}"#,
            "255",
        ),
        (
            "{{ as_timestamp(value_json.Time) | int }}",
            r#"{"Time":"2026-03-13T12:00:00"}"#,
            "1773396000",
        ),
        // ESPHome, Frigate, OpenMQTTGateway
        ("{{ value|round(1) }}", "23.456", "23.5"),
        ("{{ value | float(0) | round(2) }}", "nonsense", "0.0"),
        ("{{ value|trim }}", "  idle ", "idle"),
        (
            "{{ value.split(',')[2].split('-')[1] }}",
            "on,50,1-2-3",
            "2",
        ),
        (
            "{{ 'ON' if value_json['type'] != 'end' else 'OFF' }}",
            r#"{"type":"new"}"#,
            "ON",
        ),
        (
            "{{ value_json.after.label ~ ':' ~ (value_json.after.top_score * 100) | round }}",
            r#"{"after":{"label":"dog","top_score":0.876}}"#,
            "dog:88",
        ),
        (
            "{{ (value_json.rssi|int < -80)|iif('weak', 'good') }}",
            r#"{"rssi":"-91"}"#,
            "weak",
        ),
        // EMS-ESP
        (
            "{{ value_json.hc1.seltemp if value_json.hc1 is defined and \
             value_json.hc1.seltemp is defined else 0 }}",
            r#"{"hc1":{"seltemp":20.5}}"#,
            "20.5",
        ),
        (
            "{% if value_json.hamode=='auto' %}auto{% elif value_json.hamode=='off' %}off\
             {% else %}heat{% endif %}",
            r#"{"hamode":"heat"}"#,
            "heat",
        ),
        (
            "{{iif(value_json.curflowtemp>40,'on','off')}}",
            r#"{"curflowtemp":41.2}"#,
            "on",
        ),
        // By hand
        (
            "{% for k, v in value_json.items() %}{% if v > 1 %}{{ k }}={{ v }};{% endif %}{% endfor %}",
            r#"{"a":1,"b":2,"c":3}"#,
            "b=2;c=3;",
        ),
        (
            "{% for c in value %}{% if c == '-' %}{% continue %}{% endif %}\
             {% if c == '!' %}{% break %}{% endif %}{{ c }}{% endfor %}",
            "a-b!c",
            "ab",
        ),
        ("{{ '%02x%02X' % (value|int, 171) }}", "10", "0aAB"),
        ("{{ '%.1f °C' % (value|float / 10) }}", "215", "21.5 °C"),
        ("{{ '{:.2f}'.format(value|float) }}", "3.14159", "3.14"),
        (
            "{{ value_json | to_json }}",
            r#"{"b":1,"a":[true,null,"ü"]}"#,
            r#"{"b":1,"a":[true,null,"ü"]}"#,
        ),
        ("{{ (value|from_json).x }}", r#"{"x":3}"#, "3"),
        (
            "{{ value_json.x ~ '' if value_json.x is not none else 'gone' }}",
            r#"{"x":null}"#,
            "gone",
        ),
        (
            "{{ ((value_json.v|int) / 1000)|round(2) }}",
            r#"{"v":2987}"#,
            "2.99",
        ),
        (
            "{{ value_json.v // 60 }}:{{ value_json.v % 60 }}",
            r#"{"v":125}"#,
            "2:5",
        ),
        (
            "{{ [value_json.a, value_json.b]|max }} {{ min(3, 2) }}",
            r#"{"a":4,"b":9}"#,
            "9 2",
        ),
        (
            "{{ value_json.x is number }} {{ value_json.x is string }}",
            r#"{"x":1}"#,
            "True False",
        ),
    ]);
}

#[test]
fn the_event_template_of_zigbee2mqtt_prints_its_parts() {
    let source = r#"{% set patterns = [
{"pattern": '^(?P<button>(?:button_)?[a-z0-9]+)_(?P<action>(?:press|hold)(?:_release)?)$', "groups": ["button", "action"]},
{"pattern": '^(?P<action>recall|scene)_(?P<scene>[0-2][0-9]{0,2})$', "groups": ["action", "scene"]}
] %}
{% set action_value = value_json.action|default('') %}
{% set ns = namespace(r=[('action', action_value)]) %}
{% for p in patterns %}
  {% set m = action_value|regex_findall(p.pattern) %}
  {% if m[0] is undefined %}{% continue %}{% endif %}
  {% for key, value in zip(p.groups, m[0]) %}
    {% set ns.r = ns.r|rejectattr(0, 'eq', key)|list + [(key, value)] %}
  {% endfor %}
{% endfor %}
{% set ns.r = ns.r + [('event_type', ns.r|selectattr(0, 'eq', 'action')|map(attribute=1)|first)] %}
{{dict.from_keys(ns.r|rejectattr(0, 'in', ('action', 'actionPrefix'))|reject('eq', ('event_type', None)))|to_json}}"#;
    check(&[
        (
            source,
            r#"{"action":"button_1_press_release"}"#,
            r#"{"button":"button_1","event_type":"press_release"}"#,
        ),
        (
            source,
            r#"{"action":"scene_12"}"#,
            r#"{"scene":"12","event_type":"scene"}"#,
        ),
        (
            source,
            r#"{"action":"toggle"}"#,
            r#"{"event_type":"toggle"}"#,
        ),
    ]);
}

#[test]
fn filters_of_home_assistant_agree_with_it() {
    check(&[
        // Python rounds half to even, on the exact binary value.
        (
            "{{ 2.5|round }} {{ 3.5|round }} {{ 2.675|round(2) }} {{ 0.25|round(1) }}",
            "",
            "2 4 2.67 0.2",
        ),
        (
            "{{ 7|round(1) }} {{ 1234.5|round(-2) }} {{ 1.21|round(1,'ceil') }}",
            "",
            "7.0 1200.0 1.3",
        ),
        (
            "{{ 1.7|round(0,'floor') }} {{ 1.3|round(0,'half') }}",
            "",
            "1 1.5",
        ),
        (
            "{{ '0x1f'|int(base=16) }} {{ '12.9'|int }} {{ 'x'|int(-1) }}",
            "",
            "31 12 -1",
        ),
        (
            "{{ 'x'|float('?') }} {{ ' 1.50 '|float }} {{ true|float }}",
            "",
            "? 1.5 1.0",
        ),
        (
            "{{ 3|multiply(10) }} {{ '2'|add(0.5) }} {{ 8|log(2) }}",
            "",
            "30.0 2.5 3.0",
        ),
        (
            "{{ 6|bitwise_and(3) }} {{ 6|bitwise_or(3) }} {{ 6|bitwise_xor(3) }}",
            "",
            "2 7 5",
        ),
        (
            "{{ '5'|is_number }} {{ 'nan'|is_number }} {{ 'a' is is_number }}",
            "",
            "True False False",
        ),
        (
            "{{ 'ab12'|regex_match('[a-b]+') }} {{ 'ab12'|regex_match('12') }}",
            "",
            "True False",
        ),
        (
            "{{ 'AB' is match('ab', ignorecase=True) }} {{ 'xab' is search('AB', true) }}",
            "",
            "True True",
        ),
        (
            r"{{ 'a1b22'|regex_replace('([0-9]+)', '<\\1>') }}",
            "",
            "a<1>b<22>",
        ),
        (
            r"{{ 'k=v'|regex_replace('(?P<k>\\w)=(?P<v>\\w)', '\\g<v>=\\g<k>') }}",
            "",
            "v=k",
        ),
        (
            r"{{ 'x=10 y=20'|regex_findall('=(\\d+)') }}",
            "",
            "['10', '20']",
        ),
        (
            r"{{ 'x=10 y=20'|regex_findall('(\\w)=(\\d)')|length }}",
            "",
            "2",
        ),
        (
            r"{{ 'x=10 y=20'|regex_findall_index('\\d+', 1) }}",
            "",
            "20",
        ),
        (
            "{{ 'SGk='|base64_decode }} {{ 'Hi'|base64_encode }}",
            "",
            "Hi SGk=",
        ),
        (
            "{{ 'Wohnzimmer: Küche 2!'|slugify }} {{ 'A b'|slugify('-') }}",
            "",
            "wohnzimmer_kuche_2 a-b",
        ),
        (
            "{{ 1|ordinal }} {{ 12|ordinal }} {{ 23|ordinal }}",
            "",
            "1st 12th 23rd",
        ),
        (
            "{{ 258|pack('>H') }} {{ 258|pack('>H')|unpack('<H') }}",
            "",
            r"b'\x01\x02' 513",
        ),
        (
            "{{ (-2)|pack('b')|unpack('B') }} {{ 1.5|pack('>f')|unpack('>f') }}",
            "",
            "254 1.5",
        ),
        (
            "{{ [1, 2, 3]|sum }} {{ 'a,b'.split(',')|last }} {{ 'ON'|lower }}",
            "",
            "6 b on",
        ),
        (
            "{{ none|default('x', true) }} {{ x|default('y') }}",
            "",
            "x y",
        ),
        (
            "{{ [('a', 1)]|list }} {{ {'a': 1.0} }} {{ \"it's\" }} {{ [\"it's\"] }}",
            "",
            "[['a', 1]] {'a': 1.0} it's [\"it's\"]",
        ),
        (
            "{{ 1e16 }} {{ 0.00001 }} {{ 10 / 4 }} {{ 7 // 2 }} {{ 10 / 5 }}",
            "",
            "1e+16 1e-05 2.5 3 2.0",
        ),
    ]);
}

#[test]
fn time_is_what_the_caller_says() {
    check(&[
        ("{{ now() }}", "", "2026-03-13 12:00:00.500000+02:00"),
        (
            "{{ utcnow().hour }} {{ now().strftime('%a %-d %b %H:%M') }}",
            "",
            "10 Fri 13 Mar 12:00",
        ),
        (
            "{{ now().isoformat() }}",
            "",
            "2026-03-13T12:00:00.500000+02:00",
        ),
        (
            "{{ 0|timestamp_custom('%Y-%m-%d %H:%M:%S') }}",
            "",
            "1970-01-01 02:00:00",
        ),
        (
            "{{ 0|timestamp_custom('%H:%M', false) }} {{ 0|timestamp_custom('%j', local=false) }}",
            "",
            "00:00 001",
        ),
        (
            "{{ 1700000000|timestamp_utc }}",
            "",
            "2023-11-14T22:13:20+00:00",
        ),
        (
            "{{ 1700000000|timestamp_local }}",
            "",
            "2023-11-15T00:13:20+02:00",
        ),
        (
            "{{ '2026-03-13T10:00:00Z'|as_datetime|as_timestamp }}",
            "",
            "1773396000.0",
        ),
        (
            "{{ '2026-03-13T12:00:00.25+02:00'|as_timestamp }}",
            "",
            "1773396000.25",
        ),
        (
            "{{ '2024-02-29'|as_datetime|as_local }}",
            "",
            "2024-02-29 00:00:00+02:00",
        ),
        (
            "{{ 1709164800|as_datetime }}",
            "",
            "2024-02-29 00:00:00+00:00",
        ),
        (
            "{{ as_timestamp(now()) - as_timestamp('2026-03-13T12:00:00') }}",
            "",
            "0.5",
        ),
        ("{{ as_datetime('2026-01-01') < now() }}", "", "True"),
        ("{{ 'soon'|as_timestamp(0) }}", "", "0"),
    ]);
    assert!(render("{{ 'soon'|as_timestamp }}", "").is_err());
    assert!(render("{{ 1e30|timestamp_utc }}", "").is_err());
}

#[test]
fn the_home_can_be_asked() {
    check(&[
        (
            "{{ states('switch.pump') }} {{ states('no.thing') }}",
            "",
            "on unknown",
        ),
        (
            "{{ is_state('switch.pump', 'on') }} {{ is_state('switch.pump', ['off']) }}",
            "",
            "True False",
        ),
        (
            "{{ state_attr('sensor.boiler', 'unit') }} {{ state_attr('sensor.boiler', 'x') }}",
            "",
            "°C None",
        ),
        (
            "{{ this.state }} {{ this.attributes.unit }} {{ this.entity_id }} {{ name }}",
            "",
            "21.5 °C sensor.boiler Boiler",
        ),
        (
            "{{ value if value|float > this.state|float else this.state }}",
            "20",
            "21.5",
        ),
        (
            "{% if states('switch.' ~ value) == 'on' %}{{ states('sensor.boiler') }}{% endif %}",
            "pump",
            "21.5",
        ),
    ]);
}

#[test]
fn what_goes_wrong_is_an_error_and_nothing_else() {
    for source in [
        "{{ value",
        "{% if %}",
        "{{ value|no_such_filter }}",
        "{% for %}",
    ] {
        let refused = render(source, "");
        assert!(
            matches!(
                refused,
                Err(TemplateError::Syntax(_) | TemplateError::Failed(_))
            ),
            "{source} {refused:?}"
        );
    }
    for source in [
        "{{ value|float }}",
        "{{ value|int }}",
        "{{ value.nothing() }}",
        "{{ value|regex_search('(') }}",
        "{{ value|regex_search('(a{100}){100}{100}') }}",
        "{{ value|from_json }}",
        "{{ '%99999999999d'|format(1) }}",
        "{{ '{:>9999999999}'.format(1) }}",
        "{{ value|pack('>H') }}",
        "{{ 70000|pack('>H') }}",
        "{{ 'A'|base64_decode }}",
    ] {
        assert!(
            matches!(render(source, "text"), Err(TemplateError::Failed(_))),
            "{source}"
        );
    }
    assert_eq!(
        render("{{ value_json.x|is_defined }}", "{}"),
        Err(TemplateError::Undefined)
    );
}

#[test]
fn work_and_output_are_limited() {
    for source in [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
        "{{ 'x' * 1000000 }}",
        "{% for a in range(5000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }}{% endfor %}",
    ] {
        let refused = render(source, "");
        assert!(
            matches!(
                refused,
                Err(TemplateError::TooMuch | TemplateError::Failed(_))
            ),
            "{source} {:?}",
            refused.map(|text| text.len())
        );
    }
    assert_eq!(
        render(&"x".repeat(MAX_SOURCE + 1), ""),
        Err(TemplateError::TooMuch)
    );
}

#[test]
fn a_template_in_use_twice_is_kept_until_both_let_go() {
    let mut engine = TemplateEngine::new();
    let first = engine.acquire("{{ value ~ 1 }}").unwrap();
    let second = engine.acquire("{{ value ~ 1 }}").unwrap();
    engine.release(&first);
    assert!(
        engine
            .render(&second, Variables::default(), 0, &Home)
            .is_ok()
    );
    engine.release(&second);
    assert!(
        engine
            .render(&second, Variables::default(), 0, &Home)
            .is_err()
    );
}

#[test]
fn the_engine_knows_which_names_a_template_reads() {
    let mut engine = TemplateEngine::new();
    let template = engine
        .acquire("{% set x = brightness[0:2] %}{{ x.effect ~ 'flash' }}{{ code }} transition")
        .unwrap();
    assert!(template.mentions("brightness") && template.mentions("code"));
    for name in ["effect", "flash", "transition"] {
        assert!(!template.mentions(name), "{name}");
    }
}
