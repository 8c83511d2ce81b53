"""The state of the home: façade of the store in Rust, and the picture of it that a turn reads."""
