use super::*;

const ROOMS: [&str; 16] = [
    "Kitchen",
    "Living Room",
    "Bedroom",
    "Bathroom",
    "Office",
    "Garage",
    "Cellar",
    "Attic",
    "Hallway",
    "Nursery",
    "Dining Room",
    "Guest Room",
    "Terrace",
    "Laundry",
    "Study",
    "Pantry",
];
const THINGS: [&str; 16] = [
    "Ceiling Light",
    "Desk Lamp",
    "Fan",
    "Heater",
    "Blind",
    "Socket",
    "Motion Sensor",
    "Speaker",
    "Thermostat",
    "Door Lock",
    "Window",
    "Night Light",
    "Curtain",
    "Humidifier",
    "Camera",
    "Smoke Alarm",
];

/// A plain generator, so that the test says which names it was about.
fn next(seed: &mut u64) -> usize {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap()
}

fn home(names: usize) -> NameIndex {
    NameIndex::new((0..names).map(|number| {
        let room = ROOMS[number % ROOMS.len()];
        let thing = THINGS[number / ROOMS.len() % THINGS.len()];
        let name = match number / (ROOMS.len() * THINGS.len()) {
            0 => format!("{room} {thing}"),
            round => format!("{room} {thing} {round}"),
        };
        let id = format!("entity.{number}");
        (NameKind::Entity, id.into(), name.into())
    }))
}

/// Scores every name, without the index.
fn best_of_all(index: &NameIndex, words: &str) -> NameMatch {
    let words = Words::of(words);
    let scored = index.rows.iter().map(|row| row.score(&words));
    scored
        .max_by(|one, other| one.nearness().total_cmp(&other.nearness()))
        .unwrap()
}

/// Drops, doubles, swaps or replaces one letter.
fn misspell(name: &str, seed: &mut u64) -> String {
    let mut letters: Vec<char> = name.to_lowercase().chars().collect();
    let at = next(seed) % (letters.len() - 1);
    match next(seed) % 4 {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        2 => letters.swap(at, at + 1),
        _ => letters[at] = char::from(b'a' + u8::try_from(next(seed) % 26).unwrap()),
    }
    letters.into_iter().collect()
}

#[test]
fn an_exact_name_comes_first_and_says_so() {
    let index = home(2_000);
    let found = index.matches("the kitchen ceiling lights", 3);
    assert_eq!(&*found[0].name, "Kitchen Ceiling Light");
    assert!(found[0].exact);
    assert!((found[0].fuzzy - 1.0).abs() < 1e-9);
    assert!(!found[1].exact);
    assert_eq!(found.len(), 3);
}

#[test]
fn a_thing_with_several_names_is_reported_once_with_the_best() {
    let rows = [
        ("light.a", "Desk"),
        ("light.a", "Work lamp"),
        ("light.b", "Lamp"),
    ];
    let rows = rows.map(|(id, name)| (NameKind::Entity, Arc::from(id), Arc::from(name)));
    let found = NameIndex::new(rows).matches("work lamp", 8);
    assert_eq!(found.len(), 2);
    assert_eq!((&*found[0].id, &*found[0].name), ("light.a", "Work lamp"));
}

#[test]
fn misheard_and_misspelled_names_are_found_as_scoring_all_names_would() {
    let index = home(600);
    let mut seed = 7;
    let (mut same, mut total) = (0, 0);
    for _ in 0..60 {
        let name = &index.rows[next(&mut seed) % index.rows.len()].name;
        let mut said = misspell(name, &mut seed);
        if next(&mut seed) % 2 == 0 {
            said = misspell(&said, &mut seed);
        }
        let wanted = best_of_all(&index, &said).nearness();
        let found = index.matches(&said, 8);
        total += 1;
        same += usize::from(
            found
                .first()
                .is_some_and(|one| one.nearness() >= wanted - 1e-9),
        );
    }
    assert!(same * 100 >= total * 99, "{same} of {total}");
}

#[test]
fn sounds_bring_names_that_share_no_letters_in_a_row() {
    let rows = ["Knight Rider", "Phone", "Lamp"];
    let rows = rows.map(|name| (NameKind::Device, Arc::from(name), Arc::from(name)));
    let index = NameIndex::new(rows);
    assert_eq!(&*index.matches("fon", 1)[0].name, "Phone");
    assert_eq!(&*index.matches("nite", 1)[0].name, "Knight Rider");
}

#[test]
fn nothing_matches_nothing() {
    assert!(home(10).matches("", 5).is_empty());
    assert!(home(10).matches("?!", 5).is_empty());
    assert!(home(0).matches("kitchen", 5).is_empty());
    assert!(home(10).matches("xylophone quartz", 5).is_empty());
    assert!(home(10).matches("kitchen", 0).is_empty());
}
