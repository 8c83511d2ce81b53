//! What is usually done in this home, when, and after what: counts that fade.
//!
//! A *doing* is an entity and what it came to: `light.desk` and `on`, `media_player.den` and
//! `genre=jazz`. Counts are kept by hour and by day type (work day or weekend), and by what was done
//! shortly before; they halve every [`HALF_LIFE_S`]. Everything is bounded. There is no clock here:
//! times come in, and the hour is that of the wall clock at the offset given with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Time in which a count fades to a half: three weeks.
pub const HALF_LIFE_S: f64 = 21.0 * 86_400.0;

/// What is done within so many seconds of something else follows it.
pub const WINDOW_S: f64 = 900.0;

/// Doings known at most; the weakest goes when there are more.
pub const MOST: usize = 2048;

/// Doings before one that are remembered of it at most.
pub const MOST_BEFORE: usize = 12;

/// Hours of a work day, then those of a day of the weekend.
pub const CELLS: u8 = 48;

/// Doings that count for nothing: as many must be seen before half of a tendency is believed.
const DOUBT: f64 = 3.0;

/// Least weight that is kept of what came before.
const FADED: f64 = 0.05;

/// How much an hour beside the one asked about, and the same hour on the other kind of day, tell.
const NEIGHBOUR: f64 = 0.5;

/// What came before a doing, and how often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// Its entity.
    pub entity_id: Arc<str>,
    /// What that came to.
    pub what: Arc<str>,
    /// How often, faded.
    pub count: f64,
}

/// One doing with its counts, as they were at its last time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Habit {
    /// The entity.
    pub entity_id: Arc<str>,
    /// What it came to.
    pub what: Arc<str>,
    /// Wall clock of the last time.
    pub at_s: f64,
    /// Counts by hour and day type, see [`CELLS`]; those that are zero are left out.
    pub cells: BTreeMap<u8, f64>,
    /// What came before.
    pub before: Vec<Before>,
}

/// How usual a doing is at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usual {
    /// How much more is done at this hour than by chance, 0..1.
    pub hour: f64,
    /// How surely it follows what has just been done, 0..1.
    pub followed: f64,
    /// How often it was seen, faded.
    pub support: f64,
    /// Wall clock of the last time; 0 for never.
    pub at_s: f64,
}

/// Returns the cell of a moment.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "both are remainders of small numbers"
)]
pub fn cell(at_s: f64, utc_offset_s: i32) -> u8 {
    let local_s = at_s + f64::from(utc_offset_s);
    let hour = (local_s / 3600.0).floor().rem_euclid(24.0) as u8;
    // The first of January 1970 was a Thursday.
    let weekday = ((local_s / 86_400.0).floor() + 3.0).rem_euclid(7.0) as u8;
    if weekday >= 5 { hour + 24 } else { hour }
}

/// Returns what is left of a count after a time; a clock that was set back takes nothing.
fn faded(span_s: f64) -> f64 {
    (-span_s.max(0.0) / HALF_LIFE_S).exp2()
}

impl Habit {
    /// Returns a doing never seen.
    pub fn new(entity_id: Arc<str>, what: Arc<str>, at_s: f64) -> Self {
        Self {
            entity_id,
            what,
            at_s,
            cells: BTreeMap::new(),
            before: Vec::new(),
        }
    }

    /// Says whether it is one that could have been counted; what comes from outside may not be.
    pub fn is_sound(&self) -> bool {
        let good = |count: f64| count.is_finite() && count >= 0.0;
        self.at_s.is_finite()
            && self.before.len() <= MOST_BEFORE
            && (self.cells.iter()).all(|(cell, count)| *cell < CELLS && good(*count))
            && self.before.iter().all(|before| good(before.count))
    }

    /// Returns how often it was seen, faded to a moment.
    pub fn weight(&self, now_s: f64) -> f64 {
        self.cells.values().sum::<f64>() * faded(now_s - self.at_s)
    }

    /// Says whether it was done within the window before a moment.
    fn just_done(&self, now_s: f64) -> bool {
        (0.0..=WINDOW_S).contains(&(now_s - self.at_s))
    }

    fn fade(&mut self, now_s: f64) {
        let left = faded(now_s - self.at_s);
        for count in self.cells.values_mut() {
            *count *= left;
        }
        for before in &mut self.before {
            before.count *= left;
        }
        self.before.retain(|before| before.count >= FADED);
        self.at_s = now_s;
    }

    fn follows(&mut self, entity_id: &Arc<str>, what: &Arc<str>) {
        let known =
            (self.before.iter_mut()).find(|it| it.entity_id == *entity_id && it.what == *what);
        if let Some(before) = known {
            before.count += 1.0;
            return;
        }
        if self.before.len() >= MOST_BEFORE {
            let weakest = (self.before.iter().enumerate())
                .min_by(|(_, left), (_, right)| left.count.total_cmp(&right.count));
            if let Some((index, _)) = weakest {
                self.before.remove(index);
            }
        }
        self.before.push(Before {
            entity_id: Arc::clone(entity_id),
            what: Arc::clone(what),
            count: 1.0,
        });
    }

    /// Returns how much more it is done about this hour than by chance, 0..1.
    fn hour(&self, now_s: f64, utc_offset_s: i32) -> f64 {
        let now = cell(now_s, utc_offset_s);
        let (hour, weekend) = (now % 24, now / 24);
        let count = |hour: u8, day: u8| self.cells.get(&(hour % 24 + 24 * day)).unwrap_or(&0.0);
        let about =
            |day: u8| count(hour, day) + NEIGHBOUR * (count(hour + 1, day) + count(hour + 23, day));
        let all = |day: u8| (0..24).map(|hour| count(hour, day)).sum::<f64>();
        let (same, other) = (weekend, 1 - weekend);
        let left = faded(now_s - self.at_s);
        let seen = (about(same) + NEIGHBOUR * about(other)) * left;
        let share = (1.0 + 2.0 * NEIGHBOUR) / 24.0;
        let by_chance = (all(same) + NEIGHBOUR * all(other)) * share * left;
        ((seen - by_chance) / (seen + DOUBT)).max(0.0)
    }
}

/// All habits of a home.
#[derive(Clone, Debug, Default)]
pub struct Habits {
    /// By entity, then by what it came to.
    known: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Arc<Habit>>>,
    size: usize,
}

impl Habits {
    /// Returns how many doings are known.
    pub fn len(&self) -> usize {
        self.size
    }

    /// Returns whether none is.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Returns every doing, by entity and what it came to.
    pub fn iter(&self) -> impl Iterator<Item = &Habit> {
        self.known
            .values()
            .flat_map(BTreeMap::values)
            .map(|it| &**it)
    }

    /// Returns a doing.
    pub fn get(&self, entity_id: &str, what: &str) -> Option<&Habit> {
        self.known.get(entity_id)?.get(what).map(|habit| &**habit)
    }

    /// Counts a doing; returns it as it is then, for the log.
    pub fn note(&mut self, entity_id: &str, what: &str, at_s: f64, utc_offset_s: i32) -> Habit {
        let mut habit = (self.get(entity_id, what).cloned())
            .unwrap_or_else(|| Habit::new(entity_id.into(), what.into(), at_s));
        habit.fade(at_s);
        *habit.cells.entry(cell(at_s, utc_offset_s)).or_insert(0.0) += 1.0;
        let others = self.iter().filter(|it| &*it.entity_id != entity_id);
        for other in others.filter(|it| it.just_done(at_s)) {
            habit.follows(&other.entity_id, &other.what);
        }
        self.put(habit.clone());
        habit
    }

    /// Takes a doing as it was counted elsewhere or before; says whether it is sound.
    pub fn put(&mut self, habit: Habit) -> bool {
        if !habit.is_sound() {
            return false;
        }
        let now_s = habit.at_s;
        let of_entity = self.known.entry(Arc::clone(&habit.entity_id)).or_default();
        let before = of_entity.insert(Arc::clone(&habit.what), Arc::new(habit));
        self.size += usize::from(before.is_none());
        if self.size > MOST {
            self.drop_weakest(now_s);
        }
        true
    }

    fn drop_weakest(&mut self, now_s: f64) {
        let weakest = (self.iter())
            .min_by(|left, right| left.weight(now_s).total_cmp(&right.weight(now_s)))
            .map(|it| (Arc::clone(&it.entity_id), Arc::clone(&it.what)));
        if let Some((entity_id, what)) = weakest
            && let Some(of_entity) = self.known.get_mut(&entity_id)
        {
            of_entity.remove(&what);
            if of_entity.is_empty() {
                self.known.remove(&entity_id);
            }
            self.size -= 1;
        }
    }

    /// Forgets all of an entity, also that it came before others; none forgets everything.
    pub fn forget(&mut self, entity_id: Option<&str>) {
        let Some(entity_id) = entity_id else {
            *self = Self::default();
            return;
        };
        self.size -= self.known.remove(entity_id).map_or(0, |it| it.len());
        for habit in self.known.values_mut().flat_map(BTreeMap::values_mut) {
            if habit.before.iter().any(|it| &*it.entity_id == entity_id) {
                let habit = Arc::make_mut(habit);
                habit.before.retain(|it| &*it.entity_id != entity_id);
            }
        }
    }

    /// Returns how usual a doing is at a moment.
    pub fn usual(&self, entity_id: &str, what: &str, now_s: f64, utc_offset_s: i32) -> Usual {
        let Some(habit) = self.get(entity_id, what) else {
            return Usual::default();
        };
        let left = faded(now_s - habit.at_s);
        let followed = habit.before.iter().filter_map(|before| {
            let prior = self.get(&before.entity_id, &before.what)?;
            let times = prior.weight(now_s).max(before.count * left);
            (prior.just_done(now_s)).then(|| before.count * left / (times + DOUBT))
        });
        Usual {
            hour: habit.hour(now_s, utc_offset_s),
            followed: followed.fold(0.0, f64::max),
            support: habit.weight(now_s),
            at_s: habit.at_s,
        }
    }
}
