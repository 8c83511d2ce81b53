//! Core of hubagent, without Python, without a clock, without I/O outside [`persist`].
//!
//! A device message flows through the modules in this order:
//! `topic` (which bindings listen) -> `binding` (extract and convert) -> `store` (compare, keep,
//! report the change) -> `persist` (append to the log). `hub` ties them together; `view` reads.
#![forbid(unsafe_code)]

pub mod binding;
pub mod chain;
pub mod command;
pub mod convert;
pub mod frame;
pub mod habits;
pub mod history;
pub mod hub;
pub mod index;
pub mod names;
pub mod payload;
pub mod persist;
pub mod recent;
pub mod registry;
pub mod slots;
pub mod store;
pub mod template;
pub mod text;
pub mod topic;
pub mod value;
pub mod view;

pub use value::Value;
