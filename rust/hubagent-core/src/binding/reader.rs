//! Reading one value out of a payload that was parsed at most once.

use std::cell::OnceCell;

use minijinja::value::Value as Dynamic;

use super::{BindingError, BindingSpec, Codec, Target};
use crate::convert::{Convert, Reading, Spelling};
use crate::payload::{self, Document, Pointer};
use crate::template::{
    self, Read, Template, TemplateContext, TemplateEngine, TemplateError, Variables,
};
use crate::value::Value;

/// How one kind of value is read. Devices of one model share their readers, which keeps a large
/// home in the processor's cache.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) target: Target,
    source: Source,
    convert: Convert,
}

#[derive(Debug)]
enum Source {
    Text,
    Document(Codec, Box<[Pointer]>),
    Template(Codec, Template, Box<[Pointer]>),
}

/// A payload that cannot be read; the reason is of no use to a device.
pub(super) struct Unreadable;

impl Reader {
    pub(super) fn compile(
        spec: BindingSpec,
        engine: &mut TemplateEngine,
    ) -> Result<Self, BindingError> {
        let pointers = spec.pointers.iter().map(|pointer| {
            Pointer::parse(pointer).ok_or_else(|| BindingError::Pointer(pointer.as_str().into()))
        });
        let pointers = pointers.collect::<Result<Box<[_]>, _>>()?;
        let source = if !spec.template.is_empty() {
            let template = engine.acquire(&spec.template)?;
            Source::Template(spec.codec, template, pointers)
        } else if spec.codec == Codec::Text && pointers.is_empty() {
            Source::Text
        } else {
            Source::Document(spec.codec, pointers)
        };
        Ok(Self {
            target: spec.target,
            source,
            convert: spec.convert,
        })
    }

    pub(super) fn release(&self, engine: &mut TemplateEngine) {
        if let Source::Template(_, template, _) = &self.source {
            engine.release(template);
        }
    }

    /// Reads the value; `None` when the payload says nothing about it.
    pub(super) fn read(
        &self,
        entity: u32,
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
                    None => match render(entity, parsed, *codec, template, (engine, context))? {
                        Some(text) => self.convert(&Reading::Text(&text), Spelling::Python),
                        None => Ok(None),
                    },
                }
            }
            Source::Template(codec, template, pointers) => {
                match render(entity, parsed, *codec, template, (engine, context))? {
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
}

fn render(
    entity: u32,
    parsed: &Parsed<'_>,
    codec: Codec,
    template: &Template,
    (engine, context): (&TemplateEngine, &dyn TemplateContext),
) -> Result<Option<String>, Unreadable> {
    if !template.is_served_by(parsed.document(codec).map(Document::root)) {
        return Ok(None);
    }
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
    match engine.render(template, variables, entity, context) {
        Ok(text) => Ok(Some(text)),
        Err(TemplateError::Undefined) => Ok(None),
        Err(_) => Err(Unreadable),
    }
}

/// A payload with what was parsed of it so far.
pub(super) struct Parsed<'p> {
    payload: &'p [u8],
    text: OnceCell<Option<&'p str>>,
    json: OnceCell<Option<Document<'p>>>,
    msgpack: OnceCell<Option<Document<'p>>>,
    dynamic: OnceCell<Option<Dynamic>>,
}

impl<'p> Parsed<'p> {
    pub(super) fn new(payload: &'p [u8]) -> Self {
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
