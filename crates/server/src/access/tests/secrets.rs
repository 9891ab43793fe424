//! API keys, and what a thief of the file finds. Left out: passwords.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

fn wanted(scopes: &[Scope], expires_at: Timestamp) -> KeyWanted {
    let scopes = scopes.iter().copied().collect();
    KeyWanted { name: "events of the platform".into(), scopes, created_by: 1, expires_at }
}

#[test]
fn a_key_opens_what_it_is_made_for_until_it_expires() {
    let stage = Stage::new();
    let end = at(30 * DAY_S);
    let given = stage.door().make_key(&wanted(&[Scope::EventsWrite], end), at(0)).unwrap();
    assert!(given.key.starts_with("swk_1_"), "{}", *given.key);
    let identity = stage.door().key(&given.key, end.plus_micros(-1)).unwrap();
    assert_eq!(permits(&identity, Operation::EventsWrite), Ok(()));
    assert!(permits(&identity, Operation::CasesRead).is_err());
    refused(stage.door().key(&given.key, end), NO_KEY);
    let other = stage.door().make_key(&wanted(&[Scope::CasesRead], end), at(0)).unwrap();
    let secret = other.key.rsplit_once("swk_2_").unwrap().1;
    for wrong in [
        "",
        "swk_",
        "swk_1_",
        "swk_1_AAAA",
        &format!("swk_1_{secret}"),
        &format!("swk_02_{secret}"),
        &format!("swk_9_{secret}"),
    ] {
        refused(stage.door().key(wrong, at(1)), NO_KEY);
    }
    let make = |wanted: &KeyWanted| stage.door().make_key(wanted, at(0));
    refused(make(&wanted(&[], end)), "at least one scope");
    refused(make(&wanted(&[Scope::CasesRead], at(0))), "must lie ahead");
    refused(make(&wanted(&[Scope::CasesRead], at(400 * DAY_S + 1))), "at most 400 days");
    assert!(make(&wanted(&[Scope::CasesRead], at(400 * DAY_S))).is_ok());
}

#[test]
fn a_replaced_key_lives_for_the_overlap_and_a_revoked_one_not_at_all() {
    let stage = Stage::new();
    let end = at(30 * DAY_S);
    let old = stage.door().make_key(&wanted(&[Scope::CasesRead], end), at(0)).unwrap();
    let new = stage.door().rotate_key(1, 3600, at(100)).unwrap();
    assert_eq!(new.about.scopes, old.about.scopes);
    assert_eq!(new.about.expires_at, end.plus_seconds(100));
    assert!(stage.door().key(&old.key, at(3700).plus_micros(-1)).is_ok());
    refused(stage.door().key(&old.key, at(3700)), NO_KEY);
    assert!(stage.door().key(&new.key, at(3700)).is_ok());
    refused(stage.door().rotate_key(1, 3600, at(200)), "no live API key 1");
    refused(stage.door().rotate_key(2, 91 * 86_400, at(200)), "at most 90 days");
    // An overlap does not make a key live longer.
    let late = end.plus_seconds(50);
    stage.door().rotate_key(2, 7_776_000, late).unwrap();
    refused(stage.door().key(&new.key, end.plus_seconds(100)), NO_KEY);
    stage.door().revoke_key(3, late).unwrap();
    assert_eq!(stage.door().keys(0, 9).unwrap()[2].revoked_at, Some(late));
    refused(stage.door().rotate_key(3, 0, late), "no live API key 3");
    refused(stage.door().revoke_key(9, late), "no live API key 9");
}

#[test]
fn a_revoked_key_fails_at_the_next_call_and_use_is_noted_by_the_day() {
    let stage = Stage::new();
    let given = stage.door().make_key(&wanted(&[Scope::CasesRead], at(9 * DAY_S)), at(0)).unwrap();
    let used = || stage.door().keys(0, 9).unwrap()[0].last_used;
    assert_eq!(used(), None);
    stage.door().key(&given.key, at(5)).unwrap();
    assert_eq!(used().unwrap().to_string(), "2026-03-01T00:00:00Z");
    stage.door().key(&given.key, at(DAY_S)).unwrap();
    assert_eq!(used().unwrap().to_string(), "2026-03-02T00:00:00Z");
    stage.door().revoke_key(1, at(DAY_S)).unwrap();
    refused(stage.door().key(&given.key, at(DAY_S)), NO_KEY);
}

/// The bytes of the people's file and of what SQLite keeps beside it.
fn stolen(stage: &Stage) -> Vec<u8> {
    ["people.db", "people.db-wal", "people.db-shm"]
        .iter()
        .flat_map(|name| std::fs::read(stage.dir.path().join(name)).unwrap_or_default())
        .collect()
}

fn holds(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_stolen_file_holds_nothing_that_opens() {
    let (stage, _) = Stage::with("amal", &[Role::Reviewer]);
    let given = stage.login("amal", at(2)).unwrap();
    stage.door().change_password(&given.token, PASSWORD, OTHER, at(3)).unwrap();
    stage.door().make_key(&wanted(&[Scope::CasesRead], at(DAY_S)), at(3)).unwrap();
    stage.door().make_link(LinkPurpose::Reset(2), None, at(3)).unwrap();
    let _ = stage.door().login("mistyped-secret", OTHER, home(), at(3));
    let file = stolen(&stage);
    // It is the file, and it is read.
    assert!(holds(&file, b"amal") && holds(&file, b"cases:read"));
    for text in [PASSWORD, OTHER, "argon2", "mistyped-secret", "192.0.2.7"] {
        assert!(!holds(&file, text.as_bytes()), "{text}");
    }
    // Tokens, seeds, salts, secrets of keys: whatever was drawn.
    let drawn = stage.drawn.lock().unwrap().clone();
    assert!(drawn.len() > 10);
    for bytes in drawn {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let written = URL_SAFE_NO_PAD.encode(&bytes);
        for part in [&bytes[..16], &bytes[16..], &hex.as_bytes()[..32], &written.as_bytes()[..20]] {
            assert!(!holds(&file, part), "{hex}");
        }
    }
}

#[test]
fn a_file_beside_another_folders_key_lets_nobody_in() {
    let (mut stage, _) = Stage::with("amal", &[]);
    (stage.door, stage.folder) = (None, None);
    let key = stage.dir.path().join("key");
    let text = std::fs::read_to_string(&key).unwrap();
    let (head, hex) = text.trim_end().split_once('\n').unwrap();
    let turned: String = hex.chars().rev().collect();
    std::fs::write(&key, format!("{head}\n{turned}\n")).unwrap();
    stage.open(2);
    refused(stage.login("amal", at(2)), "cannot be opened");
}

#[test]
fn debug_shows_no_secret() {
    let stage = Stage::new();
    let link = stage.door().bootstrap(at(0)).unwrap().unwrap();
    let newcomer = Newcomer { password: PASSWORD, login: "root", shown_name: "Cedar" };
    let shown = format!("{link:?} {newcomer:?} {:?}", stage.door());
    stage.accept(&link.token, "root").unwrap();
    let given = stage.login("root", at(2)).unwrap();
    let key = stage.door().make_key(&wanted(&[Scope::CasesRead], at(DAY_S)), at(3)).unwrap();
    let session = stage.door().sessions(1, at(3)).unwrap();
    let identity = stage.door().session(&given.token, at(3)).unwrap();
    let shown = format!("{shown} {given:?} {key:?} {session:?} {identity:?} {:?}", key.about);
    for secret in [PASSWORD, &**link.token, &**given.token, &**given.csrf, &key.key[6..]] {
        assert!(!shown.contains(secret), "{shown}");
    }
    for bytes in stage.drawn.lock().unwrap().iter() {
        assert!(!shown.contains(&format!("{bytes:?}")[1..20]), "{shown}");
    }
}

#[test]
fn the_token_against_forgery_is_the_sessions() {
    let (stage, _) = Stage::with("amal", &[]);
    let (one, two) = (stage.login("amal", at(2)).unwrap(), stage.login("amal", at(2)).unwrap());
    assert!(csrf_fits(&one.token, &one.csrf));
    assert!(!csrf_fits(&one.token, &two.csrf));
}

#[test]
fn a_backup_lets_the_same_people_in() {
    let (mut stage, amal) = Stage::with("amal", &[]);
    stage.folder.as_ref().unwrap().journal(Access::Write).unwrap();
    let beside = tempfile::tempdir().unwrap();
    let (copy, again) = (beside.path().join("copy"), beside.path().join("again"));
    seawall_store::backup(stage.dir.path(), &copy, &mut |_| ()).unwrap();
    seawall_store::restore(&copy, &again, &mut |_| ()).unwrap();
    let sound = seawall_store::check_file(&again.join("people.db")).unwrap();
    assert_eq!(sound, seawall_store::Check::Sound);
    (stage.door, stage.folder) = (None, None);
    std::fs::remove_dir_all(stage.dir.path()).unwrap();
    std::fs::rename(&again, stage.dir.path()).unwrap();
    stage.open(2);
    let given = stage.login("amal", at(2)).unwrap();
    let key = stage.door().signing_key(&given.token, at(2)).unwrap();
    assert_eq!(Some(key.public()), amal.public_key);
}
