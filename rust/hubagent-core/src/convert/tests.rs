use super::*;
use proptest::prelude::*;

fn words(pairs: &[(&str, &str)]) -> Vec<(Box<str>, Box<str>)> {
    let pairs = pairs.iter();
    pairs
        .map(|(device, home)| ((*device).into(), (*home).into()))
        .collect()
}

fn home(convert: &Convert, reading: &Reading<'_>) -> Option<Value> {
    convert.to_home(reading, Spelling::Json).unwrap()
}

#[test]
fn booleans_match_words_in_either_spelling() {
    for (on, off) in [("true", "false"), ("True", "False")] {
        let convert = Convert {
            words: words(&[(on, "on"), (off, "off")]),
            ..Convert::default()
        };
        assert_eq!(
            home(&convert, &Reading::Bool(true)),
            Some(Value::text("on"))
        );
        assert_eq!(
            home(&convert, &Reading::Bool(false)),
            Some(Value::text("off"))
        );
    }
}

#[test]
fn words_are_case_sensitive_and_strict_ones_ignore_the_rest() {
    let mut convert = Convert {
        words: words(&[("ON", "on"), ("1", "on"), ("", "off")]),
        ..Convert::default()
    };
    assert_eq!(
        home(&convert, &Reading::Text("ON")),
        Some(Value::text("on"))
    );
    assert_eq!(home(&convert, &Reading::Int(1)), Some(Value::text("on")));
    assert_eq!(
        home(&convert, &Reading::Float(1.0)),
        Some(Value::text("on"))
    );
    assert_eq!(home(&convert, &Reading::Text("")), Some(Value::text("off")));
    assert_eq!(
        home(&convert, &Reading::Text("on")),
        Some(Value::text("on"))
    );
    assert_eq!(
        home(&convert, &Reading::Text("oN")),
        Some(Value::text("oN"))
    );
    convert.strict = true;
    assert_eq!(home(&convert, &Reading::Text("oN")), None);
    assert_eq!(home(&convert, &Reading::Null), Some(Value::Null));
}

#[test]
fn numbers_are_read_as_devices_write_them() {
    let convert = Convert {
        kind: Kind::Number,
        ..Convert::default()
    };
    for (text, value) in [
        ("23.4", Value::Float(23.4)),
        ("23,4", Value::Float(23.4)),
        (" 7 ", Value::Int(7)),
        ("-1e3", Value::Float(-1000.0)),
        ("nan", Value::Null),
        ("inf", Value::Null),
        ("unavailable", Value::Null),
        ("1,2,3", Value::Null),
    ] {
        assert_eq!(home(&convert, &Reading::Text(text)), Some(value), "{text}");
    }
    assert_eq!(home(&convert, &Reading::Text("")), None);
    assert_eq!(home(&convert, &Reading::Bool(true)), Some(Value::Int(1)));
}

#[test]
fn lists_of_numbers_are_read_from_arrays_and_from_text() {
    let convert = Convert {
        kind: Kind::Numbers,
        ..Convert::default()
    };
    let list = Value::List([Value::Int(255), Value::Int(0), Value::Float(10.5)].into());
    for text in ["255,0,10.5", "(255, 0, 10.5)", "[255,0,10.5]"] {
        assert_eq!(home(&convert, &Reading::Text(text)), Some(list.clone()));
    }
    assert_eq!(home(&convert, &Reading::Text(",,")), None);
    assert_eq!(home(&convert, &Reading::Text("1,,2")), Some(Value::Null));
    let many = "1,".repeat(MAX_LIST + 5);
    assert_eq!(home(&convert, &Reading::Text(&many)), Some(Value::Null));
}

#[test]
fn booleans_are_read_from_the_words_that_mean_them() {
    let convert = Convert {
        kind: Kind::Boolean,
        ..Convert::default()
    };
    for (text, value) in [
        ("ON", Value::Bool(true)),
        ("True", Value::Bool(true)),
        ("no", Value::Bool(false)),
        ("0", Value::Bool(false)),
        ("perhaps", Value::Null),
    ] {
        assert_eq!(home(&convert, &Reading::Text(text)), Some(value), "{text}");
    }
    let odd = Convert {
        kind: Kind::Boolean,
        words: words(&[("oscillate_on", "true"), ("oscillate_off", "false")]),
        strict: true,
        ..Convert::default()
    };
    assert_eq!(
        home(&odd, &Reading::Text("oscillate_off")),
        Some(Value::Bool(false))
    );
    assert_eq!(
        odd.to_device(&Value::Bool(true)),
        Ok(Value::text("oscillate_on"))
    );
    assert_eq!(
        odd.to_device(&Value::text("off")),
        Ok(Value::text("oscillate_off"))
    );
    assert!(odd.to_device(&Value::text("maybe")).is_err());
}

#[test]
fn scales_clamp_and_may_run_backwards() {
    let convert = Convert {
        kind: Kind::Number,
        scale: Some([0.0, 254.0, 0.0, 255.0]),
        integer: true,
        ..Convert::default()
    };
    assert_eq!(home(&convert, &Reading::Int(127)), Some(Value::Int(128)));
    assert_eq!(home(&convert, &Reading::Int(999)), Some(Value::Int(255)));
    assert_eq!(convert.to_device(&Value::Int(255)), Ok(Value::Int(254)));
    let inverted = Convert {
        scale: Some([0.0, 100.0, 100.0, 0.0]),
        ..convert
    };
    assert_eq!(home(&inverted, &Reading::Int(30)), Some(Value::Int(70)));
    assert_eq!(inverted.to_device(&Value::Int(70)), Ok(Value::Int(30)));
}

#[test]
fn mired_and_kelvin_go_both_ways() {
    let convert = Convert {
        kind: Kind::Number,
        reciprocal: true,
        integer: true,
        ..Convert::default()
    };
    assert_eq!(home(&convert, &Reading::Int(370)), Some(Value::Int(2703)));
    assert_eq!(convert.to_device(&Value::Int(2703)), Ok(Value::Int(370)));
    assert_eq!(home(&convert, &Reading::Int(0)), Some(Value::Null));
    assert!(convert.to_device(&Value::Int(0)).is_err());
}

#[test]
fn a_home_word_may_stand_for_a_number_of_the_device() {
    let convert = Convert {
        kind: Kind::Number,
        words: words(&[("2", "short"), ("10", "long")]),
        strict: true,
        ..Convert::default()
    };
    assert_eq!(
        convert.to_device(&Value::text("long")),
        Ok(Value::text("10"))
    );
    let refused = convert.to_device(&Value::Int(5)).unwrap_err();
    assert_eq!(refused.to_string(), "`5` is none of short, long");
}

#[test]
fn a_value_that_is_no_number_is_not_sent_as_one() {
    let convert = Convert {
        kind: Kind::Number,
        ..Convert::default()
    };
    assert!(convert.to_device(&Value::text("warm")).is_err());
    assert_eq!(
        convert.to_device(&Value::text("22,5")),
        Ok(Value::Float(22.5))
    );
}

#[test]
fn overlong_text_is_refused() {
    let long = "x".repeat(MAX_TEXT + 1);
    let reading = Reading::Text(&long);
    assert!(
        Convert::default()
            .to_home(&reading, Spelling::Json)
            .is_err()
    );
}

#[test]
fn a_scale_without_extent_is_refused() {
    for scale in [
        [1.0, 1.0, 0.0, 100.0],
        [0.0, 1.0, 5.0, 5.0],
        [0.0, f64::NAN, 0.0, 1.0],
        [0.0, 1.0, 0.0, f64::INFINITY],
    ] {
        let convert = Convert {
            scale: Some(scale),
            ..Convert::default()
        };
        assert_eq!(convert.check(), Err(ScaleError));
    }
}

proptest! {
    /// What the home learnt from a device, sent back, is what the device said.
    #[test]
    fn a_number_survives_the_way_to_the_home_and_back(
        low in -1000.0..1000.0f64,
        span in 1.0..1000.0f64,
        home_low in -1000.0..1000.0f64,
        home_span in prop_oneof![1.0..1000.0f64, -1000.0..-1.0f64],
        share in 0.0..1.0f64,
    ) {
        let convert = Convert {
            kind: Kind::Number,
            scale: Some([low, low + span, home_low, home_low + home_span]),
            ..Convert::default()
        };
        let said = low + share * span;
        let value = home(&convert, &Reading::Float(said)).unwrap();
        let back = convert.to_device(&value).unwrap().as_f64().unwrap();
        prop_assert!((back - said).abs() < 1e-6, "{said} {back}");
    }

    #[test]
    fn a_reciprocal_number_survives_too(mired in 1u16..1000) {
        let convert = Convert { kind: Kind::Number, reciprocal: true, ..Convert::default() };
        let value = home(&convert, &Reading::Int(i64::from(mired))).unwrap();
        let back = convert.to_device(&value).unwrap().as_f64().unwrap();
        prop_assert!((back - f64::from(mired)).abs() < 1e-6);
    }

    #[test]
    fn a_word_survives_whatever_the_pairs(
        pairs in prop::collection::btree_map("[A-Z]{1,4}", "[a-z]{1,4}", 1..6),
        pick in any::<prop::sample::Index>(),
    ) {
        let mut homes: Vec<_> = pairs.values().collect();
        homes.sort();
        homes.dedup();
        prop_assume!(homes.len() == pairs.len());
        let pairs: Vec<_> = pairs.iter().map(|(d, h)| (d.as_str(), h.as_str())).collect();
        let convert = Convert { words: words(&pairs), strict: true, ..Convert::default() };
        let (device, _) = pairs[pick.index(pairs.len())];
        let value = home(&convert, &Reading::Text(device)).unwrap();
        prop_assert_eq!(convert.to_device(&value).unwrap(), Value::text(device));
    }

    #[test]
    fn nothing_a_device_says_becomes_a_number_that_is_none(
        bits in any::<u64>(),
        text in "\\PC{0,12}",
        low in any::<f64>(),
        high in any::<f64>(),
        reciprocal in any::<bool>(),
        integer in any::<bool>(),
    ) {
        let convert = Convert {
            kind: Kind::Number,
            scale: Some([low, high, 0.0, 100.0]),
            reciprocal,
            integer,
            ..Convert::default()
        };
        prop_assume!(convert.check().is_ok());
        for reading in [Reading::Float(f64::from_bits(bits)), Reading::Text(&text)] {
            if let Some(Value::Float(number)) = home(&convert, &reading) {
                prop_assert!(number.is_finite());
            }
        }
    }
}
