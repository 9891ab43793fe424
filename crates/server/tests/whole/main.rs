//! The real program from outside: what it is given, what it says, and what it leaves on disk.
//!
//! One test program for all of it, because linking each alone costs more than running it.
//! [`stage`] is a folder with the program in it. Left out: crashes, erasure and backups,
//! which have test programs of their own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod appeals;
mod baseline;
mod beside;
mod case;
mod demo;
mod doctor;
mod guide;
mod help;
mod input;
mod knowledge;
mod league;
mod newest;
mod packaging;
mod removed;
mod rested;
mod said;
mod scenario;
mod shown;
mod simulate;
mod stage;
mod tide;
mod told;
mod wrong;
