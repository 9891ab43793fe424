//! What each detector alone is given, for what it costs.

use seawall_model::Timestamp;
use seawall_model::knowledge::{
    BankHash, FileClass, FileHash, Knowledge, Known as Says, Policy, PolicyScope, Removed,
    RemovedProfile, Term,
};

use crate::known::{Known, RULES};

/// What each detector is given: first the rules with next to nothing to find, then each
/// kind alone beside them, then everything.
pub fn entries_by_detector(known: &Known) -> Vec<(&'static str, Vec<Knowledge>)> {
    let terms: Vec<Says> = known.terms.iter().map(|term| says_term(term)).collect();
    let (files, pictures): (Vec<_>, Vec<_>) =
        known.hashes.iter().enumerate().partition(|(place, _)| place % 2 == 0);
    let file = |(_, hash): (usize, &[u8; 32])| says_hash(FileHash::Sha256(*hash));
    let picture = |(_, hash): (usize, &[u8; 32])| says_hash(FileHash::Pdq(*hash));
    let files: Vec<Says> = files.into_iter().map(file).collect();
    let pictures: Vec<Says> = pictures.into_iter().map(picture).collect();
    let removed: Vec<Says> =
        known.removed.iter().map(|(handle, name)| says_removed(handle, name)).collect();
    let rules =
        Says::Rules(RULES.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect());
    let with = |parts: &[&[Says]]| {
        let first = [says_policy(), terms[0].clone(), files[0].clone()];
        let parts = parts.iter().flat_map(|part| part.iter().skip(1).cloned());
        let all = first.into_iter().chain(parts).chain([rules.clone()]);
        all.map(entry).collect::<Vec<Knowledge>>()
    };
    vec![
        ("the rules, with one term and one file", with(&[])),
        ("10,000 terms", with(&[&terms])),
        ("50,000 files by SHA-256", with(&[&files])),
        ("50,000 pictures by PDQ, plain scan", with(&[&pictures])),
        ("20,000 removed accounts", with(&[&removed])),
        ("all of it", with(&[&terms, &files, &pictures, &removed])),
    ]
}

fn entry(known: Says) -> Knowledge {
    Knowledge { source: "a benchmark".into(), expires: None, known }
}

fn says_term(term: &str) -> Says {
    let (near, not_near) = (Vec::new(), Vec::new());
    Says::Term(Term { list: "cheers".into(), term: term.into(), near, not_near, window: 5 })
}

fn says_hash(hash: FileHash) -> Says {
    Says::Hash(BankHash { bank: "clips".into(), hash, class: FileClass::Support })
}

fn says_removed(handle: &str, name: &str) -> Says {
    Says::Removed(Removed {
        account: None,
        policy: "kettle-league".into(),
        reason: "a benchmark".into(),
        at: Timestamp::MIN,
        profile: RemovedProfile {
            handle: Some(handle.into()),
            name: Some(name.into()),
            ..RemovedProfile::default()
        },
    })
}

fn says_policy() -> Says {
    Says::Policy(Policy {
        id: "kettle-league".into(),
        version: 1,
        title: ["الغلايات".into(), "Kettles".into()],
        text: ["لا غلايات".into(), "No kettles".into()],
        reference: "https://rules.example/kettles".into(),
        scope: PolicyScope::Terrorist,
        unattended_hours: 72,
        appeal_days: 180,
    })
}
