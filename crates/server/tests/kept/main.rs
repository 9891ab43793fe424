//! What is kept and what is destroyed, shown on the real program: crashes, power cuts,
//! full disks, erasure, backup and replay.
//!
//! One test program for all of it, because linking each alone costs more than running it.
//! [`world`] is a data folder with the program; [`story`] makes the events. With
//! `SEAWALL_CRASH_ROUNDS` the crashes are tried for longer. Left out: what the program
//! says when nothing goes wrong (`tests/whole`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod backup;
mod build;
mod crash;
mod disk;
mod erasure;
mod failpoint;
#[path = "../fault/mod.rs"]
mod fault;
mod power;
mod replay;
mod resume;
mod snapshot;
mod story;
mod world;
