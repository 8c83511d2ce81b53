//! Which changes are worth a write to the medium, and when.
//!
//! Noise is never written, a reading only once it left its dead-band, and a sensor at most every
//! 10 s. What is held back stays marked, so that the last value is written in the end.

use std::sync::Arc;

use crate::Value;
use crate::binding::EntityKey;
use crate::registry::Entity;
use crate::store::STATE;

/// Shortest time between two writes of one reading.
const READING_INTERVAL_S: f64 = 10.0;

/// Attributes that say nothing of the home; also as the end of an entity id.
const NOISE: [&str; 8] = [
    "in_progress",
    "last_seen",
    "linkquality",
    "progress",
    "rssi",
    "signal_strength",
    "update_percentage",
    "uptime",
];

/// How far a reading must move before it is written again: by a fixed amount, and by a share of
/// itself.
const DEAD_BANDS: [(&str, f64, f64); 24] = [
    ("apparent_power", 5.0, 0.05),
    ("aqi", 5.0, 0.0),
    ("atmospheric_pressure", 1.0, 0.0),
    ("battery", 1.0, 0.0),
    ("carbon_dioxide", 25.0, 0.0),
    ("carbon_monoxide", 1.0, 0.0),
    ("current", 0.1, 0.05),
    ("distance", 0.1, 0.05),
    ("energy", 0.01, 0.0),
    ("frequency", 0.1, 0.0),
    ("humidity", 1.0, 0.0),
    ("illuminance", 5.0, 0.1),
    ("moisture", 1.0, 0.0),
    ("pm1", 2.0, 0.0),
    ("pm10", 2.0, 0.0),
    ("pm25", 2.0, 0.0),
    ("power", 5.0, 0.05),
    ("pressure", 1.0, 0.0),
    ("sound_pressure", 2.0, 0.0),
    ("temperature", 0.2, 0.0),
    ("volatile_organic_compounds", 25.0, 0.0),
    ("voltage", 2.0, 0.0),
    ("weight", 0.1, 0.01),
    ("wind_speed", 0.5, 0.1),
];

/// Returns whether an attribute says something of the home, or is noise.
pub fn tells(entity: &Entity, attribute: &str) -> bool {
    if attribute != STATE {
        return NOISE.binary_search(&attribute).is_err();
    }
    let ends = |noise: &&str| {
        let head = entity.entity_id.strip_suffix(*noise);
        head.is_some_and(|head| head.ends_with(['_', '.']))
    };
    &*entity.device_class != "signal_strength" && !NOISE.iter().any(ends)
}

/// What was written of one attribute.
#[derive(Debug)]
struct Written {
    name: Arc<str>,
    value: Option<Value>,
    at_s: f64,
    marked: bool,
}

/// What was written of one entity.
#[derive(Debug, Default)]
struct Tracked {
    attributes: Vec<Written>,
    availability_marked: bool,
}

impl Tracked {
    fn attribute(&mut self, name: &Arc<str>) -> &mut Written {
        let known = (self.attributes.iter()).position(|written| written.name == *name);
        let index = known.unwrap_or_else(|| {
            self.attributes.push(Written {
                name: Arc::clone(name),
                value: None,
                at_s: 0.0,
                marked: false,
            });
            self.attributes.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found or pushed just above")]
        &mut self.attributes[index]
    }
}

/// What is to be written of one entity.
#[derive(Debug, PartialEq)]
pub struct Due {
    /// Which entity.
    pub key: EntityKey,
    /// Which attributes; availability goes along by itself.
    pub attributes: Vec<Arc<str>>,
}

/// Decides what of the state goes to the log.
#[derive(Debug, Default)]
pub struct Gate {
    /// By entity key.
    tracked: Vec<Tracked>,
    marked: Vec<EntityKey>,
    suppressed: u64,
}

impl Gate {
    /// Returns how many changes were not written, because they are noise, within the dead-band or
    /// replaced by a newer one in time.
    pub fn suppressed(&self) -> u64 {
        self.suppressed
    }

    /// Takes note of a change that is noise.
    pub fn suppress(&mut self) {
        self.suppressed += 1;
    }

    /// Takes note of a change of `state` or an attribute that is no noise.
    pub fn offer(&mut self, key: EntityKey, entity: &Entity, name: &Arc<str>, value: &Value) {
        let written = self.tracked(key).attribute(name);
        let was_marked = written.marked;
        let within = within_dead_band(entity, name, written.value.as_ref(), value);
        written.marked = !within;
        if was_marked || within {
            self.suppressed += 1;
        }
        if !was_marked && !within {
            self.marked.push(key);
        }
    }

    /// Takes note of a change of availability.
    pub fn offer_availability(&mut self, key: EntityKey) {
        let tracked = self.tracked(key);
        if !std::mem::replace(&mut tracked.availability_marked, true) {
            self.marked.push(key);
        }
    }

    /// Takes note that an attribute's value is on disk.
    pub fn restored(&mut self, key: EntityKey, name: &Arc<str>, value: &Value) {
        let tracked = self.tracked(key);
        tracked.attribute(name).value = Some(value.clone());
    }

    /// Forgets an entity.
    pub fn remove(&mut self, key: EntityKey) {
        *self.tracked(key) = Tracked::default();
    }

    fn tracked(&mut self, key: EntityKey) -> &mut Tracked {
        let index = key as usize;
        if self.tracked.len() <= index {
            self.tracked.resize_with(index + 1, Tracked::default);
        }
        #[expect(clippy::indexing_slicing, reason = "made just above")]
        &mut self.tracked[index]
    }

    /// Returns what is to be written now, and takes it as written; what came too soon after the
    /// last write waits.
    ///
    /// `current` gives an entity and the value of one of its attributes.
    pub fn due<'a>(
        &mut self,
        now_s: f64,
        current: impl Fn(EntityKey, &str) -> Option<(&'a Entity, &'a Value)>,
    ) -> Vec<Due> {
        let mut keys = std::mem::take(&mut self.marked);
        keys.sort_unstable();
        keys.dedup();
        let mut all_due = Vec::with_capacity(keys.len());
        for key in keys {
            let Some(tracked) = self.tracked.get_mut(key as usize) else {
                continue;
            };
            let availability = std::mem::take(&mut tracked.availability_marked);
            let mut due = Due {
                key,
                attributes: Vec::new(),
            };
            let mut waiting = false;
            for written in tracked.attributes.iter_mut().filter(|it| it.marked) {
                let Some((entity, value)) = current(key, &written.name) else {
                    continue;
                };
                let since_s = now_s - written.at_s;
                if is_reading(entity, &written.name) && (0.0..READING_INTERVAL_S).contains(&since_s)
                {
                    waiting = true;
                    continue;
                }
                written.value = Some(value.clone());
                written.at_s = now_s;
                written.marked = false;
                due.attributes.push(Arc::clone(&written.name));
            }
            if waiting {
                self.marked.push(key);
            }
            if availability || !due.attributes.is_empty() {
                all_due.push(due);
            }
        }
        all_due
    }
}

/// The quantity an attribute measures, if it is a reading.
fn quantity<'a>(entity: &'a Entity, name: &'a str) -> &'a str {
    if name == STATE {
        &entity.device_class
    } else {
        name.strip_prefix("current_").unwrap_or(name)
    }
}

fn dead_band(entity: &Entity, name: &str) -> Option<(f64, f64)> {
    let quantity = quantity(entity, name);
    let index = DEAD_BANDS.binary_search_by(|(class, ..)| (*class).cmp(quantity));
    let (_, fixed, share) = DEAD_BANDS.get(index.ok()?)?;
    Some((*fixed, *share))
}

fn is_reading(entity: &Entity, name: &str) -> bool {
    (name == STATE && &*entity.domain == "sensor") || dead_band(entity, name).is_some()
}

fn within_dead_band(entity: &Entity, name: &str, written: Option<&Value>, value: &Value) -> bool {
    let Some(written) = written else { return false };
    if written == value {
        return true;
    }
    match (dead_band(entity, name), written.as_f64(), value.as_f64()) {
        (Some((fixed, share)), Some(before), Some(after)) => {
            (after - before).abs() < fixed.max(share * before.abs())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::tests::entity;

    fn sensor(device_class: &str) -> Entity {
        Entity {
            device_class: device_class.into(),
            ..entity("sensor.attic")
        }
    }

    /// Offers a value and returns whether it would be written at `now_s`.
    fn writes(gate: &mut Gate, entity: &Entity, name: &str, value: &Value, now_s: f64) -> bool {
        gate.offer(1, entity, &name.into(), value);
        !gate.due(now_s, |_, _| Some((entity, value))).is_empty()
    }

    #[test]
    fn the_tables_are_sorted_for_the_search() {
        assert!(NOISE.is_sorted());
        assert!(DEAD_BANDS.is_sorted_by_key(|(class, ..)| class));
    }

    #[test]
    fn a_reading_is_written_again_only_outside_its_dead_band() {
        let (mut gate, sensor) = (Gate::default(), sensor("temperature"));
        assert!(writes(
            &mut gate,
            &sensor,
            STATE,
            &Value::Float(20.0),
            100.0
        ));
        assert!(!writes(
            &mut gate,
            &sensor,
            STATE,
            &Value::Float(20.1),
            200.0
        ));
        assert!(!writes(
            &mut gate,
            &sensor,
            STATE,
            &Value::Float(20.19),
            300.0
        ));
        assert!(writes(
            &mut gate,
            &sensor,
            STATE,
            &Value::Float(20.25),
            400.0
        ));
        assert!(writes(&mut gate, &sensor, STATE, &Value::Null, 500.0));
        assert_eq!(gate.suppressed(), 2);
    }

    #[test]
    fn slow_drift_is_measured_from_what_was_written() {
        let (mut gate, sensor) = (Gate::default(), sensor("power"));
        let writes: Vec<f64> = (0..100)
            .map(|step| 1000.0 + f64::from(step))
            .filter(|watts| {
                let now_s = watts * 20.0;
                writes(&mut gate, &sensor, STATE, &Value::Float(*watts), now_s)
            })
            .collect();
        assert_eq!(writes, [1000.0, 1050.0], "5 % of 1000 W and of 1050 W");
    }

    #[test]
    fn a_sensor_waits_and_its_last_value_is_written_in_the_end() {
        let (mut gate, sensor) = (Gate::default(), sensor(""));
        assert!(writes(&mut gate, &sensor, STATE, &Value::Int(1), 100.0));
        assert!(!writes(&mut gate, &sensor, STATE, &Value::Int(2), 103.0));
        assert!(!writes(&mut gate, &sensor, STATE, &Value::Int(3), 106.0));
        let last = Value::Int(3);
        let due = gate.due(110.0, |_, _| Some((&sensor, &last)));
        assert_eq!(due.len(), 1);
        assert!(gate.due(130.0, |_, _| Some((&sensor, &last))).is_empty());
        assert_eq!(gate.suppressed(), 1, "the 2 was never written");
    }

    #[test]
    fn a_switch_is_written_at_once() {
        let (mut gate, switch) = (Gate::default(), entity("switch.pump"));
        for (now_s, state) in (100..).zip(["on", "off", "on", "off"]) {
            let now_s = f64::from(now_s) / 10.0;
            assert!(writes(
                &mut gate,
                &switch,
                STATE,
                &Value::text(state),
                now_s
            ));
        }
    }

    #[test]
    fn noise_is_told_by_name_or_device_class() {
        let lamp = entity("light.lamp");
        assert!(NOISE.iter().all(|name| !tells(&lamp, name)));
        assert!(tells(&lamp, "brightness"));
        for id in [
            "sensor.lamp_linkquality",
            "sensor.uptime",
            "sensor.hub_last_seen",
        ] {
            assert!(!tells(&entity(id), STATE), "{id}");
        }
        assert!(tells(&entity("sensor.work_in_progress_x"), STATE));
        assert!(!tells(&sensor("signal_strength"), STATE));
    }

    #[test]
    fn availability_is_written_though_no_attribute_changed() {
        let (mut gate, lamp) = (Gate::default(), entity("light.lamp"));
        gate.offer_availability(4);
        gate.offer_availability(4);
        let due = gate.due(1.0, |_, _| Some((&lamp, &Value::Null)));
        assert_eq!(
            due,
            [Due {
                key: 4,
                attributes: Vec::new()
            }]
        );
        assert!(gate.due(2.0, |_, _| Some((&lamp, &Value::Null))).is_empty());
    }
}
