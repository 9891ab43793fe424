//! `seawall protected`: the register of accounts to which nothing unattended is done.
//!
//! Who is in it can endanger people, so that reading it is signed and journaled, and it is
//! never exported.

use anyhow::Context;
use seawall_model::PlatformId;
use seawall_model::knowledge::{KnowledgeKind, Known, Protected as Guarded};
use serde_json::Map;

use super::args::{Global, Protected, ProtectedAdd, ProtectedList};
use super::knowledge::list::{self, Form, Row};
use super::knowledge::{self, Desk};
use super::{Ended, show};
use crate::desk::knowledge::{self as shared, protected};
use crate::desk::register::READ;

pub(super) fn run(global: &Global, given: &Protected) -> anyhow::Result<Ended> {
    match given {
        Protected::Add(given) => add(global, given),
        Protected::List(given) => read(global, given),
        Protected::Withdraw(given) => knowledge::withdraw(global, given, KnowledgeKind::Protected),
    }
}

fn add(global: &Global, given: &ProtectedAdd) -> anyhow::Result<Ended> {
    let name = show::foreign(&given.account, 80);
    let id = PlatformId::new(given.account.as_str());
    let id = id.with_context(|| format!("{name} is no account id"))?;
    let mut desk = Desk::open_to_rule(global)?;
    knowledge::check_expiry(given.given.expires, desk.now)?;
    let person = desk.person(&given.given.key)?;
    let found = protected::entry(desk.opened.log.accounts(), &id, given.ground)?;
    let known = found.with_context(|| {
        format!(
            "no account {name} is known here, and nothing was added: use the platform's id, \
             which is not always the handle, and import its events first"
        )
    })?;
    let mut entries = vec![knowledge::entry(&given.given, known)];
    if let Some(id) = desk.known_already(KnowledgeKind::Protected, &mut entries)?.first() {
        say!("{id} protects it already on this ground; nothing was added")?;
        return Ok(Ended::Fine);
    }
    let added = desk.add(&person, &entries)?;
    say!(
        "account {name} is in the register as {}, {}: nothing unattended is done to it",
        knowledge::shown(&added),
        list::until(given.given.expires)
    )?;
    Ok(Ended::Fine)
}

fn read(global: &Global, given: &ProtectedList) -> anyhow::Result<Ended> {
    let mut desk = Desk::open(global)?;
    let person = desk.person(&given.key)?;
    // Journaled before anything is shown.
    desk.opened.derivation.register_read(person.id, person.sign(READ), desk.now)?;
    let mut names = std::collections::HashMap::new();
    for (_, entry) in shared::entries(&desk.opened.derivation, KnowledgeKind::Protected)? {
        if let Known::Protected(guarded) = entry.known {
            let said = protected::said(desk.opened.log.accounts(), &guarded)?;
            names.insert(guarded.account, said.account);
        }
    }
    let row = |guarded: &Guarded| {
        let name = names.get(&guarded.account).and_then(Option::as_deref);
        let what = name.map_or_else(|| "(erased)".into(), |name| show::foreign(name, 80));
        Row { of: guarded.ground.as_str().to_owned(), what, fields: Map::new() }
    };
    list::run(&desk, KnowledgeKind::Protected, Form::Text, &|entry| match &entry.known {
        Known::Protected(guarded) => Some(row(guarded)),
        _ => None,
    })?;
    say!("that {} read the register is in the journal", person.id)?;
    Ok(Ended::Fine)
}
