//! Home Assistant's template subset on minijinja, for templates that come off the network.
//!
//! Work, output and regular expressions are limited; a template can do nothing but print. (What
//! it may hold in memory while it works is not limited: the engine does not count it.) The plain
//! forms that most devices use skip the engine (see [`Template`]).
#![expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands arguments over by value"
)]

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use minijinja::value::{Object, Value as Dynamic};
use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use crate::payload::{Item, Pointer, View};
use crate::value::Value;

mod bytes;
mod fast;
mod home;
mod numbers;
mod operators;
mod python;
mod source;
mod texts;
mod time;

pub(crate) use python::bytes_of_repr;

/// Instructions one rendering may take.
const FUEL: u64 = 10_000;

/// Longest text that a template may print, in bytes.
const MAX_OUTPUT: usize = 1 << 16;

/// Longest template source, in bytes.
const MAX_SOURCE: usize = 1 << 15;

/// How often a template is rendered again because it asked for a state it did not yet have.
const MAX_ROUNDS: usize = 8;

/// What a template may ask of the home.
pub trait TemplateContext {
    /// Returns the wall clock, in seconds since 1970.
    fn now_s(&self) -> f64;

    /// Returns how many seconds local time is ahead of UTC.
    fn utc_offset_s(&self) -> i32 {
        0
    }

    /// Returns the id and the name of the entity that the template belongs to.
    fn identity(&self, entity: u32) -> Option<(&str, &str)>;

    /// Returns the state of an entity, or one of its attributes; `None` when there is none.
    fn look_up(&self, entity_id: &str, attribute: Option<&str>) -> Option<Value>;
}

/// Why a template is refused or gives nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// It does not compile.
    #[error("template does not compile: {0}")]
    Syntax(Box<str>),
    /// It failed on this message.
    #[error("template failed: {0}")]
    Failed(Box<str>),
    /// It asked for something undefined and said that this must not be (`is_defined`).
    #[error("template needs a value that is not there")]
    Undefined,
    /// It took too many steps or printed too much.
    #[error("template takes too much work")]
    TooMuch,
}

/// A compiled template; belongs to the engine that made it.
#[derive(Clone, Debug)]
pub struct Template {
    source: Arc<str>,
    fast: Option<fast::Path>,
    /// Names it may look up.
    names: Arc<[Box<str>]>,
    /// Values of the payload without which it is not rendered.
    needs: Arc<[Pointer]>,
}

/// The engine with all templates in use, each compiled once.
pub struct TemplateEngine {
    environment: Environment<'static>,
    /// How many bindings or commands use each template.
    users: HashMap<Arc<str>, (Template, usize)>,
}

/// What a template sees besides the functions of the home.
#[derive(Debug, Default)]
pub struct Variables {
    items: Vec<(Box<str>, Dynamic)>,
}

impl Template {
    /// Says whether the template mentions a variable.
    pub fn mentions(&self, name: &str) -> bool {
        self.names.iter().any(|item| **item == *name)
    }

    /// Says whether a payload holds what the template cannot do without.
    pub(crate) fn is_served_by(&self, json: Option<Item<'_>>) -> bool {
        self.needs.iter().all(|pointer| {
            let item = json.and_then(|root| root.get(pointer));
            item.is_some_and(|item| !matches!(item.view(), View::Null))
        })
    }

    /// Reads the value without the engine; `None` when only the engine can tell.
    pub(crate) fn read<'a>(
        &self,
        text: impl FnOnce() -> Option<&'a str>,
        json: impl FnOnce() -> Option<Item<'a>>,
    ) -> Option<fast::Read<'a>> {
        self.fast.as_ref()?.read(text, json)
    }
}

pub(crate) use fast::Read;

impl Variables {
    /// Adds a variable.
    pub fn set(&mut self, name: &str, value: impl Into<Dynamic>) {
        self.items.push((name.into(), value.into()));
    }
}

impl Object for Variables {
    fn get_value(self: &Arc<Self>, key: &Dynamic) -> Option<Dynamic> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Dynamic> {
        let found = self.items.iter().find(|(name, _)| **name == *key);
        found.map(|(_, value)| value.clone())
    }
}

impl Default for TemplateEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for TemplateEngine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TemplateEngine")
            .field("templates", &self.users.len())
            .finish_non_exhaustive()
    }
}

impl TemplateEngine {
    /// Makes an engine with Home Assistant's filters, tests and functions.
    pub fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_formatter(|out, _, value| python::write(out, value).map_err(Into::into));
        // They make as much text as a number says, and no device needs them.
        for name in ["indent", "batch", "slice", "pprint"] {
            environment.remove_filter(name);
        }
        for register in [
            numbers::register,
            texts::register,
            time::register,
            bytes::register,
            home::register,
            python::register,
        ] {
            register(&mut environment);
        }
        Self {
            environment,
            users: HashMap::new(),
        }
    }

    /// Compiles a template, or counts one more user of it.
    ///
    /// # Errors
    ///
    /// [`TemplateError::Syntax`].
    pub fn acquire(&mut self, source: &str) -> Result<Template, TemplateError> {
        if let Some((template, users)) = self.users.get_mut(source) {
            *users += 1;
            return Ok(template.clone());
        }
        if source.len() > MAX_SOURCE {
            return Err(TemplateError::TooMuch);
        }
        let rewritten = operators::rewrite(source);
        self.environment
            .add_template_owned(source.to_owned(), rewritten.into_owned())
            .map_err(|error| TemplateError::Syntax(error.to_string().into()))?;
        let outline = source::Outline::of(source);
        let template = Template {
            source: source.into(),
            fast: fast::Path::recognise(source),
            names: outline.names.into_iter().map(Into::into).collect(),
            needs: outline.needed.into(),
        };
        self.users
            .insert(template.source.clone(), (template.clone(), 1));
        Ok(template)
    }

    /// Counts one user less; the last one takes the template away.
    pub fn release(&mut self, template: &Template) {
        if let Some((_, users)) = self.users.get_mut(&template.source) {
            *users -= 1;
            if *users == 0 {
                self.users.remove(&template.source);
                self.environment.remove_template(&template.source);
            }
        }
    }

    /// Renders a template for an entity; the text is trimmed, as Home Assistant does.
    ///
    /// # Errors
    ///
    /// Any [`TemplateError`] but `Syntax`.
    pub fn render(
        &self,
        template: &Template,
        mut variables: Variables,
        entity: u32,
        context: &dyn TemplateContext,
    ) -> Result<String, TemplateError> {
        let home = Arc::new(home::Home::new(context.now_s(), context.utc_offset_s()));
        if let Some((entity_id, name)) = context.identity(entity) {
            for (variable, text) in [("entity_id", entity_id), ("name", name)] {
                let given = variables.items.iter().any(|(item, _)| **item == *variable);
                if template.mentions(variable) && !given {
                    variables.set(variable, text);
                }
            }
            if template.mentions("this") {
                variables.set("this", home::this(entity_id, &home));
            }
        }
        variables.set(home::NAME, Dynamic::from_dyn_object(Arc::clone(&home)));
        let root = Dynamic::from_object(variables);
        for _ in 0..MAX_ROUNDS {
            let printed = self.render_once(template, &root);
            if !home.answer(context) {
                return printed;
            }
        }
        Err(TemplateError::TooMuch)
    }

    fn render_once(&self, template: &Template, root: &Dynamic) -> Result<String, TemplateError> {
        let compiled = self.environment.get_template(&template.source);
        let compiled = compiled.map_err(|error| failure(&error))?;
        let mut output = Limited(Vec::new());
        compiled
            .render_captured_to(root, &mut output)
            .map_err(|error| failure(&error))?;
        let text = String::from_utf8_lossy(&output.0);
        Ok(text.trim().to_owned())
    }
}

/// Collects output up to [`MAX_OUTPUT`].
struct Limited(Vec<u8>);

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            return Err(io::Error::other("template prints too much"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failure(error: &minijinja::Error) -> TemplateError {
    match error.kind() {
        ErrorKind::OutOfFuel | ErrorKind::WriteFailure => TemplateError::TooMuch,
        ErrorKind::UndefinedError => TemplateError::Undefined,
        _ => TemplateError::Failed(error.to_string().into()),
    }
}

/// Makes the error of a filter that cannot use its input.
fn refuse(message: impl Into<std::borrow::Cow<'static, str>>) -> minijinja::Error {
    minijinja::Error::new(ErrorKind::InvalidOperation, message)
}

/// Makes a template's value of one of the home's.
pub(crate) fn dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::from(()),
        Value::Bool(truth) => Dynamic::from(*truth),
        Value::Int(number) => Dynamic::from(*number),
        Value::Float(number) => Dynamic::from(*number),
        Value::Text(text) => Dynamic::from(&**text),
        Value::List(items) => items.iter().map(dynamic).collect(),
    }
}

/// Makes a template's value of part of a payload; depth is bounded by the payload's.
pub(crate) fn dynamic_item(item: Item<'_>) -> Dynamic {
    match item.view() {
        View::Null => Dynamic::from(()),
        View::Bool(truth) => Dynamic::from(truth),
        View::Int(number) => Dynamic::from(number),
        View::Float(number) => Dynamic::from(number),
        View::Text(text) => Dynamic::from(text),
        View::Array(items) => items.map(dynamic_item).collect(),
        View::Object(entries) => entries
            .map(|(key, item)| (Arc::<str>::from(key), dynamic_item(item)))
            .collect(),
    }
}

#[cfg(test)]
mod tests;
