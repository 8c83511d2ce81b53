use super::*;
use proptest::prelude::*;

const WIDTH: usize = 16;

fn direction() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-1.0f32..1.0, WIDTH).prop_filter("points nowhere", |vector| {
        vector.iter().any(|number| number.abs() > 0.01)
    })
}

fn phrases() -> impl Strategy<Value = Vec<(u64, String, Vec<f32>)>> {
    prop::collection::vec((0u64..40, "[a-f ]{0,12}", direction()), 0..60)
}

fn filled(phrases: &[(u64, String, Vec<f32>)]) -> PhraseIndex {
    let mut index = PhraseIndex::new(WIDTH).unwrap();
    for (id, text, vector) in phrases {
        index.add(*id, text, vector).unwrap();
    }
    index
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let dot = |one: &[f32], other: &[f32]| -> f32 {
        one.iter().zip(other).map(|(one, other)| one * other).sum()
    };
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
}

/// Phrases of a home and the vector (1, 0, ...), (0, 1, ...) of each.
fn home() -> PhraseIndex {
    let texts = [
        "turn on the living room lamp",
        "play imagine dragons",
        "open the garage door",
        "what is the weather",
    ];
    let mut index = PhraseIndex::new(WIDTH).unwrap();
    for (id, text) in (0..).zip(texts) {
        index
            .add(id, text, &unit(usize::try_from(id).unwrap()))
            .unwrap();
    }
    index
}

fn unit(at: usize) -> Vec<f32> {
    (0..WIDTH)
        .map(|axis| f32::from(u8::from(axis == at)))
        .collect()
}

proptest! {
    #[test]
    fn all_phrases_are_measured_as_their_floats_would_be(phrases in phrases(), query in direction()) {
        let index = filled(&phrases);
        let last: HashMap<u64, &Vec<f32>> = phrases.iter().map(|(id, _, vector)| (*id, vector)).collect();
        let near = index.nearest("abc", &query, usize::MAX).unwrap();
        prop_assert_eq!(near.len(), last.len());
        prop_assert_eq!(index.len(), last.len());
        for found in &near {
            prop_assert!((found.similarity - cosine(last[&found.id], &query)).abs() < 0.03);
            prop_assert!((0.0..=1.0).contains(&found.sound));
        }
        let sums = near.iter().map(|near| near.similarity + near.sound);
        prop_assert!(sums.is_sorted_by(|one, other| one >= other));
    }

    #[test]
    fn few_are_the_best_of_all_on_either_side(phrases in phrases(), query in direction(), limit in 0usize..9) {
        let index = filled(&phrases);
        let all = index.nearest("bead face", &query, usize::MAX).unwrap();
        let best = |measure: fn(&Near) -> f32| {
            let mut all = all.clone();
            all.sort_by(|one, other| measure(other).total_cmp(&measure(one)).then(one.id.cmp(&other.id)));
            all.truncate(limit);
            all
        };
        let mut wanted: BTreeSet<u64> = best(|near| near.similarity).iter().map(|near| near.id).collect();
        wanted.extend(best(|near| near.sound).iter().filter(|near| near.sound > 0.0).map(|near| near.id));
        let found: Vec<Near> = index.nearest("bead face", &query, limit).unwrap();
        prop_assert_eq!(&found, &all.into_iter().filter(|near| wanted.contains(&near.id)).collect::<Vec<_>>());
    }

    #[test]
    fn neither_order_nor_what_was_removed_shows(phrases in phrases(), removed in prop::collection::vec(0u64..40, 0..20), query in direction()) {
        let mut index = filled(&phrases);
        for id in &removed {
            let known = phrases.iter().any(|phrase| phrase.0 == *id);
            let before = index.len();
            prop_assert_eq!(index.remove(*id), known && index.len() < before);
            prop_assert!(!index.remove(*id));
        }
        let mut last: Vec<_> = phrases.clone();
        last.retain(|(id, _, _)| !removed.contains(id));
        let mut only: HashMap<u64, (u64, String, Vec<f32>)> = HashMap::new();
        for phrase in last {
            only.insert(phrase.0, phrase);
        }
        let anew = filled(&only.into_values().collect::<Vec<_>>());
        prop_assert_eq!(index.nearest("fade", &query, 5).unwrap(), anew.nearest("fade", &query, 5).unwrap());
    }

    #[test]
    fn bytes_bring_all_of_it_back(phrases in phrases(), query in direction()) {
        let index = filled(&phrases);
        let bytes = index.to_bytes();
        let read = PhraseIndex::from_bytes(&bytes).unwrap();
        prop_assert_eq!(read.to_bytes(), bytes);
        prop_assert_eq!(index.nearest("decaf", &query, 7).unwrap(), read.nearest("decaf", &query, 7).unwrap());
    }

    #[test]
    fn changed_bytes_are_refused(phrases in phrases(), at in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<prop::sample::Index>()) {
        let bytes = filled(&phrases).to_bytes();
        let mut changed = bytes.clone();
        changed[at.index(bytes.len())] ^= 1 << bit;
        prop_assert!(PhraseIndex::from_bytes(&changed).is_err());
        prop_assert!(PhraseIndex::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
    }

    #[test]
    fn bytes_with_a_right_checksum_are_read_or_refused(
        phrases in phrases(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        more in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut bytes = filled(&phrases).to_bytes();
        bytes.truncate(bytes.len() - 4);
        bytes.extend(more);
        let length = bytes.len() - 8;
        for (at, byte) in edits {
            bytes[8 + at.index(length)] = byte;
        }
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        if let Ok(index) = PhraseIndex::from_bytes(&bytes) {
            prop_assert_eq!(index.to_bytes(), bytes);
            let query = vec![1.0; index.width()];
            for near in index.nearest("cab", &query, 3).unwrap() {
                prop_assert!((-1.0..=1.0).contains(&near.similarity));
            }
        }
    }
}

#[test]
fn a_header_that_claims_too_much_costs_nothing() {
    for (width, count) in [(0, u32::MAX), (4096, u32::MAX), (u32::MAX, 1), (5000, 0)] {
        let mut bytes = PhraseIndex::new(0).unwrap().to_bytes();
        bytes.truncate(8);
        bytes.extend(width.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        assert!(PhraseIndex::from_bytes(&bytes).is_err());
    }
    assert_eq!(
        PhraseIndex::from_bytes(b"").unwrap_err(),
        IndexError::Bytes("cut off")
    );
}

#[test]
fn what_was_misheard_is_found_by_its_sound() {
    let index = home();
    let first = |text: &str| index.nearest(text, &[], 2).unwrap()[0];
    assert_eq!(first("turn on the livingroom lamb").id, 0);
    assert_eq!(first("play maj and dragons").id, 1);
    assert_eq!(first("open the carriage door").id, 2);
    assert_eq!(first("what's the whether").id, 3);
    let same = first("Open the garage door!");
    assert!((same.sound - 1.0).abs() < 1e-6);
    assert!(same.similarity.abs() < 1e-6);
}

#[test]
fn both_ways_bring_their_own_and_both_measures() {
    let near = home().nearest("what is the weather", &unit(0), 1).unwrap();
    assert_eq!(near.len(), 2);
    let of = |id| *near.iter().find(|near| near.id == id).unwrap();
    assert!((of(0).similarity - 1.0).abs() < 1e-6 && of(0).sound < 0.5);
    assert!(of(3).similarity.abs() < 1e-6 && of(3).sound > 0.99);
}

#[test]
fn phrases_without_a_sound_or_a_vector_are_kept() {
    let mut index = home();
    index.add(9, "?!", &unit(5)).unwrap();
    assert_eq!(index.nearest("", &unit(5), 1).unwrap()[0].id, 9);
    assert!(index.nearest("", &[], 9).unwrap().is_empty());
    let mut sounds = PhraseIndex::new(0).unwrap();
    sounds.add(1, "lamp on", &[]).unwrap();
    sounds.add(2, "fan off", &[]).unwrap();
    let read = PhraseIndex::from_bytes(&sounds.to_bytes()).unwrap();
    assert_eq!(read.nearest("lamb on", &[], 1).unwrap()[0].id, 1);
    assert_eq!(read.len(), 2);
}

#[test]
fn a_vector_of_another_kind_changes_nothing() {
    let mut index = home();
    let width = IndexError::Width {
        found: 1,
        width: WIDTH,
    };
    assert_eq!(index.add(0, "x", &[1.0]).unwrap_err(), width);
    assert_eq!(index.nearest("x", &[1.0], 1).unwrap_err(), width);
    for number in [0.0, f32::NAN, f32::INFINITY, f32::MIN_POSITIVE / 4.0] {
        let mut vector = vec![0.0; WIDTH];
        vector[3] = number;
        assert_eq!(
            index.add(0, "x", &vector).unwrap_err(),
            IndexError::Direction
        );
        assert_eq!(
            index.nearest("x", &vector, 1).unwrap_err(),
            IndexError::Direction
        );
    }
    assert_eq!(index.to_bytes(), home().to_bytes());
    assert_eq!(
        PhraseIndex::new(5000).unwrap_err(),
        IndexError::TooWide(5000)
    );
}
