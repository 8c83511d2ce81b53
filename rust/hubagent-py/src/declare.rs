//! What an adapter declares, from the dataclasses of `hubagent.types` to the core's specs.

use hubagent_core::binding::{BindingSpec, Codec, Target};
use hubagent_core::command::{CommandSpec, PartSpec};
use hubagent_core::convert::{Convert, Kind};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// `hubagent.types.Convert`.
#[derive(FromPyObject)]
pub(crate) struct PyConvert {
    kind: String,
    words: Vec<(String, String)>,
    strict: bool,
    scale: Option<[f64; 4]>,
    reciprocal: bool,
    integer: bool,
}

/// `hubagent.types.Binding`, without the entity's id.
#[derive(FromPyObject)]
pub(crate) struct PyBinding {
    topic: String,
    attribute: String,
    role: String,
    codec: String,
    pointers: Vec<String>,
    template: String,
    convert: PyConvert,
}

/// `hubagent.types.CommandPart`.
#[derive(FromPyObject)]
pub(crate) struct PyCommandPart {
    topic: String,
    key: String,
    payload: String,
    template: String,
    convert: PyConvert,
    field: String,
    uses: Vec<String>,
    only_without: Vec<String>,
    qos: u8,
}

/// `hubagent.types.CommandSpec`, without the entity's id.
#[derive(FromPyObject)]
pub(crate) struct PyCommandSpec {
    command: String,
    parts: Vec<PyCommandPart>,
    optimistic: bool,
}

fn unknown(what: &str, word: &str) -> PyErr {
    PyValueError::new_err(format!("unknown {what} `{word}`"))
}

impl TryFrom<PyConvert> for Convert {
    type Error = PyErr;

    fn try_from(convert: PyConvert) -> PyResult<Self> {
        let words = convert.words.into_iter();
        Ok(Self {
            kind: convert
                .kind
                .parse::<Kind>()
                .map_err(|()| unknown("kind", &convert.kind))?,
            words: words
                .map(|(device, home)| (device.into(), home.into()))
                .collect(),
            strict: convert.strict,
            scale: convert.scale,
            reciprocal: convert.reciprocal,
            integer: convert.integer,
        })
    }
}

impl TryFrom<PyBinding> for BindingSpec {
    type Error = PyErr;

    fn try_from(binding: PyBinding) -> PyResult<Self> {
        let attribute = binding.attribute;
        let target = match binding.role.as_str() {
            "attribute" => Target::Attribute(attribute.into()),
            "event" => Target::Event(attribute.into()),
            "availability" => {
                let number = attribute.parse();
                Target::Availability(
                    number.map_err(|_| unknown("availability source number", &attribute))?,
                )
            }
            word => return Err(unknown("role", word)),
        };
        let codec = match binding.codec.as_str() {
            "text" => Codec::Text,
            "json" => Codec::Json,
            "msgpack" => Codec::Msgpack,
            word => return Err(unknown("codec", word)),
        };
        Ok(Self {
            topic: binding.topic,
            target,
            codec,
            pointers: binding.pointers,
            template: binding.template,
            convert: binding.convert.try_into()?,
        })
    }
}

impl TryFrom<PyCommandPart> for PartSpec {
    type Error = PyErr;

    fn try_from(part: PyCommandPart) -> PyResult<Self> {
        Ok(Self {
            topic: part.topic,
            key: part.key,
            payload: part.payload,
            template: part.template,
            convert: part.convert.try_into()?,
            field: part.field,
            uses: part.uses,
            only_without: part.only_without,
            qos: part.qos,
        })
    }
}

impl TryFrom<PyCommandSpec> for CommandSpec {
    type Error = PyErr;

    fn try_from(spec: PyCommandSpec) -> PyResult<Self> {
        let parts = spec.parts.into_iter().map(TryInto::try_into);
        Ok(Self {
            command: spec.command,
            parts: parts.collect::<PyResult<_>>()?,
            optimistic: spec.optimistic,
        })
    }
}
