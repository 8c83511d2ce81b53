//! What a device message means: bindings by topic, extraction and conversion.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::convert::{Convert, ScaleError};
use crate::template::{TemplateContext, TemplateEngine, TemplateError};
use crate::topic::{self, TopicError, TopicTrie};
use crate::value::Value;

mod reader;

use reader::{Parsed, Reader, Unreadable};

/// Index that the store gives an entity.
pub type EntityKey = u32;

/// What an extracted value is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// The state, or an attribute by its name.
    Attribute(Arc<str>),
    /// An availability source by its number.
    Availability(u16),
    /// An event by its name; the value is the event's type.
    Event(Arc<str>),
}

/// How a payload is read; the mirror of `hubagent.types.Codec`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// UTF-8 text.
    #[default]
    Text,
    /// JSON.
    Json,
    /// msgpack.
    Msgpack,
}

/// Where one attribute of one entity is heard; the mirror of `hubagent.types.Binding`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BindingSpec {
    /// Topic filter.
    pub topic: String,
    /// What the value is for.
    pub target: Target,
    /// How the payload is read.
    pub codec: Codec,
    /// RFC 6901 pointers: none for the whole payload, several for a flat list. With a template:
    /// into the JSON that the template prints.
    pub pointers: Vec<String>,
    /// Template, empty for none.
    pub template: String,
    /// What is done to the value.
    pub convert: Convert,
}

/// Why a binding is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingError {
    /// The topic filter is not one.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// A pointer neither is empty nor begins with a slash, or has a stray `~`.
    #[error("`{0}` is not a json pointer")]
    Pointer(Box<str>),
    /// The template does not compile.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The scale has coinciding ends.
    #[error(transparent)]
    Scale(#[from] ScaleError),
}

/// One value for one entity, out of one message.
#[derive(Debug, PartialEq)]
pub struct Update<'t> {
    /// Whose it is.
    pub entity: EntityKey,
    /// What it is for.
    pub target: &'t Target,
    /// The value.
    pub value: Value,
}

/// What became of the bindings that listened to a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extracted {
    /// Bindings whose topic filter matched.
    pub matched: u32,
    /// Those among them that could not read the payload.
    pub failed: u32,
}

/// All bindings of the home.
#[derive(Debug, Default)]
pub struct BindingTable {
    /// Groups of the filters with wildcards; the others are found by their name.
    trie: TopicTrie,
    /// One per topic filter; a free place has no bindings and no entry in `by_filter`.
    groups: Vec<Group>,
    free: Vec<u32>,
    by_filter: HashMap<Arc<str>, u32>,
    by_entity: HashMap<EntityKey, Vec<u32>>,
    /// By all that makes two readers the same.
    readers: HashMap<String, Arc<Reader>>,
    engine: TemplateEngine,
}

#[derive(Debug, Default)]
struct Group {
    filter: Arc<str>,
    bindings: Vec<Binding>,
}

#[derive(Debug)]
struct Binding {
    entity: EntityKey,
    reader: Arc<Reader>,
}

impl BindingTable {
    /// Makes an empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives an entity these bindings instead of those it had; on an error it keeps the old ones.
    ///
    /// # Errors
    ///
    /// [`BindingError`] of the first binding that is refused.
    pub fn replace(
        &mut self,
        entity: EntityKey,
        specs: Vec<BindingSpec>,
    ) -> Result<(), BindingError> {
        let mut compiled = Vec::with_capacity(specs.len());
        for spec in specs {
            match self.compile(entity, spec) {
                Ok(binding) => compiled.push(binding),
                Err(error) => {
                    drop(compiled);
                    self.drop_unused_readers();
                    return Err(error);
                }
            }
        }
        self.remove(entity);
        for (filter, binding) in compiled {
            self.add(&filter, binding)?;
        }
        Ok(())
    }

    /// Takes away all bindings of an entity.
    pub fn remove(&mut self, entity: EntityKey) {
        let Some(indices) = self.by_entity.remove(&entity) else {
            return;
        };
        for index in indices {
            let Some(group) = self.groups.get_mut(index as usize) else {
                continue;
            };
            group.bindings.retain(|binding| binding.entity != entity);
            if group.bindings.is_empty() {
                let filter = std::mem::take(&mut group.filter);
                self.trie.remove(&filter, index);
                self.by_filter.remove(&filter);
                self.free.push(index);
            }
        }
        self.drop_unused_readers();
    }

    /// Returns the topic filters of an entity, each once.
    pub fn topics_of(&self, entity: EntityKey) -> impl Iterator<Item = &str> {
        let indices = self.by_entity.get(&entity).map(Vec::as_slice);
        let groups = indices.unwrap_or_default().iter();
        groups.filter_map(|index| self.groups.get(*index as usize).map(|group| &*group.filter))
    }

    /// Reads a message for every binding that listens and appends what it says to `out`.
    ///
    /// The payload is parsed at most once, whatever the number of bindings. Nothing is appended for
    /// a value that is absent or says nothing; a payload that cannot be read is counted.
    pub fn extract<'t>(
        &'t self,
        topic: &str,
        payload: &[u8],
        context: &dyn TemplateContext,
        out: &mut Vec<Update<'t>>,
    ) -> Extracted {
        let mut extracted = Extracted::default();
        let parsed = Parsed::new(payload);
        let mut read = |index: u32| {
            let group = self.groups.get(index as usize);
            for Binding { entity, reader } in group.iter().flat_map(|group| &group.bindings) {
                extracted.matched += 1;
                match reader.read(*entity, &parsed, &self.engine, context) {
                    Ok(Some(value)) => out.push(Update {
                        entity: *entity,
                        target: &reader.target,
                        value,
                    }),
                    Ok(None) => {}
                    Err(Unreadable) => extracted.failed += 1,
                }
            }
        };
        if let Some(index) = self.by_filter.get(topic).filter(|_| !has_wildcard(topic)) {
            read(*index);
        }
        self.trie.matches(topic, read);
        extracted
    }

    fn compile(
        &mut self,
        entity: EntityKey,
        mut spec: BindingSpec,
    ) -> Result<(String, Binding), BindingError> {
        topic::check_filter(&spec.topic)?;
        spec.convert.check()?;
        let topic = std::mem::take(&mut spec.topic);
        let key = format!("{spec:?}");
        let reader = if let Some(reader) = self.readers.get(&key) {
            Arc::clone(reader)
        } else {
            let reader = Arc::new(Reader::compile(spec, &mut self.engine)?);
            self.readers.insert(key, Arc::clone(&reader));
            reader
        };
        Ok((topic, Binding { entity, reader }))
    }

    fn add(&mut self, filter: &str, binding: Binding) -> Result<(), TopicError> {
        let index = match self.by_filter.get(filter) {
            Some(index) => *index,
            None => self.open_group(filter)?,
        };
        let mine = self.by_entity.entry(binding.entity).or_default();
        if !mine.contains(&index) {
            mine.push(index);
        }
        if let Some(group) = self.groups.get_mut(index as usize) {
            group.bindings.push(binding);
        }
        Ok(())
    }

    fn open_group(&mut self, filter: &str) -> Result<u32, TopicError> {
        let index = self.free.pop().unwrap_or_else(|| {
            self.groups.push(Group::default());
            u32::try_from(self.groups.len() - 1).unwrap_or(u32::MAX)
        });
        if has_wildcard(filter) {
            self.trie.insert(filter, index)?;
        }
        let filter: Arc<str> = filter.into();
        if let Some(group) = self.groups.get_mut(index as usize) {
            group.filter = Arc::clone(&filter);
        }
        self.by_filter.insert(filter, index);
        Ok(index)
    }

    fn drop_unused_readers(&mut self) {
        self.readers.retain(|_, reader| {
            let used = Arc::strong_count(reader) > 1;
            if !used {
                reader.release(&mut self.engine);
            }
            used
        });
    }
}

fn has_wildcard(topic: &str) -> bool {
    topic.contains(['+', '#'])
}

#[cfg(test)]
mod tests;
