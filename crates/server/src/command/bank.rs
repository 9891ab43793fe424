//! `seawall bank`: banks of fingerprints of known files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use seawall_model::knowledge::{BankHash, FileClass, FileHash, Knowledge, KnowledgeKind, Known};
use seawall_pipeline::Active;
use sha2::{Digest, Sha256};

use super::args::{Bank, BankAdd, BankList, Global};
use super::knowledge::list::{self, Row};
use super::knowledge::table::{self, BadLines, Columns, Skip};
use super::knowledge::{self, Desk};
use super::{Ended, show};
use crate::desk::knowledge::said_of_one;
use crate::desk::knowledge::view::HashSaid;
use crate::desk::knowledge::words::{self, class};
use crate::media::Marks;

/// The columns of a file of hashes.
const COLUMNS: Columns = Columns { needed: &[], other: &["hash", "sha256", "pdq", "class"] };
/// Bytes of a media file read at once.
const READ_BYTES: usize = 1 << 20;

pub(super) fn run(global: &Global, given: &Bank) -> anyhow::Result<Ended> {
    match given {
        Bank::Add(given) => add(global, given),
        Bank::List(given) => list(global, given),
        Bank::Confirm(given) => knowledge::confirm(global, given, KnowledgeKind::Hash),
        Bank::Withdraw(given) => knowledge::withdraw(global, given, KnowledgeKind::Hash),
    }
}

fn add(global: &Global, given: &BankAdd) -> anyhow::Result<Ended> {
    let (mut entries, ended) = match &given.file {
        Some(file) => {
            let (entries, bad) = read(file, given)?;
            let shown = file.display();
            let is_none = bad.count == 0 && entries.is_empty();
            anyhow::ensure!(!is_none, "{shown} holds no fingerprint below its header");
            (entries, bad.settle(file, Skip::asked(&given.skip_bad))?)
        }
        None => (vec![one(given)?], Ended::Fine),
    };
    let mut desk = Desk::open_to_rule(global)?;
    knowledge::check_expiry(given.given.expires, desk.now)?;
    let person = desk.person(&given.given.key)?;
    let known = desk.known_already(KnowledgeKind::Hash, &mut entries)?;
    for id in &known {
        say!("{id} of {} says this already; not added again", show::foreign(&given.bank, 64))?;
    }
    if entries.is_empty() {
        say!("nothing was added")?;
        return Ok(ended);
    }
    let added = desk.add(&person, &entries)?;
    say!(
        "{} of {} in force as {}",
        show::counted(entries.len() as u64, "fingerprint", "fingerprints"),
        show::foreign(&given.bank, 64),
        knowledge::shown(&added)
    )?;
    knowledge::tell_missing(&desk, &added, KnowledgeKind::Hash)?;
    Ok(ended)
}

/// The one fingerprint that the arguments name.
fn one(given: &BankAdd) -> anyhow::Result<Knowledge> {
    let parse = |option: &str, text: &str| {
        words::hash(text).map_err(|why| anyhow::anyhow!("--{option}: {why}"))
    };
    let hash = match (&given.sha256, &given.pdq, &given.media) {
        (Some(text), _, _) => FileHash::Sha256(parse("sha256", text)?),
        (_, Some(text), _) => FileHash::Pdq(parse("pdq", text)?),
        (_, _, Some(file)) => FileHash::Sha256(sha256_of(file)?),
        _ => anyhow::bail!("name a fingerprint: --sha256, --pdq, --media or --file"),
    };
    let class = given.class.context("name what the file is with --class")?;
    let entry = entry(given, hash, class);
    let alone = Active::new([0; 32]);
    let checked = alone.check(std::slice::from_ref(&entry));
    checked.map_err(|error| anyhow::anyhow!(said_of_one(&error)))?;
    Ok(entry)
}

fn entry(given: &BankAdd, hash: FileHash, class: FileClass) -> Knowledge {
    let known = BankHash { bank: given.bank.as_str().into(), hash, class };
    knowledge::entry(&given.given, Known::Hash(known))
}

/// SHA-256 of a file's bytes.
fn sha256_of(file: &Path) -> anyhow::Result<[u8; 32]> {
    let unread = || format!("cannot read {}", file.display());
    let mut source = File::open(file).with_context(unread)?;
    let mut buffer = vec![0; READ_BYTES];
    let mut hash = Sha256::new();
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).with_context(unread),
        }
    }
}

fn read(file: &Path, given: &BankAdd) -> anyhow::Result<(Vec<Knowledge>, BadLines)> {
    let mut entries = Vec::new();
    let alone = Active::new([0; 32]);
    let bad = table::read(file, COLUMNS, &mut |_, row| {
        let class = match (row.cell("class"), given.class) {
            ("", Some(class)) => class,
            ("", None) => return Err("class: it is empty, and there is no --class".into()),
            (text, _) => class(text)
                .map_err(|why| format!("class: {} is none: {why}", show::foreign(text, 40)))?,
        };
        let row: Vec<_> = hashes(&row)?.into_iter().map(|hash| entry(given, hash, class)).collect();
        alone.check(&row).map_err(|error| said_of_one(&error))?;
        entries.extend(row);
        Ok(())
    })?;
    Ok((entries, bad))
}

/// The fingerprints of a row.
fn hashes(row: &table::Row<'_>) -> Result<Vec<FileHash>, String> {
    let mut hashes = Vec::new();
    for (column, make) in
        [("sha256", FileHash::Sha256 as fn([u8; 32]) -> FileHash), ("pdq", FileHash::Pdq)]
    {
        let text = match row.cell(column) {
            "" => row.cell("hash").strip_prefix(column).and_then(|rest| rest.strip_prefix(':')),
            text => Some(text),
        };
        if let Some(text) = text {
            hashes.push(make(words::hash(text.trim()).map_err(|why| format!("{column}: {why}"))?));
        }
    }
    match (hashes.is_empty(), row.cell("hash")) {
        (false, _) => Ok(hashes),
        (true, "") => Err("there is no fingerprint: fill sha256, pdq or hash".into()),
        (true, _) => Err("hash: say what it is by beginning with sha256: or pdq:".into()),
    }
}

fn list(global: &Global, given: &BankList) -> anyhow::Result<Ended> {
    let desk = Desk::open(global)?;
    list::run(&desk, KnowledgeKind::Hash, (&given.listing).into(), &|entry| {
        let Known::Hash(hash) = &entry.known else { return None };
        let is_wanted = given.bank.as_ref().is_none_or(|wanted| **wanted == *hash.bank);
        is_wanted.then(|| row(hash, desk.opened.derivation.marks()))
    })
}

fn row(entry: &BankHash, marks: &Marks) -> Row {
    let said = HashSaid::of(entry, marks);
    let what = match &said.hash_start {
        Some(start) => format!("{} {start}, {}", said.algorithm, said.class),
        // Its fingerprint is shown to nobody.
        None => "marked as suspected child abuse, compared with nothing".into(),
    };
    Row { of: entry.bank.to_string(), what, fields: list::fields(said) }
}
