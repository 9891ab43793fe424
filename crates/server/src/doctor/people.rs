//! What the doctor asks of people's work: whether every signature is the one of somebody who
//! could sign then, and whether knowledge says what the journal committed to.

use std::collections::{BTreeMap, BTreeSet};

use seawall_model::ReviewerId;
use seawall_model::journal::Body;
use seawall_store::{Access, Error, Folder};

use super::{Found, RESTORE, damage};
use crate::desk::register::READ;
use crate::engine::another_key;
use crate::show;
use crate::signing;

/// What to do about an entry that somebody else wrote.
const FORGED: &str = "somebody wrote into the journal: keep this folder aside, find out who, and \
                      restore a backup of before";

/// Keys by number, while their owners sign.
type Keys = BTreeMap<u64, String>;

pub(super) fn signatures(folder: &Folder) -> Found {
    match verify_all(folder) {
        Ok(Ok(signed)) => {
            Found::Sound(format!("{} verified", show::counted(signed, "signature", "signatures")))
        }
        Ok(Err(what)) => Found::Damage { what, remedy: FORGED },
        Err(error) => damage(&error, RESTORE),
    }
}

/// How many signatures there are, or what is wrong with the first that does not fit.
fn verify_all(folder: &Folder) -> Result<Result<u64, String>, Error> {
    let types = ["reviewer_added", "reviewer_withdrawn", "ruled", "register_read"];
    let (mut keys, mut ever, mut signed) = (Keys::new(), BTreeSet::new(), 0);
    for recorded in folder.journal(Access::Read)?.of_types(&types)? {
        let seq = recorded.entry.seq;
        let fits = match &recorded.entry.body {
            Body::ReviewerAdded { by: None, reviewer, .. } => {
                ever.insert(*reviewer) && keys.is_empty()
            }
            Body::ReviewerAdded { reviewer, key, by: Some(by), signature } => {
                let said = match ever.insert(*reviewer) {
                    true => key.clone(),
                    false => another_key(ReviewerId(*reviewer), key),
                };
                fits(&keys, *by, said.as_bytes(), signature.as_deref().unwrap_or_default())
            }
            Body::ReviewerWithdrawn { reviewer, by, signature } => {
                fits(&keys, *by, format!("withdraw r{reviewer}").as_bytes(), signature)
            }
            Body::Ruled { ruling, signature } => {
                fits(&keys, ruling.reviewer, &ruling.to_bytes(), signature)
            }
            Body::RegisterRead { reviewer, signature } => fits(&keys, *reviewer, READ, signature),
            _ => true,
        };
        if !fits {
            let what = "is signed by nobody who could sign it then";
            return Ok(Err(format!("entry {seq} of the journal {what}")));
        }
        signed += 1;
        match recorded.entry.body {
            Body::ReviewerAdded { reviewer, key, .. } => {
                keys.insert(reviewer, key);
            }
            Body::ReviewerWithdrawn { reviewer, .. } => {
                keys.remove(&reviewer);
            }
            _ => {}
        }
    }
    Ok(Ok(signed))
}

fn fits(keys: &Keys, reviewer: u64, said: &[u8], signature: &str) -> bool {
    keys.get(&reviewer).is_some_and(|key| signing::verify(key, said, signature).is_ok())
}

pub(super) fn knowledge(folder: &Folder) -> Found {
    match read_all(folder) {
        Ok(Ok(entries)) => {
            Found::Sound(format!("{} as laid down", show::counted(entries, "entry", "entries")))
        }
        Ok(Err(what)) => Found::Damage { what, remedy: RESTORE },
        Err(error) => damage(&error, RESTORE),
    }
}

/// How many entries there are, or which of them are not what the journal committed to.
fn read_all(folder: &Folder) -> Result<Result<u64, String>, Error> {
    let told = folder.journal(Access::Read)?.of_types(&["knowledge_added"])?;
    if told.is_empty() {
        return Ok(Ok(0));
    }
    let base = folder.knowledge(Access::Read)?;
    let (mut before, mut entries) = (String::new(), 0);
    for recorded in told {
        let Body::KnowledgeAdded { first, last, hash, .. } = recorded.entry.body else { continue };
        if first <= last {
            if base.version_hash(first..=last, &before)?.as_ref() != Some(&hash) {
                return Ok(Err(format!("k{first} to k{last} are not what was laid down")));
            }
            entries += last - first + 1;
        }
        before = hash;
    }
    Ok(Ok(entries))
}
