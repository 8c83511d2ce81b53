//! Whatever happens to the files: the store starts, says what it lost, and invents nothing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../homes/mod.rs"]
mod homes;

mod disks;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use hubagent_core::Value;
use hubagent_core::hub::Hub;
use hubagent_core::persist::log::RETRY_S;
use hubagent_core::persist::{Disk, Durability, FileDisk, Job, Recovery};
use hubagent_core::registry::{Area, EntityFacts};
use hubagent_core::store::STATE;

use disks::{Fault, FaultyDisk, PowerDisk};
use homes::{entity, lamp, message};

const START_S: f64 = 1_700_000_000.0;

/// An empty folder; in memory where there is such a thing, as thousands are made here.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.unwrap()
}

fn open(directory: &Path, disk: Arc<dyn Disk>, now_s: f64) -> (Hub, Recovery) {
    let mut hub = Hub::default();
    let recovery = hub.persist(directory, disk, Durability::Normal, now_s);
    (hub, recovery)
}

fn reopen(directory: &Path) -> (Hub, Recovery) {
    open(directory, Arc::new(FileDisk), START_S)
}

fn run(hub: &mut Hub, job: Option<Job>, now_s: f64) -> bool {
    let Some(job) = job else { return false };
    let done = job.run();
    let durable = done.is_durable();
    hub.finish(done, now_s);
    durable
}

/// The owner gives the only area a number for a name; says whether that is on the medium.
fn say(hub: &mut Hub, number: usize, now_s: f64) -> bool {
    let area = Area {
        area_id: "a".into(),
        name: number.to_string().into(),
        aliases: Vec::new(),
        floor_id: None,
    };
    hub.set_area(area, now_s);
    let job = hub.sync(now_s);
    run(hub, job, now_s)
}

fn said(hub: &Hub) -> usize {
    let picture = hub.picture();
    let area = picture.registry.area("a");
    area.map_or(0, |area| area.name.parse().unwrap())
}

fn state(hub: &Hub, entity_id: &str) -> Option<Value> {
    let picture = hub.picture();
    let (_, state) = picture.find(entity_id)?;
    Some(state.state().clone())
}

/// Everything a store knows, in comparable form.
fn contents(hub: &Hub) -> Vec<String> {
    let records = hub.picture();
    let records = records.records().map(|record| format!("{record:?}"));
    records.collect()
}

/// A store with a log of many kinds of records, and its contents after each of them.
fn scripted(directory: &Path) -> Vec<Vec<String>> {
    let (mut hub, _) = reopen(directory);
    let mut history = vec![contents(&hub)];
    let mut now_s = START_S;
    for step in 0..12 {
        now_s += 10.0;
        match step % 6 {
            0 => {
                hub.declare(lamp(step), now_s).unwrap();
            }
            1 => {
                say(&mut hub, step, now_s);
            }
            2 => {
                let facts = EntityFacts {
                    name: Some(format!("name {step}").into()),
                    ..EntityFacts::default()
                };
                hub.set_entity_facts("light.lamp_0", facts, now_s).unwrap();
            }
            3 => {
                hub.ingest([message("home/0", &format!("state {step}"), now_s)]);
            }
            4 => {
                hub.declare(lamp(100 + step), now_s).unwrap();
            }
            _ => {
                hub.remove(&format!("light.lamp_{}", 100 + step - 1), now_s);
            }
        }
        hub.sync(now_s);
        history.push(contents(&hub));
    }
    history
}

#[test]
fn a_log_cut_at_any_byte_gives_back_a_prefix_of_what_happened() {
    let made = folder();
    let history = scripted(made.path());
    let log = fs::read(made.path().join("state.log")).unwrap();
    assert!(log.len() > 1000);
    let mut seen = 0;
    for length in 0..=log.len() {
        let directory = folder();
        let path = directory.path().join("state.log");
        fs::write(&path, &log[..length]).unwrap();
        let (mut hub, recovery) = reopen(directory.path());
        let now = contents(&hub);
        let place = history.iter().position(|then| *then == now);
        let place = place.unwrap_or_else(|| panic!("cut at {length}: {now:#?}"));
        assert!(place >= seen, "a longer log gives no less");
        seen = place;
        assert_eq!(recovery.refused, None);
        let kept = fs::metadata(&path).unwrap().len();
        assert_eq!(kept + recovery.dropped_bytes, length as u64);
        if length % 16 != 0 {
            continue;
        }
        // It goes on from there.
        assert!(say(&mut hub, 77, START_S));
        let (hub, recovery) = reopen(directory.path());
        assert_eq!(said(&hub), 77);
        assert_eq!(recovery.dropped_bytes, 0);
    }
    assert_eq!(seen, history.len() - 1);
}

#[test]
fn a_flipped_bit_in_the_log_costs_the_records_behind_it_and_no_more() {
    let made = folder();
    let history = scripted(made.path());
    let log = fs::read(made.path().join("state.log")).unwrap();
    for position in 0..log.len() {
        let directory = folder();
        let mut damaged = log.clone();
        damaged[position] ^= 1 << (position % 8);
        fs::write(directory.path().join("state.log"), &damaged).unwrap();
        let (hub, recovery) = reopen(directory.path());
        assert!(history.contains(&contents(&hub)), "bit in byte {position}");
        assert!(recovery.dropped_bytes > 0);
    }
}

#[test]
fn a_damaged_snapshot_is_put_aside_and_the_one_before_it_serves_with_its_log() {
    let made = folder();
    scripted(made.path());
    let (mut hub, _) = reopen(made.path());
    for round in 0..3 {
        say(&mut hub, 100 + round, START_S);
        let job = hub.close(START_S);
        assert!(run(&mut hub, job, START_S));
    }
    assert!(say(&mut hub, 200, START_S));
    let whole = contents(&hub);
    drop(hub);

    let names = |directory: &Path| {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let all = names(made.path());
    let snapshots: Vec<_> = all.iter().filter(|it| it.contains("snap")).collect();
    assert_eq!(snapshots.len(), 2, "{all:?}");
    let newest = snapshots
        .iter()
        .max_by_key(|name| name.rsplit('.').next().unwrap().parse::<u64>().unwrap())
        .unwrap();
    let bytes = fs::read(made.path().join(newest)).unwrap();
    for position in (0..bytes.len()).step_by(7).chain([bytes.len() - 1]) {
        let directory = folder();
        for name in &all {
            fs::copy(made.path().join(name), directory.path().join(name)).unwrap();
        }
        let mut damaged = bytes.clone();
        damaged[position] ^= 0x10;
        fs::write(directory.path().join(newest), &damaged).unwrap();
        let (hub, recovery) = reopen(directory.path());
        assert_eq!(contents(&hub), whole, "byte {position}");
        assert_eq!(recovery.set_aside, [format!("{newest}.bad")]);
        assert_eq!(recovery.dropped_bytes, 0);
    }
}

#[test]
fn files_that_are_no_files_of_ours_do_not_stop_the_start() {
    let directory = folder();
    for (name, bytes) in [
        ("state.log", &b"not a log at all, not even close"[..]),
        ("state.log.7", b"\xff\xff\xff\xff"),
        ("state.snap.9", b""),
        ("state.snap.tmp", b"half"),
        ("state.snap.x", b""),
        ("notes.txt", b"mine"),
    ] {
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    let (mut hub, recovery) = reopen(directory.path());
    assert!(recovery.dropped_bytes > 0);
    assert!(recovery.set_aside.contains(&"state.snap.9.bad".to_owned()));
    // What is left of the files is not whole, so a snapshot comes first.
    let job = hub.due(START_S);
    assert!(run(&mut hub, job, START_S));
    assert!(say(&mut hub, 5, START_S));
    let (hub, recovery) = reopen(directory.path());
    assert_eq!((said(&hub), recovery.dropped_bytes), (5, 0));
    assert_eq!(
        fs::read(directory.path().join("notes.txt")).unwrap(),
        b"mine"
    );
}

#[test]
fn a_directory_that_cannot_be_used_suspends_persistence_and_nothing_else() {
    let directory = folder();
    let file = directory.path().join("file");
    fs::write(&file, b"").unwrap();
    let (mut hub, recovery) = reopen(&file);
    assert!(recovery.refused.is_some());
    assert!(!say(&mut hub, 3, START_S));
    assert_eq!(said(&hub), 3);
    assert!(hub.journal().unwrap().1.is_some());
    let job = hub.due(START_S);
    assert!(!run(&mut hub, job, START_S));
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(hub.due(START_S + 1.0).is_none(), "not before its time");
    let job = hub.due(START_S + RETRY_S);
    assert!(run(&mut hub, job, START_S + RETRY_S));
    assert_eq!(hub.journal().unwrap().1, None);
    assert_eq!(said(&reopen(&file).0), 3);
}

/// Lives a while on a disk; returns the last number known to be safe, and the store.
fn live(directory: &Path, disk: Arc<dyn Disk>, rounds: usize) -> (usize, Hub) {
    let (mut hub, _) = open(directory, disk, START_S);
    let mut safe = 0;
    let mut now_s = START_S;
    for round in 1..=rounds {
        now_s += 7.0;
        let _ = hub.declare(lamp(round % 5), now_s);
        let payload = round.to_string();
        hub.ingest([message("home/1", &payload, now_s)]);
        if say(&mut hub, round, now_s) {
            safe = round;
        }
        hub.tick(now_s, 0);
        let job = hub.due(now_s);
        run(&mut hub, job, now_s);
        if round % 10 == 0 {
            let job = hub.close(now_s);
            if run(&mut hub, job, now_s) {
                safe = round;
            }
        }
    }
    (safe, hub)
}

#[test]
fn whichever_operation_fails_what_was_said_to_be_safe_is_safe() {
    let counting = FaultyDisk::new(Fault::Once(usize::MAX));
    let directory = folder();
    live(directory.path(), Arc::new(counting.clone()), 40);
    let operations = counting.operations();
    assert!(operations > 100, "{operations}");
    for number in 0..operations {
        for fault in [
            Fault::Once(number),
            Fault::For(number, 9),
            Fault::For(number, usize::MAX),
        ] {
            let directory = folder();
            let disk = FaultyDisk::new(fault);
            let (safe, hub) = live(directory.path(), Arc::new(disk), 40);
            assert_eq!(said(&hub), 40, "the hub itself never minds");
            let counters = hub.journal().unwrap().0;
            assert!(safe == 40 || counters.failures > 0, "{fault:?}");
            drop(hub);
            let (mut hub, recovery) = reopen(directory.path());
            assert!(said(&hub) >= safe, "{fault:?}: {} < {safe}", said(&hub));
            assert!(said(&hub) <= 40);
            assert_eq!(recovery.refused, None);
            if let Some(state) = state(&hub, "light.lamp_1") {
                let number = state.as_f64().unwrap_or_default();
                assert!((0.0..=40.0).contains(&number));
            }
            assert!(run_due_and_say(&mut hub, 99));
        }
    }
}

fn run_due_and_say(hub: &mut Hub, number: usize) -> bool {
    let job = hub.due(START_S);
    run(hub, job, START_S);
    say(hub, number, START_S)
}

#[test]
fn persistence_comes_back_by_itself_after_the_disk_was_full() {
    let directory = folder();
    let disk = FaultyDisk::new(Fault::For(20, 30));
    let (safe, hub) = live(directory.path(), Arc::new(disk), 200);
    let (counters, suspended) = hub.journal().unwrap();
    assert!(counters.failures > 0 && counters.lost > 0, "{counters:?}");
    assert_eq!(suspended, None);
    assert_eq!(safe, 200);
    drop(hub);
    let (hub, recovery) = reopen(directory.path());
    assert_eq!(said(&hub), 200);
    assert_eq!(state(&hub, "light.lamp_1"), Some(Value::text("200")));
    assert_eq!(recovery.dropped_bytes, 0);
}

#[test]
fn a_power_cut_takes_nothing_that_was_said_to_be_safe() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for _ in 0..300 {
        let directory = folder();
        let mut least = 0;
        for life in 0..3 {
            let disk = PowerDisk::default();
            let rounds = usize::try_from(random(35)).unwrap();
            let (mut hub, _) = open(directory.path(), Arc::new(disk.clone()), START_S);
            assert!(said(&hub) >= least, "life {life}: {} < {least}", said(&hub));
            for round in 1..=rounds {
                let now_s = START_S + 4.0 * f64::from(u32::try_from(round).unwrap());
                let number = said(&hub) + 1;
                hub.ingest([message("home/1", "x", now_s)]);
                if random(2) == 0 {
                    if say(&mut hub, number, now_s) {
                        least = number;
                    }
                } else {
                    let _ = hub.declare(lamp(round), now_s);
                }
                let job = if random(8) == 0 {
                    hub.close(now_s)
                } else {
                    hub.tick(now_s, 0);
                    hub.due(now_s)
                };
                run(&mut hub, job, now_s);
            }
            drop(hub);
            disk.cut(directory.path(), &mut random);
        }
        let (hub, recovery) = reopen(directory.path());
        assert!(
            said(&hub) >= least,
            "{} < {least}: {recovery:?}",
            said(&hub)
        );
    }
}

#[test]
fn a_late_job_of_an_earlier_log_says_nothing_of_the_next() {
    let directory = folder();
    let disk = PowerDisk::default();
    let (mut hub, _) = open(directory.path(), Arc::new(disk.clone()), START_S);
    assert!(say(&mut hub, 1, START_S));
    let late = hub.sync(START_S).unwrap();
    // A new log is begun, and its name is not on the medium yet.
    let _snapshot = hub.close(START_S).unwrap();
    let done = late.run();
    hub.finish(done, START_S);
    assert!(say(&mut hub, 2, START_S));
    drop(hub);
    disk.cut(directory.path(), |below| below - 1);
    assert_eq!(said(&reopen(directory.path()).0), 2);
}

#[test]
fn what_the_broker_forgot_the_store_still_knows() {
    let directory = folder();
    let (mut hub, _) = reopen(directory.path());
    hub.declare(lamp(1), START_S).unwrap();
    hub.ingest([message("home/1", "on", START_S + 1.0)]);
    let job = hub.close(START_S + 2.0);
    assert!(run(&mut hub, job, START_S + 2.0));

    let (mut hub, _) = reopen(directory.path());
    let picture = hub.picture();
    let (_, restored) = picture.find("light.lamp_1").unwrap();
    assert_eq!(restored.state(), &Value::text("on"));
    assert!((restored.changed_at_s() - START_S - 1.0).abs() < 1e-9);
    let change = restored.history(STATE).unwrap().newest().unwrap();
    assert_eq!(&*change.origin, "restore");
    // Its bindings work at once, before anything is announced again.
    let report = hub.ingest([message("home/1", "off", START_S + 60.0)]);
    assert_eq!(report.changes.len(), 1);
    assert_eq!(report.changes[0].before, Value::text("on"));
}

#[test]
fn a_removed_entity_stays_removed_and_its_owners_word_stays() {
    let directory = folder();
    let (mut hub, _) = reopen(directory.path());
    hub.declare(lamp(1), START_S).unwrap();
    let facts = EntityFacts {
        name: Some("Moon".into()),
        ..EntityFacts::default()
    };
    hub.set_entity_facts("light.lamp_1", facts, START_S)
        .unwrap();
    hub.remove("light.lamp_1", START_S);
    for _ in 0..2 {
        let job = hub.close(START_S);
        run(&mut hub, job, START_S);
        hub = reopen(directory.path()).0;
        assert!(state(&hub, "light.lamp_1").is_none());
        let registry = hub.picture().registry;
        let known = registry.known_id("light", "unique light.lamp_1");
        assert_eq!(known.map(|id| &**id), Some("light.lamp_1"));
    }
    hub.declare(lamp(1), START_S).unwrap();
    let picture = hub.picture();
    let (registered, _) = picture.find("light.lamp_1").unwrap();
    assert_eq!(&*registered.entity.name, "Moon");
}

#[test]
fn a_ghost_is_as_old_as_its_first_announcement_also_after_a_restart() {
    let directory = folder();
    let (mut hub, _) = reopen(directory.path());
    hub.declare(lamp(1), START_S).unwrap();
    hub.sync(START_S);
    let (hub, _) = reopen(directory.path());
    let ghosts = |after_s: f64| hub.picture().ghosts(START_S + after_s, 1000.0).len();
    assert_eq!((ghosts(999.0), ghosts(1000.0)), (0, 1));
}

#[test]
fn noise_and_small_movements_cost_no_writes() {
    let directory = folder();
    let (mut hub, _) = reopen(directory.path());
    let mut sensor = entity("sensor.attic");
    sensor.device_class = "temperature".into();
    let bindings = vec![
        homes::binding("attic", homes::attribute("state"), "/t"),
        homes::binding("attic", homes::attribute("linkquality"), "/lqi"),
    ];
    hub.declare(homes::declaration(sensor, bindings), START_S)
        .unwrap();
    let mut now_s = START_S;
    for step in 0..10_000 {
        now_s += 1.0;
        let wobble = 20.0 + f64::from(step % 2) * 0.1;
        let payload = format!(r#"{{"t": {wobble}, "lqi": {}}}"#, step % 255);
        hub.ingest([message("attic", &payload, now_s)]);
        let job = hub.due(now_s);
        run(&mut hub, job, now_s);
    }
    let counters = hub.journal().unwrap().0;
    assert_eq!(
        counters.records, 2,
        "the announcement and the first reading"
    );
    assert!(hub.suppressed() > 19_000);
}
