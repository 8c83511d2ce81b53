//! `encode_frame` and `FrameDecoder`: the frames of devices on a line.

use hubagent_core::frame::{Decoder, Field, Frame};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::convert::{Crossing, to_python};
use crate::errors::data_error;

/// Number, kind, node and body of a frame as Python has them.
type Row<'py> = (u8, u8, u8, Bound<'py, PyDict>);

/// Bytes of one frame.
#[pyfunction]
pub(crate) fn encode_frame(
    kind: u8,
    seq: u8,
    node: u8,
    body: &Bound<'_, PyDict>,
) -> PyResult<Vec<u8>> {
    let body = body
        .iter()
        .map(|(key, value)| {
            let field = match value.cast::<PyBytes>() {
                Ok(bytes) => Field::Bytes(bytes.as_bytes().into()),
                Err(_) => value.extract::<Crossing>()?.0.into(),
            };
            Ok((key.extract()?, field))
        })
        .collect::<PyResult<Vec<(u8, Field)>>>()?;
    let frame = Frame {
        kind,
        seq,
        node,
        body,
    };
    frame
        .encode()
        .map_err(|error| data_error(format!("no frame can hold this: {error}")))
}

/// Frames out of a stream of bytes.
#[pyclass(module = "hubagent._core")]
#[derive(Default)]
pub(crate) struct FrameDecoder(Decoder);

#[pymethods]
impl FrameDecoder {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn feed<'py>(&mut self, py: Python<'py>, bytes: &[u8]) -> PyResult<Vec<Row<'py>>> {
        let frames = self.0.feed(bytes);
        frames
            .iter()
            .map(|frame| {
                let body = PyDict::new(py);
                for (key, field) in &frame.body {
                    match field {
                        Field::Value(value) => body.set_item(key, to_python(py, value)?)?,
                        Field::Bytes(bytes) => body.set_item(key, PyBytes::new(py, bytes))?,
                    }
                }
                Ok((frame.kind, frame.seq, frame.node, body))
            })
            .collect()
    }

    fn tally(&self) -> (u64, u64) {
        let tally = self.0.tally();
        (tally.frames, tally.broken)
    }
}
