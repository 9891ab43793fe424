//! The thin shell around the pipeline: it owns clock, disk and terminal.
//!
//! [`engine`] keeps log, journal and tables in step and makes again at start-up what a
//! crash cut off; [`import`] brings files and streams in; [`command`] is the command
//! line; [`desk`] looks cases up for whoever works on them; [`access`] is who may come in and do
//! what; [`service`] is the engine while it serves, [`http`] how it is asked; [`carry`] has
//! the platform do what was decided, by what [`deliver`] sends; [`media`] are files that people
//! look at; [`tide`] tells what happened over time; [`simulate`] writes synthetic worlds. Left out: everything a stage
//! decides.

pub mod access;
pub mod carry;
pub mod chance;
pub mod clock;
pub mod command;
pub mod config;
pub mod deliver;
pub mod desk;
pub mod doctor;
pub mod engine;
pub mod http;
pub mod import;
pub mod media;
mod progress;
pub mod service;
mod show;
pub mod signing;
pub mod simulate;
pub mod tide;
