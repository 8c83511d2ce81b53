//! What there is in the home: floors, areas, devices, entities, and what their owner said of them.
//!
//! What a device announces and what the owner decided are kept apart: the owner's word wins, and
//! it is still there when the device is announced anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::binding::{BindingSpec, EntityKey};
use crate::command::CommandSpec;
use crate::names::{NameIndex, NameKind};
use crate::slots::Slots;

mod things;

pub use things::{
    Area, AvailabilityMode, Capability, Device, DeviceFacts, Entity, EntityFacts, Floor,
};

/// Where an entity is heard and how it is commanded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Specs {
    /// Where its attributes, availability and events are heard.
    pub bindings: Vec<BindingSpec>,
    /// How its commands are put on the wire.
    pub commands: Vec<CommandSpec>,
}

impl Specs {
    fn commands(&self) -> Vec<Box<str>> {
        let names: BTreeSet<&str> = self.commands.iter().map(|it| &*it.command).collect();
        names.into_iter().map(Box::from).collect()
    }
}

impl Registered {
    /// Returns whether anything is heard of it at all; a scene, say, only listens.
    pub fn is_heard(&self) -> bool {
        !self.specs.bindings.is_empty()
    }
}

impl DeviceFacts {
    /// Returns these facts, with those of `older` where these say nothing.
    #[must_use]
    pub fn over(self, older: &Self) -> Self {
        Self {
            name: self.name.or_else(|| older.name.clone()),
            area_id: self.area_id.or_else(|| older.area_id.clone()),
        }
    }
}

/// An entity as announced, and as it counts.
#[derive(Clone, Debug)]
pub struct Registered {
    /// As its device says.
    pub announced: Entity,
    /// With the owner's word over it.
    pub entity: Entity,
    /// Where it is heard and how it is commanded.
    pub specs: Arc<Specs>,
    /// Commands it has, sorted.
    pub commands: Vec<Box<str>>,
}

/// All that is registered. A clone is a picture of that instant.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    version: u64,
    floors: BTreeMap<Box<str>, Floor>,
    areas: BTreeMap<Box<str>, Area>,
    /// As announced, and as they count.
    devices: BTreeMap<Box<str>, (Arc<Device>, Arc<Device>)>,
    keys: BTreeMap<Arc<str>, EntityKey>,
    entities: Slots<Registered>,
    free: Vec<EntityKey>,
    entity_facts: BTreeMap<Box<str>, EntityFacts>,
    device_facts: BTreeMap<Box<str>, DeviceFacts>,
    identities: BTreeMap<(Box<str>, Box<str>), Arc<str>>,
    /// Made when it is first asked for, and shared by all pictures of this version.
    names: Arc<OnceLock<NameIndex>>,
}

impl Registry {
    /// Returns a number that grows with every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Returns the index of all names and aliases; the first call after a change makes it.
    pub fn names(&self) -> &NameIndex {
        self.names.get_or_init(|| NameIndex::new(self.all_names()))
    }

    fn all_names(&self) -> impl Iterator<Item = (NameKind, Arc<str>, Arc<str>)> {
        fn rows(
            kind: NameKind,
            id: &str,
            name: &str,
            aliases: &[Box<str>],
        ) -> impl Iterator<Item = (NameKind, Arc<str>, Arc<str>)> {
            let id: Arc<str> = id.into();
            let names = std::iter::once(name).chain(aliases.iter().map(|alias| &**alias));
            let names: Vec<Arc<str>> = names.map(Into::into).collect();
            names
                .into_iter()
                .map(move |name| (kind, Arc::clone(&id), name))
        }
        let floors = self.floors.values();
        let floors =
            floors.flat_map(|it| rows(NameKind::Floor, &it.floor_id, &it.name, &it.aliases));
        let areas = self.areas.values();
        let areas = areas.flat_map(|it| rows(NameKind::Area, &it.area_id, &it.name, &it.aliases));
        let devices = self.devices();
        let devices = devices.flat_map(|it| rows(NameKind::Device, &it.device_id, &it.name, &[]));
        let entities = self.entities().map(|(_, it)| &it.entity);
        let entities =
            entities.flat_map(|it| rows(NameKind::Entity, &it.entity_id, &it.name, &it.aliases));
        floors.chain(areas).chain(devices).chain(entities)
    }

    /// Returns all floors, by id.
    pub fn floors(&self) -> impl Iterator<Item = &Floor> {
        self.floors.values()
    }

    /// Returns all areas, by id.
    pub fn areas(&self) -> impl Iterator<Item = &Area> {
        self.areas.values()
    }

    /// Returns one area.
    pub fn area(&self, area_id: &str) -> Option<&Area> {
        self.areas.get(area_id)
    }

    /// Returns all devices as they count, by id.
    pub fn devices(&self) -> impl Iterator<Item = &Device> {
        self.devices.values().map(|(_, device)| &**device)
    }

    /// Returns all devices as announced, by id.
    pub fn announced_devices(&self) -> impl Iterator<Item = &Device> {
        self.devices.values().map(|(announced, _)| &**announced)
    }

    /// Returns one device as announced.
    pub fn announced_device(&self, device_id: &str) -> Option<&Device> {
        self.devices
            .get(device_id)
            .map(|(announced, _)| &**announced)
    }

    /// Returns one device as it counts.
    pub fn device(&self, device_id: &str) -> Option<&Device> {
        self.devices.get(device_id).map(|(_, device)| &**device)
    }

    /// Returns all entities, by id.
    pub fn entities(&self) -> impl Iterator<Item = (EntityKey, &Registered)> {
        let filled = |key: &EntityKey| Some((*key, self.entities.get(*key)?));
        self.keys.values().filter_map(filled)
    }

    /// Returns what the owner said of one entity.
    pub fn facts_of_entity(&self, entity_id: &str) -> EntityFacts {
        self.entity_facts
            .get(entity_id)
            .cloned()
            .unwrap_or_default()
    }

    /// Returns what the owner said of one device.
    pub fn facts_of_device(&self, device_id: &str) -> DeviceFacts {
        self.device_facts
            .get(device_id)
            .cloned()
            .unwrap_or_default()
    }

    /// Returns what the owner said of entities, by entity id.
    pub fn entity_facts(&self) -> impl Iterator<Item = (&str, &EntityFacts)> {
        self.entity_facts.iter().map(|(id, facts)| (&**id, facts))
    }

    /// Returns what the owner said of devices, by device id.
    pub fn device_facts(&self) -> impl Iterator<Item = (&str, &DeviceFacts)> {
        self.device_facts.iter().map(|(id, facts)| (&**id, facts))
    }

    /// Returns which entity id each (domain, unique id) was given, also of entities that are gone.
    pub fn identities(&self) -> impl Iterator<Item = (&str, &str, &Arc<str>)> {
        self.identities
            .iter()
            .map(|((domain, unique_id), id)| (&**domain, &**unique_id, id))
    }

    /// Returns the entity id that a (domain, unique id) has or had.
    pub fn known_id(&self, domain: &str, unique_id: &str) -> Option<&Arc<str>> {
        self.identities.get(&(domain.into(), unique_id.into()))
    }

    /// Returns the key of an entity.
    pub fn key(&self, entity_id: &str) -> Option<EntityKey> {
        self.keys.get(entity_id).copied()
    }

    /// Returns the key that an entity has, or will have once it is set.
    pub fn key_for(&self, entity_id: &str) -> EntityKey {
        let unused = || u32::try_from(self.keys.len()).unwrap_or(EntityKey::MAX);
        let free = || self.free.last().copied().unwrap_or_else(unused);
        self.key(entity_id).unwrap_or_else(free)
    }

    /// Returns an entity by its key.
    pub fn get(&self, key: EntityKey) -> Option<&Registered> {
        self.entities.get(key)
    }

    /// Returns the entity's own area, else its device's.
    pub fn area_of<'a>(&'a self, entity: &'a Entity) -> Option<&'a str> {
        entity.area_id.as_deref().or_else(|| {
            let device = self.device(entity.device_id.as_deref()?)?;
            device.area_id.as_deref()
        })
    }

    /// Adds or replaces a floor.
    pub fn set_floor(&mut self, floor: Floor) {
        self.changed();
        self.floors.insert(floor.floor_id.clone(), floor);
    }

    /// Forgets a floor; its areas stay, on no floor.
    pub fn remove_floor(&mut self, floor_id: &str) -> bool {
        let known = self.floors.remove(floor_id).is_some();
        for area in self.areas.values_mut() {
            area.floor_id.take_if(|floor| &**floor == floor_id);
        }
        self.changed();
        known
    }

    /// Adds or replaces an area.
    pub fn set_area(&mut self, area: Area) {
        self.changed();
        self.areas.insert(area.area_id.clone(), area);
    }

    /// Forgets an area and the owner's placing of things in it.
    pub fn remove_area(&mut self, area_id: &str) -> bool {
        let known = self.areas.remove(area_id).is_some();
        for facts in self.entity_facts.values_mut() {
            facts.area_id.take_if(|area| &**area == area_id);
        }
        for facts in self.device_facts.values_mut() {
            facts.area_id.take_if(|area| &**area == area_id);
        }
        self.changed();
        self.refresh_all();
        known
    }

    /// Returns the area of that name or alias; failing that, one as it would have to be made, its
    /// id made of the name. None when the name has no letter or digit.
    pub fn area_named(&self, name: &str) -> Option<Area> {
        let wanted = name.trim().to_lowercase();
        let fits = |text: &str| text.trim().to_lowercase() == wanted;
        let mut areas = self.areas.values();
        let known = areas.find(|area| fits(&area.name) || area.aliases.iter().any(|it| fits(it)));
        let area_id = known
            .map(|area| area.area_id.clone())
            .or_else(|| slug(&wanted))?;
        let made = || Area {
            area_id: area_id.clone(),
            name: name.trim().into(),
            aliases: Vec::new(),
            floor_id: None,
        };
        Some(self.areas.get(&area_id).cloned().unwrap_or_else(made))
    }

    /// Adds or replaces what a device announces of itself.
    pub fn set_device(&mut self, announced: Device) {
        let id = announced.device_id.clone();
        if self
            .devices
            .get(&id)
            .is_some_and(|(old, _)| **old == announced)
        {
            return;
        }
        self.changed();
        let device = with_device_facts(&announced, self.device_facts.get(&id));
        self.devices
            .insert(id, (Arc::new(announced), Arc::new(device)));
    }

    /// Adds or replaces what is announced of an entity; returns its key.
    pub fn set_entity(&mut self, announced: Entity, specs: Arc<Specs>) -> EntityKey {
        self.changed();
        let id = Arc::clone(&announced.entity_id);
        if !announced.unique_id.is_empty() {
            let identity = (announced.domain.clone(), announced.unique_id.clone());
            self.identities.insert(identity, Arc::clone(&id));
        }
        let key = self.key_for(&id);
        self.free.retain(|free| *free != key);
        let owner = self.owner_of(key);
        let registered = Registered {
            entity: with_entity_facts(&announced, self.entity_facts.get(&*id)),
            announced,
            commands: specs.commands(),
            specs,
        };
        self.keys.insert(id, key);
        self.entities.insert(key, registered);
        if owner != self.owner_of(key) {
            self.drop_if_bare(owner.as_deref());
        }
        key
    }

    /// Forgets an entity, and its device when it was the last one of it.
    ///
    /// What the owner said of them stays, for the day they come back.
    pub fn remove_entity(&mut self, entity_id: &str) -> Option<EntityKey> {
        let key = self.keys.remove(entity_id)?;
        let owner = self.owner_of(key);
        self.entities.remove(key);
        self.free.push(key);
        self.changed();
        self.drop_if_bare(owner.as_deref());
        Some(key)
    }

    /// Remembers which entity id a (domain, unique id) was given.
    pub fn set_identity(&mut self, domain: Box<str>, unique_id: Box<str>, id: Arc<str>) {
        self.identities.insert((domain, unique_id), id);
    }

    /// Sets what the owner says of an entity; empty facts give all back to the device.
    pub fn set_entity_facts(&mut self, entity_id: &str, facts: EntityFacts) {
        self.changed();
        if facts == EntityFacts::default() {
            self.entity_facts.remove(entity_id);
        } else {
            self.entity_facts.insert(entity_id.into(), facts);
        }
        if let Some(key) = self.key(entity_id) {
            self.refresh(key);
        }
    }

    /// Sets what the owner says of a device; empty facts give all back to the device.
    pub fn set_device_facts(&mut self, device_id: &str, facts: DeviceFacts) {
        self.changed();
        if facts == DeviceFacts::default() {
            self.device_facts.remove(device_id);
        } else {
            self.device_facts.insert(device_id.into(), facts);
        }
        let facts = self.device_facts.get(device_id);
        if let Some((announced, device)) = self.devices.get_mut(device_id) {
            *device = Arc::new(with_device_facts(announced, facts));
        }
    }

    fn owner_of(&self, key: EntityKey) -> Option<Box<str>> {
        self.entities.get(key)?.announced.device_id.clone()
    }

    /// Forgets a device that has no entity any more.
    fn drop_if_bare(&mut self, device_id: Option<&str>) {
        let mut entities = self.entities.iter().map(|(_, it)| &it.announced);
        if let Some(device_id) = device_id
            && !entities.any(|it| it.device_id.as_deref() == Some(device_id))
        {
            self.devices.remove(device_id);
        }
    }

    fn changed(&mut self) {
        self.version += 1;
        self.names = Arc::default();
    }

    fn refresh(&mut self, key: EntityKey) {
        if let Some(registered) = self.entities.get_mut(key) {
            let facts = self.entity_facts.get(&*registered.announced.entity_id);
            registered.entity = with_entity_facts(&registered.announced, facts);
        }
    }

    fn refresh_all(&mut self) {
        for key in self.keys.values().copied().collect::<Vec<_>>() {
            self.refresh(key);
        }
        for (id, (announced, device)) in &mut self.devices {
            *device = Arc::new(with_device_facts(announced, self.device_facts.get(id)));
        }
    }
}

fn with_entity_facts(announced: &Entity, facts: Option<&EntityFacts>) -> Entity {
    let mut entity = announced.clone();
    if let Some(facts) = facts.cloned() {
        entity.name = facts.name.unwrap_or(entity.name);
        entity.area_id = facts.area_id.or(entity.area_id);
        entity.aliases = facts.aliases.unwrap_or(entity.aliases);
    }
    entity
}

fn with_device_facts(announced: &Device, facts: Option<&DeviceFacts>) -> Device {
    let mut device = announced.clone();
    if let Some(facts) = facts.cloned() {
        device.name = facts.name.unwrap_or(device.name);
        device.area_id = facts.area_id.or(device.area_id);
    }
    device
}

/// Words joined by underscores; letters of any script stay. None when nothing is left.
fn slug(name: &str) -> Option<Box<str>> {
    let words: Vec<_> = name
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    (!words.is_empty()).then(|| words.join("_").into())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn entity(id: &str) -> Entity {
        Entity {
            entity_id: id.into(),
            domain: id.split('.').next().unwrap().into(),
            name: id.into(),
            unique_id: format!("unique {id}").into(),
            device_id: None,
            area_id: None,
            aliases: Vec::new(),
            device_class: "".into(),
            unit: "".into(),
            category: "".into(),
            capabilities: Vec::new(),
            availability_mode: AvailabilityMode::Latest,
            expire_after_s: None,
            source: "test".into(),
        }
    }

    pub(crate) fn device(id: &str) -> Device {
        Device {
            device_id: id.into(),
            name: id.into(),
            area_id: None,
            identifiers: vec![id.into()],
            connections: Vec::new(),
            manufacturer: "".into(),
            model: "".into(),
            sw_version: "".into(),
        }
    }

    #[test]
    fn what_the_owner_said_survives_a_new_announcement_and_a_removal() {
        let mut registry = Registry::default();
        registry.set_area(Area {
            area_id: "attic".into(),
            name: "Attic".into(),
            aliases: Vec::new(),
            floor_id: None,
        });
        let key = registry.set_entity(entity("light.lamp"), Arc::default());
        let facts = EntityFacts {
            name: Some("Moon".into()),
            area_id: Some("attic".into()),
            aliases: Some(vec!["night light".into()]),
        };
        registry.set_entity_facts("light.lamp", facts);
        assert_eq!(&*registry.get(key).unwrap().entity.name, "Moon");

        registry.remove_entity("light.lamp");
        let mut announced = entity("light.lamp");
        announced.name = "0x00158d00".into();
        let key = registry.set_entity(announced, Arc::default());
        let registered = registry.get(key).unwrap();
        assert_eq!(&*registered.entity.name, "Moon");
        assert_eq!(&*registered.announced.name, "0x00158d00");
        assert_eq!(registry.area_of(&registered.entity), Some("attic"));

        registry.remove_area("attic");
        let registered = registry.get(key).unwrap();
        assert_eq!(registry.area_of(&registered.entity), None);
        assert_eq!(&*registered.entity.name, "Moon");
    }

    #[test]
    fn an_entity_without_area_stands_where_its_device_stands() {
        let mut registry = Registry::default();
        registry.set_device(Device {
            area_id: Some("hall".into()),
            ..device("d1")
        });
        let owned = Entity {
            device_id: Some("d1".into()),
            ..entity("light.a")
        };
        let key = registry.set_entity(owned, Arc::default());
        let area = |registry: &Registry| {
            let entity = &registry.get(key).unwrap().entity;
            registry.area_of(entity).map(str::to_owned)
        };
        assert_eq!(area(&registry).as_deref(), Some("hall"));
        let facts = DeviceFacts {
            area_id: Some("bath".into()),
            ..DeviceFacts::default()
        };
        registry.set_device_facts("d1", facts);
        registry.set_device(Device {
            area_id: Some("hall".into()),
            model: "new".into(),
            ..device("d1")
        });
        assert_eq!(area(&registry).as_deref(), Some("bath"));
        registry.set_device(device("d2"));
        let moved = Entity {
            device_id: Some("d2".into()),
            ..entity("light.a")
        };
        registry.set_entity(moved, Arc::default());
        let ids: Vec<_> = registry.devices().map(|it| &*it.device_id).collect();
        assert_eq!(ids, ["d2"], "the last entity moved away from the other");
        registry.remove_entity("light.a");
        assert_eq!(
            registry.devices().count(),
            0,
            "the last entity takes it along"
        );
    }

    #[test]
    fn the_id_of_an_entity_is_remembered_after_it_is_gone() {
        let mut registry = Registry::default();
        registry.set_entity(entity("light.a"), Arc::default());
        registry.remove_entity("light.a");
        let known = registry.known_id("light", "unique light.a");
        assert_eq!(known.map(|id| &**id), Some("light.a"));
    }

    #[test]
    fn a_suggested_area_is_found_by_alias_or_made() {
        let mut registry = Registry::default();
        registry.set_area(Area {
            area_id: "wc".into(),
            name: "Bathroom".into(),
            aliases: vec!["Loo".into()],
            floor_id: None,
        });
        let id = |name| registry.area_named(name).map(|area| area.area_id);
        assert_eq!(id(" loo").as_deref(), Some("wc"));
        assert_eq!(id("Küche 2").as_deref(), Some("küche_2"));
        assert_eq!(id("!?"), None);
    }

    #[test]
    fn keys_are_used_again_and_never_shared() {
        let mut registry = Registry::default();
        let first = registry.set_entity(entity("light.a"), Arc::default());
        let second = registry.set_entity(entity("light.b"), Arc::default());
        registry.remove_entity("light.a");
        let third = registry.set_entity(entity("light.c"), Arc::default());
        let fourth = registry.set_entity(entity("light.d"), Arc::default());
        assert_eq!(first, third);
        assert_ne!(second, fourth);
        assert_eq!(registry.entities().count(), 3);
    }
}
