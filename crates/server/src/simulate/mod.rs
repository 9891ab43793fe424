//! Writes a simulated world to a folder: its events, and apart from them the truth.
//!
//! Holds no more than an hour of the world. A run that was cut off goes on: the world is
//! stepped again to the day that was whole, without writing, and gives the same from there.
//! What the world is made of is `seawall_sim`'s.

mod manifest;
mod truth;
mod write;

pub use manifest::Simulated;
pub use write::{Failed, PictureFiles, Task, simulate};
