//! Readers and writers at once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod homes;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use hubagent_core::hub::Hub;
use hubagent_core::view::Picture;

use homes::{lamp, message};

const LAMPS: usize = 200;
const ROUNDS: u64 = 1500;
const LOOKS: u64 = 50;
const LIMIT: Duration = Duration::from_secs(60);

/// The one state that all lamps have in a picture; panics when they differ.
fn only_state(picture: &Picture) -> String {
    let mut states = picture
        .entities()
        .map(|(_, state)| state.state().to_string());
    let first = states.next().unwrap();
    let rest = states.inspect(|state| assert_eq!(*state, first)).count();
    assert!(rest >= LAMPS - 1);
    first
}

#[test]
fn a_picture_never_shows_half_a_batch_and_never_changes() {
    let (finished, wait) = mpsc::channel();
    thread::spawn(move || {
        let hub = Mutex::new(Hub::default());
        for number in 0..LAMPS {
            hub.lock().unwrap().declare(lamp(number), 1.0).unwrap();
        }
        let stop = AtomicBool::new(false);
        let looks = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let picture = hub.lock().unwrap().picture();
                        let state = only_state(&picture);
                        thread::yield_now();
                        assert_eq!(only_state(&picture), state);
                        looks.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            scope.spawn(|| {
                let topics: Vec<String> = (0..LAMPS).map(|it| format!("home/{it}")).collect();
                let enough = |round| round >= ROUNDS && looks.load(Ordering::Relaxed) >= LOOKS;
                for round in (0..).take_while(|round| !enough(*round)) {
                    // The lock is not fair: who takes it again at once may keep it from all others.
                    thread::sleep(Duration::from_micros(1));
                    let payload = round.to_string();
                    let batch = topics.iter().map(|topic| message(topic, &payload, 2.0));
                    hub.lock().unwrap().ingest(batch);
                    if round % 10 == 0 {
                        // Other entities come and go meanwhile, with the same state or none.
                        let mut hub = hub.lock().unwrap();
                        hub.declare(lamp(LAMPS), 2.0).unwrap();
                        hub.ingest([message(&format!("home/{LAMPS}"), &payload, 2.0)]);
                        hub.remove(&format!("light.lamp_{LAMPS}"), 2.0);
                    }
                }
                stop.store(true, Ordering::Relaxed);
            });
        });
        finished.send(()).unwrap();
    });
    wait.recv_timeout(LIMIT)
        .expect("done in time, and no thread panicked");
}
