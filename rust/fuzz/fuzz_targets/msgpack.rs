//! Any bytes as msgpack: nothing panics, and what is read here another reader reads too.
#![no_main]

use hubagent_core::payload::{Document, Item, View};
use libfuzzer_sys::fuzz_target;
use rmpv::Value;

fn key(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Binary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

fn compare(item: &Item<'_>, other: &Value) {
    match (item.view(), other) {
        (View::Null, Value::Nil | Value::Ext(..)) => {}
        (View::Null, Value::F32(number)) => assert!(!number.is_finite()),
        (View::Null, Value::F64(number)) => assert!(!number.is_finite()),
        (View::Bool(one), Value::Boolean(two)) => assert_eq!(one, *two),
        (View::Int(one), two) => assert_eq!(Some(one), two.as_i64()),
        (View::Float(one), Value::F32(two)) => assert_eq!(one as f32, *two),
        (View::Float(one), two) => assert_eq!(Some(one), two.as_f64()),
        (View::Text(one), two) => assert_eq!(one, key(two)),
        (View::Array(items), Value::Array(others)) => {
            assert_eq!(items.clone().count(), others.len());
            items
                .zip(others)
                .for_each(|(item, other)| compare(&item, other));
        }
        (View::Object(entries), Value::Map(others)) => {
            assert_eq!(entries.clone().count(), others.len());
            for ((name, item), (other_key, other)) in entries.zip(others) {
                assert_eq!(name, key(other_key));
                compare(&item, other);
            }
        }
        (_, other) => panic!("{other} is read as something else"),
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(document) = Document::from_msgpack(bytes) {
        let other = rmpv::decode::read_value(&mut &*bytes).expect("another reader reads it");
        compare(&document.root(), &other);
    }
});
