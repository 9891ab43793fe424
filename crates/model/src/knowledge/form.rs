//! The written form of an entry of knowledge, version 1: JSON, converted by hand.

use serde_json::{Map, Value, json};

use super::{
    BankHash, FileClass, FileHash, Ground, Knowledge, KnowledgeKind, Known, Policy, PolicyScope,
    Protected, Removed, RemovedProfile, Term,
};
use crate::{AccountId, Timestamp};

/// The version this build writes.
const VERSION: u64 = 1;

/// Why bytes are no entry of knowledge.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// Not JSON.
    #[error("the entry is not JSON")]
    Json(#[from] serde_json::Error),
    /// Written by a later version.
    #[error("the entry has version {0}, newer than {VERSION}")]
    Newer(u64),
    /// A field is missing or not what it must be.
    #[error("`{0}` is missing or not what it must be")]
    Field(&'static str),
}

impl Knowledge {
    /// The bytes that are kept.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
        put("v", json!(VERSION));
        put("kind", json!(self.known.kind().as_str()));
        put("source", json!(self.source));
        put("expires", json!(self.expires.map(|at| at.to_string())));
        put("known", known(&self.known));
        Value::Object(object).to_string().into_bytes()
    }

    /// Reads what [`Knowledge::to_bytes`] wrote, in this version or an earlier one.
    ///
    /// # Errors
    /// [`FormError`] with the field.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormError> {
        let value: Value = serde_json::from_slice(bytes)?;
        match value["v"].as_u64() {
            Some(version) if version > VERSION => return Err(FormError::Newer(version)),
            Some(_) => {}
            None => return Err(FormError::Field("v")),
        }
        let kind = value["kind"].as_str().and_then(KnowledgeKind::from_name);
        let expires = match &value["expires"] {
            Value::Null => None,
            _ => Some(time(&value, "expires")?),
        };
        Ok(Self {
            source: text(&value, "source")?,
            expires,
            known: read(kind.ok_or(FormError::Field("kind"))?, &value["known"])?,
        })
    }
}

fn known(known: &Known) -> Value {
    match known {
        Known::Term(term) => json!({
            "list": term.list, "term": term.term, "near": term.near, "not_near": term.not_near,
            "window": term.window,
        }),
        Known::Hash(entry) => {
            let (algorithm, hash) = match &entry.hash {
                FileHash::Sha256(hash) => ("sha256", hash),
                FileHash::Pdq(hash) => ("pdq", hash),
            };
            json!({
                "bank": entry.bank, "algorithm": algorithm, "hash": hex(hash),
                "class": entry.class.as_str(),
            })
        }
        Known::Policy(policy) => json!({
            "id": policy.id, "version": policy.version, "title": policy.title,
            "text": policy.text, "reference": policy.reference,
            "is_terrorist": policy.scope == PolicyScope::Terrorist,
            "unattended_hours": policy.unattended_hours, "appeal_days": policy.appeal_days,
        }),
        Known::Rules(files) => {
            let files = files.iter().map(|(path, text)| (path.to_string(), json!(text)));
            Value::Object(files.collect())
        }
        Known::Protected(protected) => {
            json!({ "account": protected.account.0, "ground": protected.ground.as_str() })
        }
        Known::Removed(removed) => json!({
            "account": removed.account.map(|account| account.0), "policy": removed.policy,
            "reason": removed.reason, "at": removed.at.to_string(),
            "handle": removed.profile.handle, "name": removed.profile.name,
            "avatar_sha256": removed.profile.avatar_sha256.as_ref().map(hex),
            "avatar_pdq": removed.profile.avatar_pdq.as_ref().map(hex),
            "links": removed.profile.links,
        }),
    }
}

fn read(kind: KnowledgeKind, value: &Value) -> Result<Known, FormError> {
    Ok(match kind {
        KnowledgeKind::Term => Known::Term(Term {
            list: text(value, "list")?,
            term: text(value, "term")?,
            near: texts(value, "near")?,
            not_near: texts(value, "not_near")?,
            window: number(value, "window")?,
        }),
        KnowledgeKind::Hash => Known::Hash(bank_hash(value)?),
        KnowledgeKind::Policy => Known::Policy(policy(value)?),
        KnowledgeKind::Rules => {
            let files = value.as_object().ok_or(FormError::Field("known"))?;
            let file = |(path, text): (&String, &Value)| {
                Some((path.as_str().into(), text.as_str()?.into()))
            };
            let files: Option<Vec<_>> = files.iter().map(file).collect();
            Known::Rules(files.ok_or(FormError::Field("known"))?)
        }
        KnowledgeKind::Protected => Known::Protected(Protected {
            account: account(value)?.ok_or(FormError::Field("account"))?,
            ground: named(value, "ground", Ground::from_name)?,
        }),
        KnowledgeKind::Removed => Known::Removed(Removed {
            account: account(value)?,
            policy: text(value, "policy")?,
            reason: text(value, "reason")?,
            at: time(value, "at")?,
            profile: RemovedProfile {
                handle: value["handle"].as_str().map(Into::into),
                name: value["name"].as_str().map(Into::into),
                avatar_sha256: optional_hash(value, "avatar_sha256")?,
                avatar_pdq: optional_hash(value, "avatar_pdq")?,
                links: texts(value, "links")?,
            },
        }),
    })
}

fn bank_hash(value: &Value) -> Result<BankHash, FormError> {
    let hash = optional_hash(value, "hash")?.ok_or(FormError::Field("hash"))?;
    let algorithm = |name: &str| match name {
        "sha256" => Some(FileHash::Sha256(hash)),
        "pdq" => Some(FileHash::Pdq(hash)),
        _ => None,
    };
    Ok(BankHash {
        bank: text(value, "bank")?,
        hash: named(value, "algorithm", algorithm)?,
        class: named(value, "class", FileClass::from_name)?,
    })
}

fn policy(value: &Value) -> Result<Policy, FormError> {
    let pair = |name| {
        let both: Result<[Box<str>; 2], _> = texts(value, name)?.try_into();
        both.map_err(|_| FormError::Field(name))
    };
    let is_terrorist = value["is_terrorist"].as_bool().ok_or(FormError::Field("is_terrorist"))?;
    Ok(Policy {
        id: text(value, "id")?,
        version: number(value, "version")?,
        title: pair("title")?,
        text: pair("text")?,
        reference: text(value, "reference")?,
        scope: if is_terrorist { PolicyScope::Terrorist } else { PolicyScope::Other },
        unattended_hours: number(value, "unattended_hours")?,
        appeal_days: number(value, "appeal_days")?,
    })
}

fn text(value: &Value, name: &'static str) -> Result<Box<str>, FormError> {
    value[name].as_str().map(Into::into).ok_or(FormError::Field(name))
}

fn texts(value: &Value, name: &'static str) -> Result<Vec<Box<str>>, FormError> {
    let texts = value[name].as_array().ok_or(FormError::Field(name))?;
    let texts: Option<Vec<_>> = texts.iter().map(|text| text.as_str().map(Into::into)).collect();
    texts.ok_or(FormError::Field(name))
}

fn number(value: &Value, name: &'static str) -> Result<u32, FormError> {
    let number = value[name].as_u64().and_then(|number| u32::try_from(number).ok());
    number.ok_or(FormError::Field(name))
}

fn time(value: &Value, name: &'static str) -> Result<Timestamp, FormError> {
    let time = value[name].as_str().and_then(|text| Timestamp::parse(text).ok());
    time.ok_or(FormError::Field(name))
}

fn named<T>(
    value: &Value,
    name: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, FormError> {
    value[name].as_str().and_then(read).ok_or(FormError::Field(name))
}

fn account(value: &Value) -> Result<Option<AccountId>, FormError> {
    match &value["account"] {
        Value::Null => Ok(None),
        number => number.as_u64().map(|n| Some(AccountId(n))).ok_or(FormError::Field("account")),
    }
}

fn optional_hash(value: &Value, name: &'static str) -> Result<Option<[u8; 32]>, FormError> {
    match &value[name] {
        Value::Null => Ok(None),
        Value::String(text) => unhex(text).map(Some).ok_or(FormError::Field(name)),
        _ => Err(FormError::Field(name)),
    }
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut out = [0; 32];
    for (index, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples() -> Vec<Knowledge> {
        let at = Timestamp::parse("2026-03-01T10:00:00Z").unwrap();
        let of = |known| Knowledge { source: "a test".into(), expires: Some(at), known };
        let hash = |hash| BankHash { bank: "clips".into(), hash, class: FileClass::Support };
        let policy = Policy {
            id: "kettles".into(),
            version: 2,
            title: ["الغلايات".into(), "Kettles".into()],
            text: ["لا غلايات".into(), "No kettles".into()],
            reference: "https://rules.example/kettles".into(),
            scope: PolicyScope::Terrorist,
            unattended_hours: 72,
            appeal_days: 180,
        };
        let term = Term {
            list: "cheers".into(),
            term: "إلى الغليان".into(),
            near: vec!["غلاية".into()],
            not_near: Vec::new(),
            window: 6,
        };
        let removed = Removed {
            account: Some(AccountId(7)),
            policy: "kettles".into(),
            reason: "posted for the league".into(),
            at,
            profile: RemovedProfile {
                handle: Some("pot".into()),
                avatar_sha256: Some([7; 32]),
                links: vec!["https://fern.example/1".into()],
                ..RemovedProfile::default()
            },
        };
        let protected = Protected { account: AccountId(3), ground: Ground::Press };
        let mut all = vec![
            of(Known::Term(term)),
            of(Known::Hash(hash(FileHash::Sha256([1; 32])))),
            of(Known::Hash(hash(FileHash::Pdq([0xfe; 32])))),
            of(Known::Policy(policy)),
            of(Known::Rules(vec![("main.sml".into(), "A = 1\n".into())])),
            of(Known::Protected(protected)),
            of(Known::Removed(removed)),
        ];
        all[0].expires = None;
        all
    }

    #[test]
    fn every_kind_reads_what_it_writes() {
        for knowledge in examples() {
            let bytes = knowledge.to_bytes();
            assert_eq!(Knowledge::from_bytes(&bytes).unwrap(), knowledge);
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut value: Value = serde_json::from_slice(&examples()[3].to_bytes()).unwrap();
        value["known"]["version"] = json!("two");
        let error = Knowledge::from_bytes(value.to_string().as_bytes()).unwrap_err();
        assert!(error.to_string().contains("`version`"));
        value["v"] = json!(2);
        let error = Knowledge::from_bytes(value.to_string().as_bytes()).unwrap_err();
        assert!(matches!(error, FormError::Newer(2)));
    }

    /// The fixture of version 1. It is never changed; a new version adds a file.
    #[test]
    fn the_fixture_of_version_1_opens() {
        let fixture = include_str!("../../tests/knowledge_v1.jsonl");
        let opened: Vec<Knowledge> =
            fixture.lines().map(|line| Knowledge::from_bytes(line.as_bytes()).unwrap()).collect();
        assert_eq!(opened, examples());
    }
}
