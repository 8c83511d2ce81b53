//! Cost of a device message on one core: match, extract, convert, compare, keep.
//!
//! `cargo bench -p hubagent-core --bench hot_path`; prints one JSON object a line.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark measures time, prints it, and stops when its own input is wrong"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use hubagent_core::binding::{BindingSpec, BindingTable, Codec, Target};
use hubagent_core::convert::{Convert, Kind};
use hubagent_core::hub::{Declaration, Hub, Incoming};
use hubagent_core::names::{NameIndex, NameKind};
use hubagent_core::recent::Limits;
use hubagent_core::registry::{AvailabilityMode, Entity, Specs};
use hubagent_core::template::TemplateContext;
use hubagent_core::value::Value;

/// Messages of one measurement, and how often it is repeated; the best run is reported, with the
/// median beside it.
const MESSAGES: usize = 20_000;
const RUNS: usize = 9;

/// How the lamps' attributes are read.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Pointers,
    PlainTemplates,
    Engine,
}

struct Clock;

impl TemplateContext for Clock {
    fn now_s(&self) -> f64 {
        1.7e9
    }

    fn identity(&self, _: u32) -> Option<(&str, &str)> {
        None
    }

    fn look_up(&self, _: &str, _: Option<&str>) -> Option<Value> {
        None
    }
}

fn topic(lamp: usize) -> String {
    format!("zigbee2mqtt/room {}/lamp {lamp}", lamp % 40)
}

/// What a lamp sends: about 240 bytes.
fn payload(round: usize) -> Vec<u8> {
    let brightness = round % 254;
    let linkquality = 60 + round % 120;
    format!(
        concat!(
            r#"{{"brightness":{},"color":{{"hue":28,"saturation":86,"x":0.4578,"y":0.4101}},"#,
            r#""color_mode":"color_temp","color_temp":366,"effect":null,"linkquality":{},"#,
            r#""power_on_behavior":"previous","state":"ON","update":{{"state":"idle","#,
            r#""installed_version":16777}},"last_seen":"2026-03-13T10:00:00Z"}}"#
        ),
        brightness, linkquality
    )
    .into_bytes()
}

fn bindings(lamp: usize, way: Way) -> Vec<BindingSpec> {
    let number = Convert {
        kind: Kind::Number,
        ..Convert::default()
    };
    let words = Convert {
        words: vec![("ON".into(), "on".into()), ("OFF".into(), "off".into())],
        strict: true,
        ..Convert::default()
    };
    let brightness = Convert {
        scale: Some([0.0, 254.0, 0.0, 255.0]),
        integer: true,
        ..number.clone()
    };
    let kelvin = Convert {
        reciprocal: true,
        integer: true,
        ..number.clone()
    };
    let any = Convert::default();
    let table = [
        ("state", "/state", words),
        ("brightness", "/brightness", brightness),
        ("color_temp_kelvin", "/color_temp", kelvin),
        ("color_mode", "/color_mode", any.clone()),
        ("effect", "/effect", any.clone()),
        ("linkquality", "/linkquality", number.clone()),
        ("update", "/update/state", any),
        ("color_x", "/color/x", number),
    ];
    let bindings = table.into_iter().map(|(name, pointer, convert)| {
        let path = pointer.trim_start_matches('/').replace('/', ".");
        let (pointers, template) = match way {
            Way::Pointers => (vec![pointer.to_owned()], String::new()),
            Way::PlainTemplates => (vec![], format!("{{{{ value_json.{path} }}}}")),
            Way::Engine => (vec![], format!("{{{{ value_json.{path}|default('') }}}}")),
        };
        BindingSpec {
            topic: topic(lamp),
            target: Target::Attribute(name.into()),
            codec: Codec::Json,
            pointers,
            template,
            convert,
        }
    });
    bindings.collect()
}

/// Runs a measurement and returns (best, median) microseconds for each of `count` steps.
fn measure(count: usize, mut run: impl FnMut()) -> (f64, f64) {
    run();
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
            let each = start.elapsed().as_secs_f64() * 1e6 / count as f64;
            each
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (
        times.first().copied().unwrap_or_default(),
        times.get(RUNS / 2).copied().unwrap_or_default(),
    )
}

fn report(what: &str, size: usize, (best, median): (f64, f64)) {
    println!(
        r#"{{"what":"{what}","entities":{size},"best_us":{best:.3},"median_us":{median:.3},"per_s":{:.0}}}"#,
        1e6 / median
    );
}

fn extraction(what: &str, lamps: usize, way: Way, texts: &[Vec<u8>]) {
    let mut table = BindingTable::new();
    for lamp in 0..lamps {
        let key = u32::try_from(lamp).unwrap();
        table.replace(key, bindings(lamp, way)).unwrap();
    }
    let topics: Vec<String> = (0..lamps).map(topic).collect();
    let times = measure(MESSAGES, || {
        let mut updates = Vec::new();
        for message in 0..MESSAGES {
            // A stride that is prime to the number of lamps visits them out of order.
            let topic = topics.get(message * 7919 % lamps).unwrap();
            let text = texts.get(message % texts.len()).unwrap();
            let extracted = table.extract(topic, text, &Clock, &mut updates);
            assert_eq!((extracted.matched, extracted.failed), (8, 0));
            black_box(&updates);
            updates.clear();
        }
    });
    report(what, lamps, times);
}

fn whole(what: &str, lamps: usize, texts: &[Vec<u8>]) {
    let mut hub = Hub::new(Limits::default(), vec![]);
    for lamp in 0..lamps {
        let id: Arc<str> = format!("light.lamp_{lamp}").into();
        let declaration = Declaration {
            entity: Entity {
                entity_id: id,
                domain: "light".into(),
                name: format!("Lamp {lamp}").into(),
                unique_id: format!("lamp_{lamp}").into(),
                device_id: None,
                area_id: None,
                aliases: vec![],
                device_class: "".into(),
                unit: "".into(),
                category: "".into(),
                capabilities: vec![],
                availability_mode: AvailabilityMode::Latest,
                expire_after_s: None,
                source: "bench".into(),
            },
            device: None,
            specs: Arc::new(Specs {
                bindings: bindings(lamp, Way::Pointers),
                ..Specs::default()
            }),
            suggested_area: None,
        };
        hub.declare(declaration, 0.0).unwrap();
    }
    let topics: Vec<String> = (0..lamps).map(topic).collect();
    let mut heard_at_s = 1.7e9;
    let times = measure(MESSAGES, || {
        for batch in 0..MESSAGES / 50 {
            heard_at_s += 0.5;
            let messages = (batch * 50..batch * 50 + 50).map(|message| Incoming {
                topic: topics.get(message * 7919 % lamps).unwrap(),
                payload: texts.get(message % texts.len()).unwrap(),
                retained: false,
                heard_at_s,
            });
            black_box(hub.ingest(messages));
        }
    });
    report(what, lamps, times);
}

fn names(size: usize) {
    const ROOMS: [&str; 6] = [
        "Kitchen",
        "Living Room",
        "Office",
        "Attic",
        "Cellar",
        "Hall",
    ];
    const THINGS: [&str; 5] = ["Ceiling Light", "Fan", "Blind", "Socket", "Motion Sensor"];
    let rows = (0..size).map(|row| {
        let (room, thing) = (row % ROOMS.len(), row / ROOMS.len() % THINGS.len());
        let name = format!(
            "{} {} {}",
            ROOMS.get(room).unwrap(),
            THINGS.get(thing).unwrap(),
            row / 30
        );
        (NameKind::Entity, format!("x.{row}").into(), name.into())
    });
    let index = NameIndex::new(rows);
    let times = measure(200, || {
        for _ in 0..200 {
            black_box(index.matches(black_box("the kichen sealing light 7"), 8));
        }
    });
    report("names", size, times);
}

fn main() {
    let changing: Vec<Vec<u8>> = (0..251).map(payload).collect();
    let still: Vec<Vec<u8>> = vec![payload(7)];
    for lamps in [100, 1_000, 10_000] {
        extraction("extract, pointers", lamps, Way::Pointers, &changing);
    }
    extraction(
        "extract, plain templates",
        1_000,
        Way::PlainTemplates,
        &changing,
    );
    extraction("extract, template engine", 1_000, Way::Engine, &changing);
    for lamps in [100, 1_000, 10_000] {
        whole("ingest, nothing changes", lamps, &still);
        whole("ingest, two values change", lamps, &changing);
    }
    for size in [100, 500, 2_000] {
        names(size);
    }
}
