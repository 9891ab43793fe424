//! Fuzz target `cloudevents`: see `crates/event/tests/properties`.
#![no_main]

#[path = "../../crates/event/tests/properties/mod.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::check("cloudevents", bytes);
});
