//! Looks a configuration through before anything is served by it: each thing that is wrong with
//! its line, its key, and what to do.
//!
//! Secrets are read, to see that they can be; nothing of them is told. Left out: whether what is
//! named answers, which only a run can tell.

use std::path::Path;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::{Config, schema};
use crate::deliver::SigningSecrets;

/// What to read, where nothing shorter helps.
const REFERENCE: &str = "see docs/reference/config.md, or `seawall config schema`";

/// Something that is wrong, or that somebody should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether the configuration cannot be used for it.
    pub weight: Weight,
    /// The line, from 1; `None` where no line says it.
    pub line: Option<usize>,
    /// The key, such as `serve.listen`; empty for the file as a whole.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The configuration cannot be used.
    Wrong,
    /// It can, and somebody should have meant it.
    Notable,
}

/// Looks a file through; nothing is found where all is well.
#[must_use]
pub fn check(path: &Path) -> Vec<Finding> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let what = format!("cannot be read: {error}");
            return vec![wrong(None, "", &what, "name a file of UTF-8 text that can be read")];
        }
    };
    check_text(&text)
}

fn check_text(text: &str) -> Vec<Finding> {
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map(|span| line_at(text, span.start));
            let remedy = "write it as TOML: `key = value` beneath `[table]`";
            return vec![wrong(line, "", error.message(), remedy)];
        }
    };
    let mut found = Vec::new();
    unknown(text, table.get_ref(), &schema::schema(), "", &mut found);
    if !found.is_empty() {
        found.sort_by_key(|finding| finding.line);
        return found;
    }
    match toml::from_str::<Config>(text) {
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let (line, key) = (line_at(text, at), key_at(table.get_ref(), at, ""));
            vec![wrong(Some(line), &key.unwrap_or_default(), error.message(), REFERENCE)]
        }
        Ok(config) => {
            let mut found = of_values(&config);
            for finding in &mut found {
                finding.line = line_of(text, table.get_ref(), &finding.key);
            }
            found
        }
    }
}

/// What is out of its range, cannot be read, or is unsafe.
fn of_values(config: &Config) -> Vec<Finding> {
    let mut found: Vec<Finding> = config
        .zeros()
        .into_iter()
        .map(|key| wrong(None, key, "it is 0", "write 1 or more, or leave it out"))
        .collect();
    let deliver = &config.deliver;
    if let Err(error) = deliver.settings("check") {
        found.push(of_words(&chain(&error)));
    } else if let Some(path) = &deliver.secret_file
        && let Err(error) = SigningSecrets::read(path)
    {
        let said = chain(&error);
        let (what, remedy) = said.rsplit_once("; ").unwrap_or((&said, REFERENCE));
        found.push(wrong(None, "deliver.secret_file", what, remedy));
    }
    if let Err(error) = config.media.check() {
        found.push(of_words(&chain(&error)));
    }
    if let Some(url) = &config.serve.public_url {
        let parsed = url::Url::parse(url).ok();
        let fits = parsed
            .is_some_and(|url| ["https", "http"].contains(&url.scheme()) && url.query().is_none());
        if !fits {
            let remedy = "write one such as https://seawall.platform.example";
            found.push(wrong(None, "serve.public_url", "it is no address of the web", remedy));
        }
    }
    let mut note = |key: &str, what: &str, remedy: &str| {
        found.push(Finding { weight: Weight::Notable, ..wrong(None, key, what, remedy) });
    };
    if !config.serve.listen.ip().is_loopback() {
        let what = "others than this machine reach it";
        note("serve.listen", what, "put a proxy with TLS before it");
    }
    if deliver.dangerously_http {
        let what = "whoever is on the way reads what is done to whom";
        note("deliver.dangerously_http", what, "use https outside this machine");
    }
    if deliver.dry_run {
        let what = "nothing is sent: GET /v1/delivery?state=dry_run shows what would be";
        note("deliver.dry_run", what, "set it to false to send; what was shown is not sent later");
    } else if deliver.url.is_none() {
        note("deliver.url", "no platform is named: all waits", "name where it takes webhooks");
    }
    if config.media.route().is_none() {
        let what = "nobody is named to receive suspected child abuse: media are refused";
        let remedy = "name the route and the login of who holds it";
        note("media.suspected_child_abuse_route", what, remedy);
    }
    found
}

/// What words say that begin with a key and end with a remedy.
fn of_words(said: &str) -> Finding {
    let key = said.split([' ', ':']).next().unwrap_or_default();
    let what = said.strip_prefix(key).unwrap_or(said).trim();
    let (what, remedy) = what.rsplit_once("; ").unwrap_or((what, REFERENCE));
    wrong(None, key, what, remedy)
}

/// Finds keys that mean nothing.
fn unknown(text: &str, table: &DeTable<'_>, known: &Value, before: &str, found: &mut Vec<Finding>) {
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let path = format!("{before}{name}");
        match (&known["properties"][name], value.get_ref()) {
            (Value::Null, _) => {
                let line = Some(line_at(text, key.span().start));
                let names = known["properties"].as_object().into_iter().flatten();
                let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
                let remedy = format!("remove it, or use one of {}", names.join(", "));
                found.push(wrong(line, &path, "there is no such key", &remedy));
            }
            (of, DeValue::Table(inner)) if of["properties"].is_object() => {
                unknown(text, inner, of, &format!("{path}."), found);
            }
            _ => {}
        }
    }
}

/// The key whose value holds a place of the text.
fn key_at(table: &DeTable<'_>, at: usize, before: &str) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let path = format!("{before}{}", key.get_ref());
        let inner = match value.get_ref() {
            DeValue::Table(inner) => key_at(inner, at, &format!("{path}.")),
            _ => None,
        };
        let is_here = value.span().contains(&at) || key.span().contains(&at);
        inner.or(is_here.then_some(path))
    })
}

/// The line on which a key stands.
fn line_of(text: &str, table: &DeTable<'_>, key: &str) -> Option<usize> {
    let (first, rest) = key.split_once('.').map_or((key, None), |(a, b)| (a, Some(b)));
    let (found, value) = table.iter().find(|(key, _)| key.get_ref().as_ref() == first)?;
    match (rest, value.get_ref()) {
        (Some(rest), DeValue::Table(inner)) => line_of(text, inner, rest),
        (Some(_), _) => None,
        (None, _) => Some(line_at(text, found.span().start)),
    }
}

fn line_at(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn wrong(line: Option<usize>, key: &str, what: &str, remedy: &str) -> Finding {
    let [key, what, remedy] = [key, what, remedy].map(str::to_owned);
    Finding { weight: Weight::Wrong, line, key, what, remedy }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[track_caller]
    fn finds(text: &str, line: Option<usize>, key: &str, words: &str) {
        let found = check_text(text);
        let fits = |finding: &&Finding| finding.key == key && finding.line == line;
        let finding = found.iter().find(fits).unwrap_or_else(|| panic!("{found:#?}"));
        let said = format!("{}; {}", finding.what, finding.remedy);
        assert!(said.contains(words), "{said}");
        assert!(!finding.remedy.is_empty());
    }

    #[test]
    fn what_is_wrong_has_its_line_its_key_and_a_remedy() {
        finds("[serve]\nlisten = ", Some(2), "", "`key = value`");
        finds("[log]\n\nretention = 3", Some(3), "log.retention", "retention_days");
        finds("[logs]\n", Some(1), "logs", "serve");
        finds("# a\n[log]\nretention_days = 0", Some(3), "log.retention_days", "1 or more");
        finds("log.retention_days = 0", Some(1), "log.retention_days", "1 or more");
        finds("[log]\nretention_days = \"x\"", Some(2), "log.retention_days", "invalid type");
        finds("[serve]\nlisten = \"here\"", Some(2), "serve.listen", "socket address");
        finds("[serve]\nrestricts = \"all\"", Some(2), "serve.restricts", "`reach`");
        finds("[serve]\npublic_url = \"me\"", Some(2), "serve.public_url", "https://");
        finds("[serve]\nlisten = \"0.0.0.0:80\"", Some(2), "serve.listen", "TLS");
        finds("[limits]\ndepth_max = 0", Some(2), "limits.depth_max", "1 or more");
        finds("[deliver]\nat_once_max = 65", Some(2), "deliver.at_once_max", "1 to 64");
        finds("[deliver]\nurl = \"http://a.example\"", Some(2), "deliver.url", "dangerously_http");
        finds("[deliver]\nurl = \"https://a.example\"", None, "deliver.secret_file", "name a file");
        finds("[deliver]\ndry_run = true", Some(2), "deliver.dry_run", "state=dry_run");
        finds("", None, "deliver.url", "no platform");
        finds("", None, "media.suspected_child_abuse_route", "nobody is named");
        finds("[media]\nthumbnail_side = 9", Some(2), "media.thumbnail_side", "16 to 512");
        let half = "[media]\nsuspected_child_abuse_route = \"the hotline\"";
        finds(half, None, "media.suspected_child_abuse_holder", "name the route");
    }

    #[test]
    fn every_unknown_key_is_named_at_once() {
        let found = check_text("[serve]\na = 1\nb = 2\n[deliver]\nc = 3");
        let keys: Vec<&str> = found.iter().map(|finding| &*finding.key).collect();
        assert_eq!(keys, ["serve.a", "serve.b", "deliver.c"]);
    }

    #[test]
    fn a_file_of_secrets_is_looked_at_and_not_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hook.secret");
        let text = format!("[deliver]\n\nsecret_file = {:?}", path.display().to_string());
        finds(&text, Some(3), "deliver.secret_file", "cannot read");
        std::fs::write(&path, "whsec_c2hvcnQgbWFya2Vy\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        finds(&text, Some(3), "deliver.secret_file", "chmod 600");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        finds(&text, Some(3), "deliver.secret_file", "line 1");
        assert!(!format!("{:?}", check_text(&text)).contains("c2hvcnQ"));
        std::fs::write(&path, "whsec_bmluZS1rZXR0bGVzLW9uLWEtc2hlbGYtYW5kLW9uZS1saWQ=\n").unwrap();
        let route = "suspected_child_abuse_route = \"h\"\nsuspected_child_abuse_holder = \"a\"";
        let found = check_text(&format!("{text}\nurl = \"https://a.example\"\n[media]\n{route}"));
        assert_eq!(found, [], "all is well");
    }

    #[test]
    fn a_file_that_is_not_there_is_told() {
        let found = check(Path::new("/nowhere/seawall.toml"));
        assert!(found[0].what.contains("cannot be read"), "{found:?}");
    }
}
