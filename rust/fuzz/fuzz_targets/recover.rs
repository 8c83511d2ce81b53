//! Any bytes in the state directory: the hub starts, and starts the same way again.
//!
//! Real files are edited, and their checksums repaired, so that the edits are believed.
#![no_main]

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::{env, fs, process};

use arbitrary::Arbitrary;
use hubagent_core::Value;
use hubagent_core::binding::{BindingSpec, Codec, Target};
use hubagent_core::command::{CommandSpec, PartSpec};
use hubagent_core::convert::Convert;
use hubagent_core::hub::{Declaration, Hub, Incoming};
use hubagent_core::persist::{Durability, FileDisk};
use hubagent_core::recent::Limits;
use hubagent_core::registry::{
    Area, AvailabilityMode, DeviceFacts, Entity, EntityFacts, Floor, Specs,
};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    edits: Vec<(u16, u8)>,
    insert: Option<(u16, Vec<u8>)>,
    cut: Option<u16>,
    of_snapshot: bool,
    repaired: bool,
}

static DIRECTORY: LazyLock<PathBuf> =
    LazyLock::new(|| env::temp_dir().join(format!("hubagent-recover-{}", process::id())));

/// A log and a snapshot as the hub writes them.
static WRITTEN: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let _ = fs::remove_dir_all(&*DIRECTORY);
    let mut hub = start();
    hub.set_floor(
        Floor {
            floor_id: "up".into(),
            name: "Up".into(),
            aliases: vec![],
            level: Some(1),
        },
        1.0,
    );
    let area = Area {
        area_id: "desk".into(),
        name: "Desk".into(),
        aliases: vec![],
        floor_id: Some("up".into()),
    };
    hub.set_area(area, 1.0);
    hub.declare(lamp(), 1.0).unwrap();
    let _ = hub.set_entity_facts(
        "light.a",
        EntityFacts {
            name: Some("A".into()),
            ..EntityFacts::default()
        },
        2.0,
    );
    let _ = hub.set_device_facts("none", DeviceFacts::default(), 2.0);
    hub.ingest([Incoming {
        topic: "a",
        payload: b"on",
        retained: false,
        heard_at_s: 3.0,
    }]);
    hub.note("light.a", "on", 3.0, 0);
    hub.note("light.b", "off", 3.5, 0);
    hub.forget_habits(Some("light.c"), 3.5);
    if let Some(job) = hub.sync(4.0) {
        let done = job.run();
        hub.finish(done, 4.0);
    }
    let log = fs::read(DIRECTORY.join("state.log")).unwrap();
    let done = hub.close(5.0).unwrap().run();
    hub.finish(done, 5.0);
    let snapshot = fs::read_dir(&*DIRECTORY).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        path.to_string_lossy()
            .contains("state.snap.")
            .then(|| fs::read(path).unwrap())
    });
    (log, snapshot.unwrap())
});

fn lamp() -> Declaration {
    let topic = BindingSpec {
        topic: "a".into(),
        target: Target::Attribute("state".into()),
        codec: Codec::Text,
        pointers: vec![],
        template: "{{ value|lower }}".into(),
        convert: Convert::default(),
    };
    let part = PartSpec {
        topic: "a/set".into(),
        payload: "ON".into(),
        ..PartSpec::default()
    };
    let command = CommandSpec {
        command: "turn_on".into(),
        parts: vec![part],
        optimistic: false,
    };
    Declaration {
        entity: Entity {
            entity_id: "light.a".into(),
            domain: "light".into(),
            name: "A".into(),
            unique_id: "a".into(),
            device_id: None,
            area_id: None,
            aliases: vec!["lamp".into()],
            device_class: "".into(),
            unit: "".into(),
            category: "".into(),
            capabilities: vec![],
            availability_mode: AvailabilityMode::Latest,
            expire_after_s: Some(60.0),
            source: "fuzz".into(),
        },
        device: None,
        specs: Arc::new(Specs {
            bindings: vec![topic],
            commands: vec![command],
        }),
        suggested_area: Some("Attic".into()),
    }
}

fn start() -> Hub {
    let mut hub = Hub::new(Limits::default(), vec![]);
    hub.persist(&DIRECTORY, Arc::new(FileDisk), Durability::Relaxed, 0.0);
    hub
}

/// Makes the checksums fit again, as far as the lengths lead.
fn repair(bytes: &mut [u8], start: usize) {
    let mut at = start;
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_le_bytes(length.try_into().unwrap()) as usize;
        let Some(checked) = bytes.get(at + 8..at.saturating_add(17).saturating_add(length)) else {
            break;
        };
        let checksum = crc32fast::hash(checked).to_le_bytes();
        bytes[at + 4..at + 8].copy_from_slice(&checksum);
        at += 17 + length;
    }
}

fn write(directory: &Path, name: &str, bytes: &[u8]) {
    fs::create_dir_all(directory).unwrap();
    fs::write(directory.join(name), bytes).unwrap();
}

fuzz_target!(|input: Input| {
    let (log, snapshot) = &*WRITTEN;
    let mut bytes = if input.of_snapshot {
        snapshot.clone()
    } else {
        log.clone()
    };
    for (at, byte) in &input.edits {
        let at = usize::from(*at) % bytes.len();
        bytes[at] = *byte;
    }
    if let Some((at, inserted)) = &input.insert {
        let at = usize::from(*at) % bytes.len();
        bytes.splice(at..at, inserted.iter().copied());
    }
    if let Some(length) = input.cut {
        bytes.truncate(usize::from(length));
    }
    if input.repaired {
        if input.of_snapshot && bytes.len() > 20 {
            let end = bytes.len() - 4;
            repair(&mut bytes[..end], 16);
            let checksum = crc32fast::hash(&bytes[..end]).to_le_bytes();
            bytes[end..].copy_from_slice(&checksum);
        } else {
            repair(&mut bytes, 0);
        }
    }
    let _ = fs::remove_dir_all(&*DIRECTORY);
    let name = if input.of_snapshot {
        "state.snap.9"
    } else {
        "state.log"
    };
    write(&DIRECTORY, name, &bytes);
    let first = start();
    let mut second = start();
    assert_eq!(
        format!("{:?}", first.picture().registry),
        format!("{:?}", second.picture().registry)
    );
    assert_eq!(
        format!("{:?}", first.picture().habits),
        format!("{:?}", second.picture().habits)
    );
    second.note("light.a", "on", 9.0, 0);
    let _ = second.picture().habits.usual("light.a", "on", 1e9, 0);
    second.ingest([Incoming {
        topic: "a",
        payload: b"off",
        retained: true,
        heard_at_s: 9.0,
    }]);
    let data: [(&str, Value); 0] = [];
    let _ = (data, second.tick(1e9, 0), second.sync(10.0));
});
