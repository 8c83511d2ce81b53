use super::*;
use proptest::prelude::*;

fn likeness(one: &str, other: &str) -> Likeness {
    Words::of(one).likeness(&Words::of(other))
}

#[test]
fn names_are_equal_whatever_their_case_accents_articles_and_plural() {
    for (one, other) in [
        ("The Kitchen Lights", "kitchen light"),
        ("Kid's Room", "kids room"),
        ("Küche", "kuche"),
        ("living-room_lamp", "Living Room Lamp!"),
        ("switches", "switch"),
        ("Batteries", "battery"),
        ("John’s desk", "johns desk"),
    ] {
        assert_eq!(normalise(one), normalise(other), "{one}");
    }
}

#[test]
fn what_only_looks_like_a_plural_is_left_alone() {
    for word in ["bus", "glass", "gas", "status", "tennis"] {
        assert_eq!(normalise(word), word);
    }
    assert_eq!(normalise("the"), "the");
    assert_eq!(normalise("  ?! "), "");
}

#[test]
fn likeness_forgives_slips_order_and_missing_spaces_in_that_measure() {
    let near = similarity("kitchen light", "kitchin light");
    let swapped = similarity("kitchen light", "light kitchen");
    let part = similarity("kitchen light", "kitchen ceiling light");
    let other = similarity("kitchen light", "garage door");
    assert!(near > 0.9 && near < 1.0);
    assert!((swapped - REORDERED).abs() < 1e-9);
    assert!(part > 0.7 && part < swapped, "{part}");
    assert!(other < 0.4, "{other}");
    assert!(similarity("livingroom lamp", "living room lamp") > 0.9);
}

#[test]
fn words_that_sound_alike_have_one_sound() {
    for (one, other) in [
        ("light", "lite"),
        ("night", "knight"),
        ("phone", "fone"),
        ("write", "right"),
        ("cellar", "seller"),
        ("quay", "kay"),
        ("which", "witch"),
        ("bath", "path"),
        ("lamb", "lam"),
        ("schedule", "skedule"),
        ("fridge", "frige"),
    ] {
        assert_eq!(sound(one), sound(other), "{one} {other}");
    }
    for (one, other) in [("lamp", "fan"), ("door", "floor"), ("bed", "red")] {
        assert_ne!(sound(one), sound(other), "{one} {other}");
    }
}

#[test]
fn a_misheard_name_is_nearer_in_sound_than_in_spelling() {
    for (said, name) in [
        ("the lite in the seller", "cellar light"),
        ("knight stand", "nightstand"),
        ("fone charger", "phone charger"),
    ] {
        let likeness = likeness(said, name);
        assert!(likeness.sound > likeness.spelling, "{said}");
    }
}

/// The textbook recursion, for comparison.
fn slow(one: &[char], other: &[char]) -> u32 {
    match (one, other) {
        ([], rest) | (rest, []) => u32::try_from(rest.len()).unwrap(),
        ([a, one_rest @ ..], [b, other_rest @ ..]) => {
            let mut best = slow(one_rest, other_rest) + u32::from(a != b);
            best = best.min(slow(one_rest, other) + 1);
            best = best.min(slow(one, other_rest) + 1);
            match (one, other) {
                ([_, c, one_rest @ ..], [_, d, other_rest @ ..]) if a == d && b == c => {
                    best = best.min(slow(one_rest, other_rest) + 1);
                }
                _ => {}
            }
            best
        }
    }
}

proptest! {
    #[test]
    fn the_distance_agrees_with_its_definition(one in "[abc]{0,6}", other in "[abc]{0,6}") {
        let one: Vec<char> = one.chars().collect();
        let other: Vec<char> = other.chars().collect();
        let longer = u32::try_from(one.len().max(other.len())).unwrap();
        if longer > 0 {
            let wanted = 1.0 - f64::from(slow(&one, &other)) / f64::from(longer);
            prop_assert!((distance::likeness(&one, &other) - wanted).abs() < 1e-9);
        }
    }

    #[test]
    fn likeness_is_symmetric_bounded_and_one_for_the_same(one in "\\PC{0,80}", other in "\\PC{0,80}") {
        let (one, other) = (Words::of(&one), Words::of(&other));
        let (forth, back, same) = (one.likeness(&other), other.likeness(&one), one.likeness(&one));
        for (forth, back, same) in [
            (forth.spelling, back.spelling, same.spelling),
            (forth.sound, back.sound, same.sound),
        ] {
            prop_assert!((forth - back).abs() < 1e-9);
            prop_assert!((0.0..=1.0).contains(&forth));
            prop_assert!((same - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn normalising_twice_changes_only_the_plural(text in "\\PC{0,60}") {
        let once = normalise(&text);
        prop_assert!(!once.contains("  ") && once.trim() == once);
        prop_assert!(normalise(&once).len() <= once.len());
    }
}
