//! Floors, areas, devices and entities: dataclasses in, tuples of the same fields out.

use hubagent_core::hub::Declaration;
use hubagent_core::registry::{
    Area, AvailabilityMode, Capability, Device, DeviceFacts, Entity, EntityFacts, Floor, Specs,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::declare::{PyBinding, PyCommandSpec};

fn boxed(texts: Vec<String>) -> Vec<Box<str>> {
    texts.into_iter().map(Into::into).collect()
}

fn texts<'py>(py: Python<'py>, texts: &[Box<str>]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, texts.iter().map(|text| &**text))
}

/// `hubagent.types.Floor`.
#[derive(FromPyObject)]
pub(crate) struct PyFloor {
    floor_id: String,
    name: String,
    aliases: Vec<String>,
    level: Option<i64>,
}

impl From<PyFloor> for Floor {
    fn from(floor: PyFloor) -> Self {
        Self {
            floor_id: floor.floor_id.into(),
            name: floor.name.into(),
            aliases: boxed(floor.aliases),
            level: floor.level,
        }
    }
}

pub(crate) fn floor<'py>(py: Python<'py>, floor: &Floor) -> PyResult<Bound<'py, PyTuple>> {
    let aliases = texts(py, &floor.aliases)?;
    (&*floor.floor_id, &*floor.name, aliases, floor.level).into_pyobject(py)
}

/// `hubagent.types.Area`.
#[derive(FromPyObject)]
pub(crate) struct PyArea {
    area_id: String,
    name: String,
    aliases: Vec<String>,
    floor_id: Option<String>,
}

impl From<PyArea> for Area {
    fn from(area: PyArea) -> Self {
        Self {
            area_id: area.area_id.into(),
            name: area.name.into(),
            aliases: boxed(area.aliases),
            floor_id: area.floor_id.map(Into::into),
        }
    }
}

pub(crate) fn area<'py>(py: Python<'py>, area: &Area) -> PyResult<Bound<'py, PyTuple>> {
    let aliases = texts(py, &area.aliases)?;
    let floor_id = area.floor_id.as_deref();
    (&*area.area_id, &*area.name, aliases, floor_id).into_pyobject(py)
}

/// `hubagent.types.Device`.
#[derive(FromPyObject)]
pub(crate) struct PyDevice {
    device_id: String,
    name: String,
    area_id: Option<String>,
    identifiers: Vec<String>,
    connections: Vec<String>,
    manufacturer: String,
    model: String,
    sw_version: String,
}

impl From<PyDevice> for Device {
    fn from(device: PyDevice) -> Self {
        Self {
            device_id: device.device_id.into(),
            name: device.name.into(),
            area_id: device.area_id.map(Into::into),
            identifiers: boxed(device.identifiers),
            connections: boxed(device.connections),
            manufacturer: device.manufacturer.into(),
            model: device.model.into(),
            sw_version: device.sw_version.into(),
        }
    }
}

pub(crate) fn device<'py>(py: Python<'py>, device: &Device) -> PyResult<Bound<'py, PyTuple>> {
    (
        &*device.device_id,
        &*device.name,
        device.area_id.as_deref(),
        texts(py, &device.identifiers)?,
        texts(py, &device.connections)?,
        &*device.manufacturer,
        &*device.model,
        &*device.sw_version,
    )
        .into_pyobject(py)
}

/// `hubagent.types.Capability`.
#[derive(FromPyObject)]
pub(crate) struct PyCapability {
    name: String,
    minimum: Option<f64>,
    maximum: Option<f64>,
    step: Option<f64>,
    unit: String,
    options: Vec<String>,
}

impl From<PyCapability> for Capability {
    fn from(capability: PyCapability) -> Self {
        Self {
            name: capability.name.into(),
            minimum: capability.minimum,
            maximum: capability.maximum,
            step: capability.step,
            unit: capability.unit.into(),
            options: boxed(capability.options),
        }
    }
}

fn capability<'py>(py: Python<'py>, capability: &Capability) -> PyResult<Bound<'py, PyTuple>> {
    (
        &*capability.name,
        capability.minimum,
        capability.maximum,
        capability.step,
        &*capability.unit,
        texts(py, &capability.options)?,
    )
        .into_pyobject(py)
}

/// `hubagent.types.Entity`.
#[derive(FromPyObject)]
pub(crate) struct PyEntity {
    entity_id: String,
    domain: String,
    name: String,
    unique_id: String,
    device_id: Option<String>,
    area_id: Option<String>,
    aliases: Vec<String>,
    device_class: String,
    unit: String,
    category: String,
    capabilities: Vec<PyCapability>,
    availability_mode: String,
    expire_after_s: Option<f64>,
    source: String,
}

impl TryFrom<PyEntity> for Entity {
    type Error = PyErr;

    fn try_from(entity: PyEntity) -> PyResult<Self> {
        let mode = &entity.availability_mode;
        Ok(Self {
            availability_mode: AvailabilityMode::from_name(mode).ok_or_else(|| {
                PyValueError::new_err(format!("unknown availability mode `{mode}`"))
            })?,
            entity_id: entity.entity_id.into(),
            domain: entity.domain.into(),
            name: entity.name.into(),
            unique_id: entity.unique_id.into(),
            device_id: entity.device_id.map(Into::into),
            area_id: entity.area_id.map(Into::into),
            aliases: boxed(entity.aliases),
            device_class: entity.device_class.into(),
            unit: entity.unit.into(),
            category: entity.category.into(),
            capabilities: entity.capabilities.into_iter().map(Into::into).collect(),
            expire_after_s: entity.expire_after_s,
            source: entity.source.into(),
        })
    }
}

pub(crate) fn entity<'py>(py: Python<'py>, entity: &Entity) -> PyResult<Bound<'py, PyTuple>> {
    let capabilities = (entity.capabilities.iter()).map(|item| capability(py, item));
    let capabilities = PyTuple::new(py, capabilities.collect::<PyResult<Vec<_>>>()?)?;
    // A tuple of Rust ends at twelve fields.
    let fields = [
        (&*entity.entity_id).into_pyobject(py)?.into_any(),
        (&*entity.domain).into_pyobject(py)?.into_any(),
        (&*entity.name).into_pyobject(py)?.into_any(),
        (&*entity.unique_id).into_pyobject(py)?.into_any(),
        entity.device_id.as_deref().into_pyobject(py)?,
        entity.area_id.as_deref().into_pyobject(py)?,
        texts(py, &entity.aliases)?.into_any(),
        (&*entity.device_class).into_pyobject(py)?.into_any(),
        (&*entity.unit).into_pyobject(py)?.into_any(),
        (&*entity.category).into_pyobject(py)?.into_any(),
        capabilities.into_any(),
        entity
            .availability_mode
            .name()
            .into_pyobject(py)?
            .into_any(),
        entity.expire_after_s.into_pyobject(py)?,
        (&*entity.source).into_pyobject(py)?.into_any(),
    ];
    PyTuple::new(py, fields)
}

/// `hubagent.types.Declaration`.
#[derive(FromPyObject)]
pub(crate) struct PyDeclaration {
    entity: PyEntity,
    device: Option<PyDevice>,
    bindings: Vec<PyBinding>,
    commands: Vec<PyCommandSpec>,
    suggested_area: String,
}

impl TryFrom<PyDeclaration> for Declaration {
    type Error = PyErr;

    fn try_from(declaration: PyDeclaration) -> PyResult<Self> {
        let bindings = declaration.bindings.into_iter().map(TryInto::try_into);
        let commands = declaration.commands.into_iter().map(TryInto::try_into);
        let specs = Specs {
            bindings: bindings.collect::<PyResult<_>>()?,
            commands: commands.collect::<PyResult<_>>()?,
        };
        let area = declaration.suggested_area;
        Ok(Self {
            entity: declaration.entity.try_into()?,
            device: declaration.device.map(Into::into),
            specs: specs.into(),
            suggested_area: (!area.is_empty()).then(|| area.into()),
        })
    }
}

pub(crate) fn entity_facts(
    name: Option<String>,
    area_id: Option<String>,
    aliases: Option<Vec<String>>,
) -> EntityFacts {
    EntityFacts {
        name: name.map(Into::into),
        area_id: area_id.map(Into::into),
        aliases: aliases.map(boxed),
    }
}

pub(crate) fn device_facts(name: Option<String>, area_id: Option<String>) -> DeviceFacts {
    DeviceFacts {
        name: name.map(Into::into),
        area_id: area_id.map(Into::into),
    }
}
