//! Writes a simulated world to a folder: its events, and apart from them the truth.
//!
//! Holds no more than an hour of the world. A run that was cut off goes on: the world is
//! stepped again to the day that was whole, without writing, and gives the same from there.
//! Another program may step a world instead, and act on it: [`stepped`]; or it lives beside a
//! server and obeys it: [`Live`].
//! What the world is made of is `seawall_sim`'s.

mod identity;
mod live;
mod manifest;
mod pictures;
mod stepped;
mod truth;
mod write;

pub use live::{Live, LiveError, Living, Pace, Passed, Receiving, hook_secrets};
pub use manifest::Simulated;
pub use pictures::PictureFiles;
pub use stepped::stepped;
pub use write::{Failed, Task, simulate};
