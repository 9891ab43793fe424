//! Fuzz target `sml`: see `crates/rule/tests/properties`.
#![no_main]

#[path = "../../crates/rule/tests/properties/mod.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
