//! A synthetic platform with a hidden network in it, and the truth written apart.
//!
//! Detectors that are judged on a world made to suit them prove nothing; so this one was
//! made before them, by what published studies say of such networks and of the innocents who
//! look like them, and knows no detector. Its cause is silly and harmless: leagues of
//! kettles. [`World`] is stepped an hour at a time, reacts to what is done to it, and gives
//! items, which [`World::event`] makes events of. The same seed and version give the same
//! events on any machine. Leaves out writing them to files, which the shell does.

mod account;
mod adorn;
mod agenda;
mod begin;
mod calendar;
mod calibration;
mod chance;
mod class;
mod disorder;
mod faction;
mod habit;
mod id;
mod item;
mod lifecycle;
mod name;
mod network;
mod parameters;
mod picture;
mod policy;
mod render;
mod resolve;
mod ring;
mod saying;
mod tag;
mod turnover;
mod wave;
mod wish;
mod words;
mod world;

pub use account::Moment;
pub use calibration::{Bound, Era, Figure, Target, calibrate};
pub use class::{Class, PostClass};
pub use disorder::{Last, Sending};
pub use item::{Action, Cause, Counts, Deed, Item, PostKey, Said, Truth};
pub use parameters::{Disorder, Parameters, Pictures, VERSION};
pub use picture::Picture;
pub use policy::{Life, Policy, Sweep};
pub use words::{Language, PackError};
pub use world::{Step, World};
