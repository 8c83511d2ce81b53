//! Commands as a device wants them: from a service name and its data to messages.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::binding::EntityKey;
use crate::convert::{Convert, ConvertError, Kind, ScaleError};
use crate::template::{self, Template, TemplateContext, TemplateEngine, TemplateError, Variables};
use crate::topic::{self, TopicError};
use crate::value::Value;

/// Deepest field of a merged object.
const MAX_FIELD_DEPTH: usize = 8;

/// One piece of what is published; the mirror of `hubagent.types.CommandPart`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartSpec {
    /// Topic to publish to.
    pub topic: String,
    /// Key of the command's data; empty for none.
    pub key: String,
    /// Fixed payload, when there is no key.
    pub payload: String,
    /// Template for the payload, empty for none.
    pub template: String,
    /// From the home's value to the device's.
    pub convert: Convert,
    /// Key in the merged JSON object, dots for nested; empty for a raw payload.
    pub field: String,
    /// Further data keys that are used up although the template does not mention them.
    pub uses: Vec<String>,
    /// The part is left out when any of these keys is given.
    pub only_without: Vec<String>,
    /// Quality of service, 0 to 2.
    pub qos: u8,
}

/// How a command is put on the wire; the mirror of `hubagent.types.CommandSpec`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommandSpec {
    /// Service name without its domain.
    pub command: String,
    /// What is published, in order.
    pub parts: Vec<PartSpec>,
    /// The command itself is taken as the new state.
    pub optimistic: bool,
}

/// One message to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Topic.
    pub topic: Arc<str>,
    /// Payload.
    pub payload: Vec<u8>,
    /// Quality of service, 0 to 2.
    pub qos: u8,
}

/// Why a command spec is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// The topic cannot be published to.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// The template does not compile.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The scale has coinciding ends.
    #[error(transparent)]
    Scale(#[from] ScaleError),
    /// The field is nested too deep or has an empty level.
    #[error("`{0}` is not a field")]
    Field(Box<str>),
    /// Quality of service beyond 2.
    #[error("quality of service {0} is not 0, 1 or 2")]
    Qos(u8),
}

/// Why a command cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The entity has no such command.
    #[error("no command `{0}`")]
    Unknown(Box<str>),
    /// The command cannot use a key of its data.
    #[error("`{command}` takes no `{key}`")]
    UnusedKey {
        /// The command.
        command: Box<str>,
        /// The key.
        key: Box<str>,
    },
    /// None of the parts has what it needs.
    #[error("`{command}` needs one of: {keys}")]
    MissingKey {
        /// The command.
        command: Box<str>,
        /// The keys, comma-separated.
        keys: Box<str>,
    },
    /// The device cannot take the value.
    #[error("`{key}`: {reason}")]
    Value {
        /// The key.
        key: Box<str>,
        /// Why.
        reason: ConvertError,
    },
    /// The template failed.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// All commands of the home.
#[derive(Debug, Default)]
pub struct CommandTable {
    by_entity: HashMap<EntityKey, Box<[Command]>>,
    engine: TemplateEngine,
}

#[derive(Debug)]
struct Command {
    name: Box<str>,
    parts: Box<[Part]>,
    optimistic: bool,
}

#[derive(Debug)]
struct Part {
    topic: Arc<str>,
    key: Box<str>,
    payload: Box<str>,
    template: Option<Template>,
    convert: Convert,
    /// Levels of the field; none for a raw payload.
    field: Box<[Box<str>]>,
    uses: Box<[Box<str>]>,
    only_without: Box<[Box<str>]>,
    qos: u8,
}

/// A message under construction.
enum Draft {
    Raw(Vec<u8>),
    Object(Map<String, Json>),
}

impl CommandTable {
    /// Makes an empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives an entity these commands instead of those it had; on an error it keeps the old ones.
    ///
    /// # Errors
    ///
    /// [`SpecError`] of the first part that is refused.
    pub fn replace(&mut self, entity: EntityKey, specs: Vec<CommandSpec>) -> Result<(), SpecError> {
        let mut commands = Vec::with_capacity(specs.len());
        for spec in specs {
            let mut parts = Vec::with_capacity(spec.parts.len());
            let mut error = None;
            for part in spec.parts {
                match self.compile(part) {
                    Ok(part) => parts.push(part),
                    Err(reason) => {
                        error = Some(reason);
                        break;
                    }
                }
            }
            commands.push(Command {
                name: spec.command.into(),
                parts: parts.into(),
                optimistic: spec.optimistic,
            });
            if let Some(error) = error {
                self.release(&commands);
                return Err(error);
            }
        }
        self.remove(entity);
        if !commands.is_empty() {
            commands.sort_by(|one, other| one.name.cmp(&other.name));
            self.by_entity.insert(entity, commands.into());
        }
        Ok(())
    }

    /// Takes away all commands of an entity.
    pub fn remove(&mut self, entity: EntityKey) {
        if let Some(commands) = self.by_entity.remove(&entity) {
            self.release(&commands);
        }
    }

    /// Returns the names of an entity's commands, sorted.
    pub fn commands_of(&self, entity: EntityKey) -> impl Iterator<Item = &str> {
        let commands = self.by_entity.get(&entity).map(|commands| &**commands);
        let commands = commands.unwrap_or_default().iter();
        commands.map(|command| &*command.name)
    }

    /// Says whether the command itself is to be taken as the new state.
    pub fn is_optimistic(&self, entity: EntityKey, command: &str) -> bool {
        self.find(entity, command)
            .is_some_and(|command| command.optimistic)
    }

    /// Puts a command on paper, in the order in which it is to be published.
    ///
    /// A key of the data counts as used when a part has it as its key (also one left out because
    /// of `only_without`), or when a used part lists it in `uses` or its template mentions it.
    ///
    /// # Errors
    ///
    /// [`CommandError`] when the entity has no such command, or it cannot be given these data.
    pub fn render<K: AsRef<str>>(
        &self,
        entity: EntityKey,
        command: &str,
        data: &[(K, Value)],
        context: &dyn TemplateContext,
    ) -> Result<Vec<Rendered>, CommandError> {
        let found = self.find(entity, command);
        let found = found.ok_or_else(|| CommandError::Unknown(command.into()))?;
        let used: Vec<&Part> = found
            .parts
            .iter()
            .filter(|part| part.applies(data))
            .collect();
        for (key, _) in data {
            let key = key.as_ref();
            let consumed = found.parts.iter().any(|part| *part.key == *key)
                || used.iter().any(|part| part.reads(key));
            if !consumed {
                return Err(CommandError::UnusedKey {
                    command: command.into(),
                    key: key.into(),
                });
            }
        }
        if used.is_empty() {
            let keys = found.parts.iter().map(|part| &*part.key);
            let keys: Vec<_> = keys.filter(|key| !key.is_empty()).collect();
            return Err(CommandError::MissingKey {
                command: command.into(),
                keys: keys.join(", ").into(),
            });
        }
        let mut drafts: Vec<(&Part, Draft)> = Vec::new();
        for part in used {
            let value = self.value_of(part, entity, data, context)?;
            if part.field.is_empty() {
                drafts.push((part, Draft::Raw(raw(&value))));
                continue;
            }
            let json = json_of(value, part.convert.kind);
            let open = drafts.iter_mut().find_map(|(first, draft)| match draft {
                Draft::Object(object) if first.topic == part.topic => Some(object),
                _ => None,
            });
            if let Some(object) = open {
                put(object, &part.field, json);
            } else {
                let mut object = Map::new();
                put(&mut object, &part.field, json);
                drafts.push((part, Draft::Object(object)));
            }
        }
        Ok(drafts
            .into_iter()
            .map(|(part, draft)| Rendered {
                topic: Arc::clone(&part.topic),
                payload: match draft {
                    Draft::Raw(bytes) => bytes,
                    Draft::Object(object) => Json::Object(object).to_string().into_bytes(),
                },
                qos: part.qos,
            })
            .collect())
    }

    fn find(&self, entity: EntityKey, command: &str) -> Option<&Command> {
        let commands = self.by_entity.get(&entity)?;
        commands.iter().find(|item| *item.name == *command)
    }

    fn value_of<K: AsRef<str>>(
        &self,
        part: &Part,
        entity: EntityKey,
        data: &[(K, Value)],
        context: &dyn TemplateContext,
    ) -> Result<Value, CommandError> {
        let value = match data.iter().find(|(key, _)| *key.as_ref() == *part.key) {
            Some((key, value)) if !part.key.is_empty() => {
                part.convert
                    .to_device(value)
                    .map_err(|reason| CommandError::Value {
                        key: key.as_ref().into(),
                        reason,
                    })?
            }
            _ => Value::text(&*part.payload),
        };
        let Some(template) = &part.template else {
            return Ok(value);
        };
        let mut variables = Variables::default();
        variables.set("value", template::dynamic(&value));
        for (key, value) in data.iter().filter(|(key, _)| key.as_ref() != "value") {
            variables.set(key.as_ref(), template::dynamic(value));
        }
        let text = self.engine.render(template, variables, entity, context)?;
        Ok(Value::text(text))
    }

    fn compile(&mut self, spec: PartSpec) -> Result<Part, SpecError> {
        topic::check_name(&spec.topic)?;
        spec.convert.check()?;
        if spec.qos > 2 {
            return Err(SpecError::Qos(spec.qos));
        }
        let levels = spec.field.split('.').map(Into::into);
        let field: Box<[Box<str>]> = levels.filter(|_| !spec.field.is_empty()).collect();
        if field.len() > MAX_FIELD_DEPTH || field.iter().any(|level| level.is_empty()) {
            return Err(SpecError::Field(spec.field.into()));
        }
        let template = match spec.template.as_str() {
            "" => None,
            source => Some(self.engine.acquire(source)?),
        };
        Ok(Part {
            topic: spec.topic.into(),
            key: spec.key.into(),
            payload: spec.payload.into(),
            template,
            convert: spec.convert,
            field,
            uses: spec.uses.into_iter().map(Into::into).collect(),
            only_without: spec.only_without.into_iter().map(Into::into).collect(),
            qos: spec.qos,
        })
    }

    fn release(&mut self, commands: &[Command]) {
        let parts = commands.iter().flat_map(|command| &command.parts);
        for template in parts.filter_map(|part| part.template.as_ref()) {
            self.engine.release(template);
        }
    }
}

impl Part {
    fn applies<K: AsRef<str>>(&self, data: &[(K, Value)]) -> bool {
        let given = |wanted: &str| data.iter().any(|(key, _)| key.as_ref() == wanted);
        (self.key.is_empty() || given(&self.key)) && !self.only_without.iter().any(|key| given(key))
    }

    fn reads(&self, key: &str) -> bool {
        let template = self.template.as_ref();
        self.uses.iter().any(|used| **used == *key)
            || template.is_some_and(|template| template.mentions(key))
    }
}

/// The bytes of a raw payload; what a template printed as Python's bytes becomes those bytes.
fn raw(value: &Value) -> Vec<u8> {
    match value {
        Value::Text(text) => {
            template::bytes_of_repr(text).unwrap_or_else(|| text.as_bytes().to_vec())
        }
        Value::Bool(true) => b"true".to_vec(),
        Value::Bool(false) => b"false".to_vec(),
        other => other.to_string().into_bytes(),
    }
}

/// A value as JSON. Words of a device are given as text; `true` and `false` among them mean the
/// booleans unless the kind is text, and numbers are made where the kind asks for them.
fn json_of(value: Value, kind: Kind) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(truth),
        Value::Int(number) => number.into(),
        Value::Float(number) => number.into(),
        Value::List(items) => {
            let items = items.into_iter().map(|item| json_of(item, kind));
            Json::Array(items.collect())
        }
        Value::Text(text) => match (kind, &*text) {
            (Kind::Any | Kind::Boolean, "true") => Json::Bool(true),
            (Kind::Any | Kind::Boolean, "false") => Json::Bool(false),
            (Kind::Number | Kind::Integer | Kind::Numbers, _) => {
                serde_json::from_str(&text).unwrap_or_else(|_| Json::String(text.into()))
            }
            _ => Json::String(text.into()),
        },
    }
}

/// Puts a value into an object, making the objects on the way; what is in the way is replaced.
fn put(object: &mut Map<String, Json>, field: &[Box<str>], value: Json) {
    match field {
        [] => {}
        [last] => {
            object.insert(last.to_string(), value);
        }
        [first, rest @ ..] => {
            let inner = object
                .entry(first.to_string())
                .or_insert_with(|| Json::Object(Map::new()));
            if !inner.is_object() {
                *inner = Json::Object(Map::new());
            }
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
