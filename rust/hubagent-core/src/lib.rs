//! Core of hubagent, without Python, without a clock, without I/O outside [`persist`].
//!
//! A device message flows through the modules in this order:
//! `topic` (which bindings listen) -> `binding` (extract and convert) -> `store` (compare, keep,
//! report the change) -> `persist` (append to the log).
#![forbid(unsafe_code)]

pub mod value;

pub use value::Value;
