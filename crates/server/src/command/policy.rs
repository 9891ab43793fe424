//! `seawall policy`: what decisions cite and people read.
//!
//! A policy file is TOML, typed, with its keys checked by hand so that a fault is told with
//! its line.

use std::path::Path;

use anyhow::Context;
use seawall_model::knowledge::{Knowledge, KnowledgeKind, Known, Policy as Text, PolicyScope};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::args::{Global, Policy, PolicyAdd, PolicyShow};
use super::knowledge::list::{self, Row};
use super::knowledge::{self, Desk};
use super::{Ended, show};
use crate::desk::knowledge::policies::{self, PolicyFault, PolicyGiven, TEXT_BYTES_MAX};
use crate::desk::knowledge::view::{PolicySaid, PolicyTexts};

/// Every key of a policy file; all are needed.
const KEYS: [&str; 9] = [
    "id",
    "title_ar",
    "title_en",
    "text_ar",
    "text_en",
    "reference",
    "terrorist_content",
    "unattended_restrict_hours",
    "appeal_days",
];
pub(super) fn run(global: &Global, given: &Policy) -> anyhow::Result<Ended> {
    match given {
        Policy::Add(given) => add(global, given),
        Policy::List(given) => {
            let desk = Desk::open(global)?;
            list::run(&desk, KnowledgeKind::Policy, given.into(), &|entry| match &entry.known {
                Known::Policy(policy) => Some(row(policy)),
                _ => None,
            })
        }
        Policy::Show(given) => show_one(global, given),
    }
}

fn add(global: &Global, given: &PolicyAdd) -> anyhow::Result<Ended> {
    let path = given.file.display().to_string();
    let text =
        std::fs::read_to_string(&given.file).with_context(|| format!("cannot read {path}"))?;
    let mut policy = parse(&text).map_err(|fault| anyhow::anyhow!("{path}, {fault}"))?;
    let mut desk = Desk::open_to_rule(global)?;
    let person = desk.person(&given.key)?;
    policy.version = policies::newest_version(&desk.opened.derivation, &policy.id)? + 1;
    let (id, version, hours) = (policy.id.clone(), policy.version, policy.unattended_hours);
    let scope = policy.scope;
    let source = file_name(&given.file);
    let entry = Knowledge { source: source.into(), expires: None, known: Known::Policy(policy) };
    let added = desk.add(&person, &[entry])?;
    let id = show::foreign(&id, 64);
    say!("policy {id}, version {version}, is in force as {}", knowledge::shown(&added))?;
    match hours {
        0 => say!("nothing is restricted unattended under it")?,
        hours => say!(
            "under it reach may be restricted unattended for {hours} hours at most, on an exact \
             match to a bank entry that two people confirmed"
        )?,
    }
    if scope == PolicyScope::Terrorist {
        say!("profiles and files that are removed under it are compared with what comes")?;
    }
    Ok(Ended::Fine)
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    format!("file {name}")
}

fn row(policy: &Text) -> Row {
    let scope = match policy.scope {
        PolicyScope::Terrorist => "terrorist content",
        PolicyScope::Other => "other content",
    };
    let what = format!(
        "version {}, {scope}, unattended {} h, appeal {} d, {}",
        policy.version,
        policy.unattended_hours,
        policy.appeal_days,
        show::foreign(&policy.title[1], 80)
    );
    Row { of: policy.id.to_string(), what, fields: list::fields(PolicySaid::from(policy)) }
}

fn show_one(global: &Global, given: &PolicyShow) -> anyhow::Result<Ended> {
    let desk = Desk::open(global)?;
    let found = desk.opened.derivation.pipeline().active().policy(&given.id);
    let policy = found.with_context(|| {
        let id = show::foreign(&given.id, 64);
        format!("there is no policy {id} in force; see `{} policy list`", show::program())
    })?;
    if given.json {
        say!("{}", serde_json::to_value(PolicyTexts::from(policy))?)?;
        return Ok(Ended::Fine);
    }
    let row = row(policy);
    say!("{}  {}", show::foreign(&row.of, 64), row.what)?;
    say!("published at {}", show::foreign(&policy.reference, 200))?;
    for (title, text) in policy.title.iter().zip(&policy.text) {
        say!("\n{}", show::foreign(title, 200))?;
        for line in text.lines() {
            say!("{}", show::foreign(line, TEXT_BYTES_MAX))?;
        }
    }
    Ok(Ended::Fine)
}

/// Reads a policy file; the version is still 0. A fault is told with line and key.
fn parse(text: &str) -> Result<Text, String> {
    let line = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count() + 1;
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        format!("line {}: {}", line(at), error.message())
    })?;
    let table = table.get_ref();
    for key in table.keys() {
        let name: &str = key.get_ref();
        if !KEYS.contains(&name) {
            let at = line(key.span().start);
            return Err(format!(
                "line {at}: there is no key `{name}`; there are {}",
                KEYS.join(", ")
            ));
        }
    }
    let fields = Fields { table, line: &line };
    let scope = match fields.truth("terrorist_content")? {
        Truth::Yes => PolicyScope::Terrorist,
        Truth::No => PolicyScope::Other,
    };
    let given = PolicyGiven {
        id: fields.text("id")?,
        title: [fields.text("title_ar")?, fields.text("title_en")?],
        text: [fields.text("text_ar")?, fields.text("text_en")?],
        reference: fields.text("reference")?,
        scope,
        unattended_hours: fields.number("unattended_restrict_hours")?,
        appeal_days: fields.number("appeal_days")?,
    };
    policies::made(&given).map_err(|PolicyFault { field, why }| fields.fault(field, &why))
}

enum Truth {
    Yes,
    No,
}

struct Fields<'a> {
    table: &'a DeTable<'a>,
    line: &'a dyn Fn(usize) -> usize,
}

impl Fields<'_> {
    fn value(&self, key: &str) -> Result<&Spanned<DeValue<'_>>, String> {
        let found = self.table.iter().find(|(name, _)| name.get_ref().as_ref() == key);
        found.map(|(_, value)| value).ok_or_else(|| format!("`{key}` is missing: add it"))
    }

    fn fault(&self, key: &str, why: &str) -> String {
        let at = self.value(key).map_or(0, |value| value.span().start);
        format!("line {}: {key}: {why}", (self.line)(at))
    }

    fn text(&self, key: &str) -> Result<String, String> {
        match self.value(key)?.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            _ => Err(self.fault(key, "use a text in quotes")),
        }
    }

    fn truth(&self, key: &str) -> Result<Truth, String> {
        match self.value(key)?.get_ref() {
            DeValue::Boolean(true) => Ok(Truth::Yes),
            DeValue::Boolean(false) => Ok(Truth::No),
            _ => Err(self.fault(key, "use true or false, without quotes")),
        }
    }

    /// A number; `None` for what is none, which is out of every range.
    fn number(&self, key: &str) -> Result<Option<u32>, String> {
        Ok(match self.value(key)?.get_ref() {
            DeValue::Integer(number) => {
                u32::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
            }
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "id = \"kettles\"\ntitle_ar = \"أباريق\"\ntitle_en = \"Kettles\"\n\
        text_ar = \"لا\"\ntext_en = \"No\"\nreference = \"https://example.org\"\n\
        terrorist_content = true\nunattended_restrict_hours = 72\nappeal_days = 180\n";

    #[test]
    fn a_policy_is_read() {
        let policy = parse(GOOD).unwrap();
        assert_eq!(
            (&*policy.id, policy.unattended_hours, policy.appeal_days),
            ("kettles", 72, 180)
        );
        assert_eq!(policy.scope, PolicyScope::Terrorist);
    }

    #[test]
    fn a_fault_is_told_with_line_and_key() {
        let cases = [
            ("appeal_days = 180", "apeal_days = 180", "line 9: there is no key `apeal_days`"),
            ("appeal_days = 180", "appeal_days = 0", "line 9: appeal_days: use a whole number"),
            ("= 72", "= 73", "line 8: unattended_restrict_hours: use a whole number from 0 to 72"),
            ("= true", "= \"yes\"", "line 7: terrorist_content: use true or false"),
            ("\"Kettles\"", "\"\"", "line 3: title_en: it is empty"),
            ("\"kettles\"", "\"two words\"", "line 1: id: use letters"),
            ("appeal_days = 180\n", "", "`appeal_days` is missing"),
            ("id = ", "id ", "line 1: "),
        ];
        for (from, to, expect) in cases {
            let fault = parse(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(fault.starts_with(expect), "{fault}");
        }
    }
}
