use super::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// Reads an item back as `serde_json` would have it.
fn tree(item: &Item<'_>) -> Json {
    match item.view() {
        View::Null => Json::Null,
        View::Bool(truth) => truth.into(),
        View::Int(number) => number.into(),
        View::Float(number) => number.into(),
        View::Text(text) => text.into(),
        View::Array(items) => items.map(|item| tree(&item)).collect(),
        View::Object(entries) => {
            let entries = entries.map(|(key, item)| (key.to_owned(), tree(&item)));
            Json::Object(entries.collect())
        }
    }
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-1e9..1e9f64).prop_map(Json::from),
        "\\PC{0,8}".prop_map(Json::from),
        "[a-z\"\\\\/\n~]{0,4}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::hash_map("[a-c~/0-2]{0,3}", inner, 0..6)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

/// All pointers into a value.
fn pointers(value: &Json, here: &str, out: &mut Vec<String>) {
    out.push(here.to_owned());
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{here}/{index}"), out);
            }
        }
        Json::Object(entries) => {
            for (key, item) in entries {
                pointers(item, &format!("{here}/{}", escape(key)), out);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn json_and_its_pointers_agree_with_serde_json(value in any_json(), extra in "(/[a-c0-2~]{0,2}){0,3}") {
        let text = value.to_string();
        let document = Document::from_json(text.as_bytes()).unwrap();
        prop_assert_eq!(&tree(&document.root()), &value);
        let mut all = vec![extra];
        pointers(&value, "", &mut all);
        for pointer in all {
            let wanted = value.pointer(&pointer);
            let parsed = Pointer::parse(&pointer);
            let found = parsed.as_ref().and_then(|parsed| document.root().get(parsed));
            if parsed.is_some() {
                let found = found.map(|item| tree(&item));
                prop_assert_eq!(found.as_ref(), wanted, "{}", pointer);
            }
        }
    }

    #[test]
    fn msgpack_agrees_with_another_encoder(value in any_json()) {
        let bytes = rmp_serde::to_vec_named(&value).unwrap();
        let document = Document::from_msgpack(&bytes).unwrap();
        prop_assert_eq!(tree(&document.root()), value);
    }

    #[test]
    fn msgpack_cut_anywhere_is_refused(value in any_json()) {
        let bytes = rmp_serde::to_vec_named(&value).unwrap();
        for length in 0..bytes.len() {
            prop_assert!(Document::from_msgpack(&bytes[..length]).is_err());
        }
        let mut longer = bytes.clone();
        longer.push(0xc0);
        prop_assert!(Document::from_msgpack(&longer).is_err());
    }

    #[test]
    fn json_cut_anywhere_is_refused(entries in prop::collection::hash_map("[a-c]{1,3}", any_json(), 1..4)) {
        let text = Json::Object(entries.into_iter().collect()).to_string();
        for length in 0..text.len() {
            prop_assert!(Document::from_json(&text.as_bytes()[..length]).is_err());
        }
    }

    #[test]
    fn no_bytes_can_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = Document::from_json(&bytes);
        let _ = Document::from_msgpack(&bytes);
    }
}

#[test]
fn of_a_repeated_key_the_last_counts() {
    let document = Document::from_json(br#"{"a":1,"a":2}"#).unwrap();
    let pointer = Pointer::parse("/a").unwrap();
    assert_eq!(tree(&document.root().get(&pointer).unwrap()), json!(2));
}

#[test]
fn bare_words_for_no_number_are_null() {
    let text = br#"{"t":nan,"h":-Infinity,"s":"nan \" inf","n":[NaN,1]}"#;
    let document = Document::from_json(text).unwrap();
    let wanted = json!({"t": null, "h": null, "s": "nan \" inf", "n": [null, 1]});
    assert_eq!(tree(&document.root()), wanted);
    assert!(Document::from_json(b"{\"a\":info}").is_err());
}

#[test]
fn large_whole_numbers_become_floats() {
    let document = Document::from_json(b"18446744073709551615").unwrap();
    assert_eq!(tree(&document.root()), json!(18_446_744_073_709_551_615.0));
}

#[test]
fn small_integer_keys_and_short_floats_of_microcontrollers_are_read() {
    let bytes = [
        0x82, 0x01, 0xca, 0x41, 0xa8, 0xcc, 0xcd, 0xff, 0xc4, 0x02, b'o', b'k',
    ];
    let document = Document::from_msgpack(&bytes).unwrap();
    assert_eq!(tree(&document.root()), json!({"1": 21.1, "-1": "ok"}));
}

#[test]
fn nesting_counts_and_lengths_are_limited_before_anything_is_kept() {
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(Document::from_json(deep(MAX_DEPTH).as_bytes()).is_ok());
    assert_eq!(
        Document::from_json(deep(MAX_DEPTH + 1).as_bytes()).unwrap_err(),
        PayloadError::TooDeep
    );
    assert_eq!(
        Document::from_msgpack(&[0x91; MAX_DEPTH + 2]).unwrap_err(),
        PayloadError::TooDeep
    );
    let many = format!("[{}1]", "1,".repeat(MAX_NODES));
    assert_eq!(
        Document::from_json(many.as_bytes()).unwrap_err(),
        PayloadError::TooMany
    );
    let huge = vec![b' '; MAX_BYTES + 1];
    assert_eq!(
        Document::from_json(&huge).unwrap_err(),
        PayloadError::TooLarge(MAX_BYTES + 1)
    );
    // An array of four thousand million items in five bytes.
    assert!(Document::from_msgpack(&[0xdd, 0xff, 0xff, 0xff, 0xff]).is_err());
}

#[test]
fn what_is_not_a_pointer_is_refused() {
    for pointer in ["a", "a/b", "/~", "/~2", "/a~"] {
        assert_eq!(Pointer::parse(pointer), None, "{pointer}");
    }
    assert_eq!(
        Pointer::parse("/a~1b~0/0").unwrap().to_string(),
        "/a~1b~0/0"
    );
}
