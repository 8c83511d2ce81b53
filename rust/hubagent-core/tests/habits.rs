//! Habits against a naive model of them: a list of everything that was done.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use hubagent_core::habits::{Before, HALF_LIFE_S, Habit, Habits, MOST, WINDOW_S, cell};
use hubagent_core::hub::Hub;
use hubagent_core::persist::{Durability, FileDisk};
use proptest::prelude::*;

/// A Thursday, midnight.
const START_S: f64 = 1_767_225_600.0;
const DAY_S: f64 = 86_400.0;
const HOUR_S: f64 = 3_600.0;

#[derive(Clone, Debug)]
enum Step {
    Note(usize, usize),
    Wait(f64),
    Forget(Option<usize>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..3_usize, 0..2_usize).prop_map(|(entity, what)| Step::Note(entity, what)),
        4 => prop::sample::select(vec![30.0, 600.0, 1_200.0, HOUR_S, 90_000.0]).prop_map(Step::Wait),
        1 => prop::option::of(0..3_usize).prop_map(Step::Forget),
    ]
}

fn entity(number: usize) -> String {
    format!("light.{number}")
}

fn what(number: usize) -> &'static str {
    ["on", "off"].get(number).unwrap()
}

/// What was done (entity, what, when), and what had been done shortly before it.
type Done = (usize, usize, f64, Vec<(usize, usize)>);

fn faded(span_s: f64) -> f64 {
    0.5_f64.powf(span_s / HALF_LIFE_S)
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-9 * (1.0 + left.abs())
}

/// The last time that something was done.
fn last(done: &[Done], entity: usize, what: usize) -> Option<f64> {
    let times = done.iter().filter(|it| (it.0, it.1) == (entity, what));
    times.map(|it| it.2).next_back()
}

fn assert_same(habits: &Habits, done: &[Done], now_s: f64) {
    for number in 0..3 {
        for way in 0..2 {
            let own: Vec<_> = (done.iter())
                .filter(|it| (it.0, it.1) == (number, way))
                .collect();
            let Some(habit) = habits.get(&entity(number), what(way)) else {
                assert!(own.is_empty());
                continue;
            };
            let weight: f64 = own.iter().map(|it| faded(now_s - it.2)).sum();
            assert!(close(habit.weight(now_s), weight));
            for at in 0..48 {
                let own = own.iter().filter(|it| cell(it.2, 0) == at);
                let count: f64 = own.map(|it| faded(habit.at_s - it.2)).sum();
                assert!(close(*habit.cells.get(&at).unwrap_or(&0.0), count));
            }
            for before in &habit.before {
                let prior = |it: &(usize, usize)| {
                    entity(it.0) == *before.entity_id && what(it.1) == &*before.what
                };
                let followed = own.iter().filter(|it| it.3.iter().any(prior));
                let count: f64 = followed.map(|it| faded(habit.at_s - it.2)).sum();
                assert!(close(before.count, count), "{before:?} {count}");
            }
            let usual = habits.usual(&entity(number), what(way), now_s, 0);
            for share in [usual.hour, usual.followed] {
                assert!((0.0..=1.0).contains(&share));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_agree_with_a_list_of_all_that_was_done(steps in prop::collection::vec(step(), 1..50)) {
        let (mut habits, mut done, mut now_s) = (Habits::default(), Vec::<Done>::new(), START_S);
        for step in steps {
            match step {
                Step::Note(number, way) => {
                    habits.note(&entity(number), what(way), now_s, 0);
                    let before = (0..3)
                        .flat_map(|other| (0..2).map(move |way| (other, way)))
                        .filter(|(other, way)| {
                            *other != number
                                && last(&done, *other, *way).is_some_and(|at_s| now_s - at_s <= WINDOW_S)
                        })
                        .collect();
                    done.push((number, way, now_s, before));
                }
                Step::Wait(span_s) => now_s += span_s,
                Step::Forget(None) => {
                    habits.forget(None);
                    done.clear();
                }
                Step::Forget(Some(number)) => {
                    habits.forget(Some(&entity(number)));
                    done.retain(|it| it.0 != number);
                    for it in &mut done {
                        it.3.retain(|(other, _)| *other != number);
                    }
                }
            }
            assert_same(&habits, &done, now_s);
        }
    }

    #[test]
    fn whatever_is_put_in_is_bounded_and_sound(
        rows in prop::collection::vec(
            (0..4_usize, any::<f64>(), prop::collection::btree_map(any::<u8>(), any::<f64>(), 0..4)),
            1..30,
        ),
        now_s in any::<f64>(),
    ) {
        let mut habits = Habits::default();
        for (number, at_s, cells) in rows {
            let habit = Habit { at_s, cells, ..Habit::new(entity(number).into(), "on".into(), 0.0) };
            prop_assert_eq!(habits.put(habit.clone()), habit.is_sound());
        }
        prop_assert!(habits.len() <= 4);
        for number in 0..4 {
            let usual = habits.usual(&entity(number), "on", now_s, 0);
            prop_assert!(!(usual.hour < 0.0 || usual.hour > 1.0));
        }
    }
}

#[test]
fn what_is_done_every_work_day_at_seven_is_usual_then_and_at_no_other_time() {
    let mut habits = Habits::default();
    for day in 0..14 {
        let at_s = START_S + f64::from(day) * DAY_S + 7.1 * HOUR_S;
        if cell(at_s, 0) < 24 {
            habits.note("switch.coffee", "on", at_s, 0);
        }
    }
    let hour = |at_s: f64| habits.usual("switch.coffee", "on", at_s, 0).hour;
    let thursday = START_S + 14.0 * DAY_S;
    assert!(hour(thursday + 7.5 * HOUR_S) > 0.6);
    assert!(hour(thursday + 8.5 * HOUR_S) < hour(thursday + 7.5 * HOUR_S));
    assert!(hour(thursday + 15.0 * HOUR_S) < 1e-9);
    assert!(hour(thursday + 2.0 * DAY_S + 7.5 * HOUR_S) < hour(thursday + 7.5 * HOUR_S));
}

#[test]
fn what_follows_is_told_only_within_the_window() {
    let mut habits = Habits::default();
    for day in 0..8 {
        let at_s = START_S + f64::from(day) * DAY_S;
        habits.note("alarm", "rang", at_s, 0);
        habits.note("switch.coffee", "on", at_s + 120.0, 0);
    }
    let again_s = START_S + 8.0 * DAY_S + 5.0 * HOUR_S;
    let followed = |habits: &Habits, at_s| habits.usual("switch.coffee", "on", at_s, 0).followed;
    assert!(followed(&habits, again_s) < 1e-9);
    habits.note("alarm", "rang", again_s, 0);
    assert!(followed(&habits, again_s + 60.0) > 0.5);
    assert!(followed(&habits, again_s + WINDOW_S + 1.0) < 1e-9);
}

#[test]
fn there_are_never_more_than_fit_and_the_weakest_goes() {
    let mut habits = Habits::default();
    for _ in 0..3 {
        habits.note("light.often", "on", START_S, 0);
    }
    for number in 0..MOST + 50 {
        let at_s = START_S + 2.0 * WINDOW_S * f64::from(u32::try_from(number).unwrap());
        habits.note(&format!("light.{number}"), "on", at_s, 0);
    }
    assert_eq!(habits.len(), MOST);
    assert_eq!(habits.iter().count(), MOST);
}

#[test]
fn habits_outlive_a_restart_from_the_log_and_from_a_snapshot_alike() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let mut hub = Hub::default();
        let disk = Arc::new(FileDisk);
        let recovery = hub.persist(folder.path(), disk, Durability::Normal, START_S);
        (hub, recovery)
    };
    let told = |hub: &Hub| hub.picture().habits.iter().cloned().collect::<Vec<_>>();
    let (mut hub, _) = open();
    hub.note("light.a", "on", START_S, 3_600);
    hub.note("light.b", "on", START_S + 60.0, 3_600);
    hub.note("light.c", "off", START_S + 90.0, 3_600);
    hub.forget_habits(Some("light.c"), START_S + 91.0);
    let unsound = Habit {
        at_s: f64::NAN,
        ..Habit::new("light.d".into(), "on".into(), 0.0)
    };
    assert!(!hub.set_habit(unsound, START_S));
    let before = Before {
        entity_id: "light.a".into(),
        what: "on".into(),
        count: 1.0,
    };
    assert_eq!(told(&hub).last().unwrap().before, [before]);
    let known = told(&hub);
    assert_eq!(known.len(), 2);
    let done = hub.sync(START_S + 100.0).unwrap().run();
    hub.finish(done, START_S + 100.0);

    let (mut from_log, recovery) = open();
    assert_eq!((recovery.unread, told(&from_log)), (0, known.clone()));
    let done = from_log.close(START_S + 200.0).unwrap().run();
    from_log.finish(done, START_S + 200.0);
    let (from_snapshot, recovery) = open();
    assert_eq!(recovery.unread, 0);
    assert_eq!(told(&from_snapshot), known);
}
