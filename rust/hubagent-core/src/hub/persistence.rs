//! What of the hub goes to the disk, and comes back from it.

use std::path::Path;
use std::sync::Arc;

use super::{Hub, HubError};
use crate::persist::{
    Disk, Done, Durability, Job, Journal, JournalCounters, Record, Recovery, StateRecord,
};
use crate::view::Picture;

impl Hub {
    /// Recovers what the directory holds and keeps everything there from now on.
    ///
    /// Never fails; what is damaged is dropped, and named in the report.
    pub fn persist(
        &mut self,
        directory: &Path,
        disk: Arc<dyn Disk>,
        durability: Durability,
        now_s: f64,
    ) -> Recovery {
        let mut refused = 0;
        let (journal, mut recovery) = Journal::open(directory, disk, durability, now_s, |record| {
            refused += u64::from(self.recall(record).is_err());
        });
        recovery.unread += refused;
        self.journal = Some(journal);
        recovery
    }

    /// Returns what persistence did so far, and why it is suspended, if it is.
    pub fn journal(&self) -> Option<(JournalCounters, Option<&str>)> {
        let journal = self.journal.as_ref()?;
        Some((journal.counters(), journal.suspended()))
    }

    /// Returns the work that waits for the medium, if its time has come.
    pub fn due(&mut self, now_s: f64) -> Option<Job> {
        let picture = self.picture.clone();
        self.journal.as_mut()?.due(now_s, || picture)
    }

    /// Writes what is buffered and returns the job that makes it durable; none while persistence
    /// is suspended, or without any.
    pub fn sync(&mut self, now_s: f64) -> Option<Job> {
        self.write(now_s);
        self.journal.as_mut()?.sync(now_s)
    }

    /// Returns the job that writes everything into a snapshot, for a clean stop.
    pub fn close(&mut self, now_s: f64) -> Option<Job> {
        // What waits for its interval is written now.
        self.write(f64::INFINITY);
        let picture = self.picture.clone();
        self.journal.as_mut()?.snapshot(now_s, || picture)
    }

    /// Takes the result of a job.
    pub fn finish(&mut self, done: Done, now_s: f64) {
        if let Some(journal) = &mut self.journal {
            journal.finish(done, now_s);
        }
    }

    pub(super) fn remember(&mut self, record: &Record, now_s: f64) {
        if let Some(journal) = &mut self.journal {
            journal.append(record, now_s);
        }
    }

    /// Appends the state that is worth it, and hands all to the system.
    pub(super) fn write(&mut self, now_s: f64) {
        let Some(journal) = &mut self.journal else {
            return;
        };
        let Picture {
            registry, states, ..
        } = &self.picture;
        let due = self.gate.due(now_s, |key, name| {
            Some((&registry.get(key)?.entity, states.get(key)?.get(name)?))
        });
        for item in due {
            let Some((registered, state)) = registry.get(item.key).zip(states.get(item.key)) else {
                continue;
            };
            let record = StateRecord {
                entity_id: Arc::clone(&registered.entity.entity_id),
                kept: state.keep(|cell| item.attributes.contains(&cell.name)),
            };
            journal.append(&Record::State(record), now_s);
        }
        journal.write(now_s);
    }

    /// Applies a record of an earlier run.
    fn recall(&mut self, record: Record) -> Result<(), HubError> {
        match record {
            Record::Declare(declaration, at_s) => {
                self.install(&declaration, at_s)?;
            }
            Record::Remove(entity_id) => {
                self.uninstall(&entity_id);
            }
            Record::State(StateRecord { entity_id, kept }) => {
                let key = self.key(&entity_id)?;
                for (name, value, _) in &kept.values {
                    self.gate.restored(key, name, value);
                }
                if let Some(state) = self.picture.states.get_mut(key) {
                    state.restore(kept);
                }
            }
            Record::Device(device) => self.registry().set_device(device),
            Record::Floor(floor) => self.registry().set_floor(floor),
            Record::NoFloor(floor_id) => {
                self.registry().remove_floor(&floor_id);
            }
            Record::Area(area) => self.registry().set_area(area),
            Record::NoArea(area_id) => {
                self.registry().remove_area(&area_id);
            }
            Record::EntityFacts(id, facts) => self.registry().set_entity_facts(&id, facts),
            Record::DeviceFacts(id, facts) => self.registry().set_device_facts(&id, facts),
            Record::Identity(domain, unique_id, id) => {
                self.registry().set_identity(domain, unique_id, id);
            }
            Record::Habit(habit) => {
                self.habits().put(habit);
            }
            Record::NoHabits(entity_id) => self.habits().forget(entity_id.as_deref()),
        }
        Ok(())
    }
}
