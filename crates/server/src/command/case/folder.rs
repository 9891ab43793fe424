//! A data folder opened by a command of `case`, with the desk over it and what to type next.
//!
//! Left out: what is looked up, which the desk does.

use std::collections::BTreeMap;

use seawall_model::journal::{Body, Says};
use seawall_model::{ReviewerId, Timestamp};
use seawall_store::people::Person;
use seawall_store::{Access, LogReader};

use super::super::args::Global;
use super::super::settings;
use crate::chance;
use crate::desk::ruling::{self, Signer};
use crate::desk::{Desk, register};
use crate::engine::{self, Opened, Settings};
use crate::show;
use crate::signing::ReviewerKey;

/// Where people who log in stand, in the folder; a server makes it.
const PEOPLE: &str = "people.db";
/// People read at once.
const PEOPLE_PER_READ: u32 = 500;

/// A folder opened to work on cases. Whoever imports into it has it for themselves meanwhile.
pub(crate) struct CaseFolder {
    opened: Opened,
    settings: Settings,
    reader: LogReader,
    now: Timestamp,
    typed: Typed,
}

impl CaseFolder {
    /// Opens it.
    pub(crate) fn open(global: &Global) -> anyhow::Result<Self> {
        if !global.dir.exists() {
            return Err(seawall_store::Error::NoFolder(global.dir.clone()).into());
        }
        let settings = settings(global)?;
        let mut opened = engine::open(&global.dir, &settings)?;
        let now = settings.clock.now();
        // What has lapsed meanwhile is no longer in force.
        opened.derivation.tick_if_due(now)?;
        let reader = opened.folder.log_reader()?;
        let typed = Typed { dir: show::quoted(&global.dir.display().to_string()) };
        Ok(Self { opened, settings, reader, now, typed })
    }

    /// The desk over it.
    pub(crate) fn desk(&mut self) -> Desk<'_> {
        Desk::over(&self.opened.derivation, &mut self.reader, self.now)
    }

    /// The people who log in to a server on it and whose keys the journal admitted, by the numbers
    /// of their keys; none where nobody ever did. Cost: one pass over all people.
    pub(super) fn people(&self) -> anyhow::Result<BTreeMap<u64, Person>> {
        let (mut found, mut after) = (BTreeMap::new(), 0);
        if !self.opened.folder.path().join(PEOPLE).exists() {
            return Ok(found);
        }
        let people = self.opened.folder.people(Access::Read)?;
        loop {
            let page = people.persons(after, PEOPLE_PER_READ)?;
            let Some(last) = page.last() else { return Ok(found) };
            after = last.number;
            found.extend(page.into_iter().filter_map(|person| Some((person.reviewer?, person))));
        }
    }

    /// Lets time pass, where a test spends more than a day's quota.
    #[cfg(test)]
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now = self.now.plus_seconds(seconds);
    }

    /// What is typed to name it.
    pub(super) fn typed(&self) -> Typed {
        self.typed.clone()
    }

    /// Notes in the journal that whoever holds a key reads the register: before it is told of.
    pub(super) fn read_register(&mut self, key: &ReviewerKey) -> anyhow::Result<ReviewerId> {
        let derivation = &mut self.opened.derivation;
        let reader = derivation.reviewer_of(&key.public())?;
        derivation.register_read(reader, key.sign(register::READ), self.now)?;
        Ok(reader)
    }

    /// Signs a ruling and takes it; gives what followed.
    pub(crate) fn rule(&mut self, key: &ReviewerKey, says: Says) -> anyhow::Result<Vec<Body>> {
        let Opened { folder, derivation, .. } = &mut self.opened;
        let mut chance = chance::source(self.settings.test_seed);
        let signer = Signer::Key(key);
        Ok(ruling::rule(derivation, folder, says, &signer, &mut *chance, self.now)?)
    }
}

/// What to type to name a folder after a command.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    dir: String,
}

impl Typed {
    /// What to type to run a command of `case` on this folder.
    pub(super) fn case(&self, words: &str) -> String {
        self.command(&format!("case {words}"))
    }

    /// What to type to run any command on this folder.
    pub(super) fn command(&self, words: &str) -> String {
        format!("{} {words} --dir {}", show::program(), self.dir)
    }
}
