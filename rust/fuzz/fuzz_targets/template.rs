//! Any template on any payload: it prints, or it is refused; it does neither for long.
#![no_main]

use hubagent_core::Value;
use hubagent_core::binding::{BindingSpec, BindingTable, Codec, Target};
use hubagent_core::command::{CommandSpec, CommandTable, PartSpec};
use hubagent_core::convert::Convert;
use hubagent_core::template::TemplateContext;
use libfuzzer_sys::fuzz_target;

/// Bytes pick from these, so that most inputs are nearly templates.
const PIECES: &[&str] = &[
    "{{ ",
    " }}",
    "{% ",
    " %}",
    "value",
    "value_json",
    ".a",
    "['b']",
    "[0]",
    "[1:3]",
    "(",
    ")",
    ",",
    " | ",
    "round(1)",
    "float",
    "float(0)",
    "int",
    "int(base=16)",
    "default('x')",
    "lower",
    "if ",
    " else ",
    "elif ",
    "endif",
    "for x in ",
    "endfor",
    "set y = ",
    "x",
    "y",
    "'%02x' % ",
    "'%s'",
    "-",
    "+",
    " * ",
    " / ",
    " // ",
    " % ",
    " ** ",
    "~",
    " == ",
    " < ",
    " > ",
    " and ",
    " or ",
    " not ",
    " is ",
    "defined",
    "none",
    "in ",
    "[1, 2]",
    "{'a': 1}",
    "1",
    "0",
    "12.5",
    "'text'",
    "\"q\"",
    "true",
    "range(9)",
    "is_defined",
    "from_json",
    "to_json",
    "regex_match('a+')",
    "regex_search('(b|c)*')",
    "regex_replace('a', '\\\\1')",
    "regex_findall('(.)(.)')",
    "regex_findall_index('.', 0)",
    "timestamp_custom('%Y %j %z')",
    "timestamp_local",
    "timestamp_utc",
    "as_datetime",
    "as_timestamp",
    "as_local",
    "bitwise_and(3)",
    "bitwise_or(3)",
    "bitwise_xor(3)",
    "multiply(2)",
    "add(1)",
    "log(10)",
    "is_number",
    "base64_encode",
    "base64_decode",
    "pack('>I')",
    "unpack('<h')",
    "slugify",
    "ordinal",
    "match('a')",
    "search('b')",
    "iif(1, 2)",
    "now()",
    "utcnow()",
    "states('a.b')",
    "is_state('a.b', 'on')",
    "state_attr('a.b', 'c')",
    "min(1, 2)",
    "max(3)",
    "this",
    ".state",
    ".attributes",
    ".split(',')",
    ".items()",
    ".get('a')",
    ".strftime('%H:%M')",
    ".timestamp()",
    ".zfill(4)",
    ".format(1)",
    "'{:>5}'",
    "format(1)",
    "join(',')",
    "sort",
    "sum",
    "list",
    "first",
    "last",
    "map(attribute='a')",
    "selectattr('a')",
    "reject('eq', 1)",
    "unique",
    "length",
    "string",
    "namespace(a=1)",
    "zip",
    "dict.from_keys",
    "continue",
    "break",
    "trim",
    "\n",
];

struct Home;

impl TemplateContext for Home {
    fn now_s(&self) -> f64 {
        1.7e9
    }

    fn utc_offset_s(&self) -> i32 {
        -12_600
    }

    fn identity(&self, _: u32) -> Option<(&str, &str)> {
        Some(("sensor.a", "A"))
    }

    fn look_up(&self, entity_id: &str, attribute: Option<&str>) -> Option<Value> {
        (entity_id.len() % 2 == 1)
            .then(|| Value::Int(attribute.map_or(1, |name| name.len() as i64)))
    }
}

fn read(template: &str, payload: &[u8]) -> (u32, Vec<Value>) {
    let mut table = BindingTable::new();
    let spec = BindingSpec {
        topic: "t".into(),
        target: Target::Attribute("x".into()),
        codec: Codec::Text,
        pointers: vec![],
        template: template.into(),
        convert: Convert::default(),
    };
    if table.replace(1, vec![spec]).is_err() {
        return (1, vec![]);
    }
    let mut updates = Vec::new();
    let extracted = table.extract("t", payload, &Home, &mut updates);
    let values = updates.into_iter().map(|update| update.value);
    (extracted.failed, values.collect())
}

fn send(template: &str, payload: &[u8]) {
    let mut table = CommandTable::new();
    let part = PartSpec {
        topic: "t".into(),
        key: "value".into(),
        template: template.into(),
        ..PartSpec::default()
    };
    let spec = CommandSpec {
        command: "go".into(),
        parts: vec![part],
        optimistic: false,
    };
    if table.replace(1, vec![spec]).is_ok() {
        let text = String::from_utf8_lossy(payload);
        for value in [Value::text(text.as_ref()), Value::Int(payload.len() as i64)] {
            let _ = table.render(1, "go", &[("value", value)], &Home);
        }
    }
}

fuzz_target!(|input: (bool, Vec<u8>, Vec<u8>)| {
    let (raw, source, payload) = input;
    let source = if raw {
        String::from_utf8_lossy(&source).into_owned()
    } else {
        let pieces = source
            .iter()
            .take(64)
            .map(|byte| PIECES[usize::from(*byte) % PIECES.len()]);
        pieces.collect()
    };
    let first = read(&source, &payload);
    send(&source, &payload);
    // A plain template, and the same where the engine has to read it.
    if let Some(inner) = source
        .strip_prefix("{{ ")
        .and_then(|rest| rest.strip_suffix(" }}"))
        && !inner.contains(['{', '}', '%', '\'', '"'])
        && !inner.contains("now")
        && first.0 == 0
    {
        let second = read(&format!("{{{{ ({inner}) }}}}"), &payload);
        assert_eq!(first, second, "{source}");
    }
});
