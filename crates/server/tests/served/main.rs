//! The real program as a server: what it answers, what it keeps, and what it refuses.
//!
//! Each test starts its own on a free port.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod again;
mod carried;
mod claimed;
mod closed;
mod dry;
mod events;
mod killed;
mod kills;
mod knowledge;
#[path = "../whole/league.rs"]
#[expect(dead_code, reason = "made for the tests of the command line, which use all of it")]
mod league;
mod limits;
mod live;
mod measures;
mod media;
mod notices;
mod outside;
mod people;
mod rates;
mod receivers;
mod register;
mod reports;
mod rulings;
#[path = "../whole/said.rs"]
#[expect(dead_code, reason = "made for the tests of the command line, which use all of it")]
mod said;
mod scanned;
mod server;
mod silent;
#[path = "../whole/stage.rs"]
#[expect(dead_code, reason = "made for the tests of the command line, which use all of it")]
mod stage;
mod story;
mod table;
mod vouched;
