//! What a device message means: bindings by topic, extraction and conversion.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use minijinja::value::Value as Dynamic;
use serde::{Deserialize, Serialize};

use crate::convert::{Convert, Reading, ScaleError, Spelling};
use crate::payload::{self, Document, Pointer};
use crate::template::{
    self, Read, Template, TemplateContext, TemplateEngine, TemplateError, Variables,
};
use crate::topic::{TopicError, TopicTrie};
use crate::value::Value;

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
    trie: TopicTrie,
    /// One per topic filter; a free place has no bindings and no entry in `by_filter`.
    groups: Vec<Group>,
    free: Vec<u32>,
    by_filter: HashMap<Arc<str>, u32>,
    by_entity: HashMap<EntityKey, Vec<u32>>,
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
    target: Target,
    source: Source,
    convert: Convert,
}

#[derive(Debug)]
enum Source {
    Text,
    Document(Codec, Box<[Pointer]>),
    Template(Codec, Template, Box<[Pointer]>),
}

/// Why a binding read nothing from a message; the reason is of no use to a device.
struct Unreadable;

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
        let mut error = None;
        for spec in specs {
            match self.compile(entity, spec) {
                Ok(binding) => compiled.push(binding),
                Err(reason) => {
                    error = Some(reason);
                    break;
                }
            }
        }
        if let Some(error) = error {
            for (_, binding) in &compiled {
                self.release(binding);
            }
            return Err(error);
        }
        self.remove(entity);
        for (filter, binding) in compiled {
            self.add(&filter, binding)?;
        }
        Ok(())
    }

    /// Takes away all bindings of an entity.
    pub fn remove(&mut self, entity: EntityKey) {
        for index in self.by_entity.remove(&entity).unwrap_or_default() {
            let Some(group) = self.groups.get_mut(index as usize) else {
                continue;
            };
            let (gone, kept) = std::mem::take(&mut group.bindings)
                .into_iter()
                .partition(|binding| binding.entity == entity);
            group.bindings = kept;
            if group.bindings.is_empty() {
                let filter = std::mem::take(&mut group.filter);
                self.trie.remove(&filter, index);
                self.by_filter.remove(&filter);
                self.free.push(index);
            }
            let gone: Vec<Binding> = gone;
            for binding in &gone {
                self.release(binding);
            }
        }
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
        self.trie.matches(topic, |index| {
            let group = self.groups.get(index as usize);
            for binding in group.iter().flat_map(|group| &group.bindings) {
                extracted.matched += 1;
                match binding.read(&parsed, &self.engine, context) {
                    Ok(Some(value)) => out.push(Update {
                        entity: binding.entity,
                        target: &binding.target,
                        value,
                    }),
                    Ok(None) => {}
                    Err(Unreadable) => extracted.failed += 1,
                }
            }
        });
        extracted
    }

    fn compile(
        &mut self,
        entity: EntityKey,
        spec: BindingSpec,
    ) -> Result<(String, Binding), BindingError> {
        crate::topic::check_filter(&spec.topic)?;
        spec.convert.check()?;
        let pointers = spec.pointers.iter().map(|pointer| {
            Pointer::parse(pointer).ok_or_else(|| BindingError::Pointer(pointer.as_str().into()))
        });
        let pointers = pointers.collect::<Result<Box<[_]>, _>>()?;
        let source = if !spec.template.is_empty() {
            let template = self.engine.acquire(&spec.template)?;
            Source::Template(spec.codec, template, pointers)
        } else if spec.codec == Codec::Text && pointers.is_empty() {
            Source::Text
        } else {
            Source::Document(spec.codec, pointers)
        };
        let binding = Binding {
            entity,
            target: spec.target,
            source,
            convert: spec.convert,
        };
        Ok((spec.topic, binding))
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
        self.trie.insert(filter, index)?;
        let filter: Arc<str> = filter.into();
        if let Some(group) = self.groups.get_mut(index as usize) {
            group.filter = Arc::clone(&filter);
        }
        self.by_filter.insert(filter, index);
        Ok(index)
    }

    fn release(&mut self, binding: &Binding) {
        if let Source::Template(_, template, _) = &binding.source {
            self.engine.release(template);
        }
    }
}

impl Binding {
    fn read(
        &self,
        parsed: &Parsed<'_>,
        engine: &TemplateEngine,
        context: &dyn TemplateContext,
    ) -> Result<Option<Value>, Unreadable> {
        match &self.source {
            Source::Text => {
                let text = parsed.text().ok_or(Unreadable)?;
                self.convert(&Reading::Text(text), Spelling::Python)
            }
            Source::Document(..) if parsed.payload.is_empty() => Ok(None),
            Source::Document(codec, pointers) => {
                let document = parsed.document(*codec).ok_or(Unreadable)?;
                self.read_document(document, pointers)
            }
            Source::Template(codec, template, pointers) if pointers.is_empty() => {
                let read = template.read(
                    || parsed.text(),
                    || parsed.document(*codec).map(Document::root),
                );
                match read {
                    Some(Read::Value(reading)) => self.convert(&reading, Spelling::Python),
                    Some(Read::Absent) => Ok(None),
                    None => match self.render(parsed, *codec, template, engine, context)? {
                        Some(text) => self.convert(&Reading::Text(&text), Spelling::Python),
                        None => Ok(None),
                    },
                }
            }
            Source::Template(codec, template, pointers) => {
                match self.render(parsed, *codec, template, engine, context)? {
                    Some(text) if !text.is_empty() => {
                        let document = Document::from_json(text.as_bytes());
                        self.read_document(&document.map_err(|_| Unreadable)?, pointers)
                    }
                    _ => Ok(None),
                }
            }
        }
    }

    fn convert(
        &self,
        reading: &Reading<'_>,
        spelling: Spelling,
    ) -> Result<Option<Value>, Unreadable> {
        self.convert
            .to_home(reading, spelling)
            .map_err(|_| Unreadable)
    }

    fn read_document(
        &self,
        document: &Document<'_>,
        pointers: &[Pointer],
    ) -> Result<Option<Value>, Unreadable> {
        let root = document.root();
        let reading = match pointers {
            [] => Reading::of(root).map_err(|_| Unreadable)?,
            [pointer] => match root.get(pointer) {
                Some(item) => Reading::of(item).map_err(|_| Unreadable)?,
                None => return Ok(None),
            },
            several => {
                let items = several.iter().map(|pointer| root.get(pointer));
                let Some(items) = items.collect::<Option<Vec<_>>>() else {
                    return Ok(None);
                };
                let items = items.into_iter().map(Reading::scalar);
                Reading::List(items.collect::<Result<_, _>>().map_err(|_| Unreadable)?)
            }
        };
        self.convert(&reading, Spelling::Json)
    }

    fn render(
        &self,
        parsed: &Parsed<'_>,
        codec: Codec,
        template: &Template,
        engine: &TemplateEngine,
        context: &dyn TemplateContext,
    ) -> Result<Option<String>, Unreadable> {
        let mut variables = Variables::default();
        if template.mentions("value") {
            // msgpack has no text; its templates use `value_json`.
            let text = match codec {
                Codec::Msgpack => "",
                Codec::Text | Codec::Json => parsed.text().ok_or(Unreadable)?,
            };
            variables.set("value", text);
        }
        if let Some(json) = parsed
            .dynamic(codec)
            .filter(|_| template.mentions("value_json"))
        {
            variables.set("value_json", json.clone());
        }
        match engine.render(template, variables, self.entity, context) {
            Ok(text) => Ok(Some(text)),
            Err(TemplateError::Undefined) => Ok(None),
            Err(_) => Err(Unreadable),
        }
    }
}

/// A payload with what was parsed of it so far.
struct Parsed<'p> {
    payload: &'p [u8],
    text: OnceCell<Option<&'p str>>,
    json: OnceCell<Option<Document<'p>>>,
    msgpack: OnceCell<Option<Document<'p>>>,
    dynamic: OnceCell<Option<Dynamic>>,
}

impl<'p> Parsed<'p> {
    fn new(payload: &'p [u8]) -> Self {
        Self {
            payload,
            text: OnceCell::new(),
            json: OnceCell::new(),
            msgpack: OnceCell::new(),
            dynamic: OnceCell::new(),
        }
    }

    fn text(&self) -> Option<&'p str> {
        *self.text.get_or_init(|| payload::text(self.payload).ok())
    }

    fn document(&self, codec: Codec) -> Option<&Document<'p>> {
        let document = match codec {
            Codec::Msgpack => self
                .msgpack
                .get_or_init(|| Document::from_msgpack(self.payload).ok()),
            Codec::Text | Codec::Json => self
                .json
                .get_or_init(|| Document::from_json(self.payload).ok()),
        };
        document.as_ref()
    }

    /// Returns `value_json` of templates: `None` when the payload does not parse.
    fn dynamic(&self, codec: Codec) -> Option<&Dynamic> {
        let make = || {
            self.document(codec)
                .map(|document| template::dynamic_item(document.root()))
        };
        self.dynamic.get_or_init(make).as_ref()
    }
}

#[cfg(test)]
mod tests;
