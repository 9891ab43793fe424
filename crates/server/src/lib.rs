//! The thin shell around the pipeline: it owns clock, disk and terminal.
//!
//! [`engine`] keeps log, journal and tables in step and makes again at start-up what a
//! crash cut off; [`import`] brings files and streams in; [`command`] is the command
//! line; [`simulate`] writes synthetic worlds; [`access`] is who may come in and do what. Left out: everything a stage decides.

pub mod access;
pub mod chance;
pub mod clock;
pub mod command;
pub mod config;
pub mod engine;
pub mod import;
mod progress;
pub mod signing;
pub mod simulate;
