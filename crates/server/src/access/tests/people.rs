//! Links, passwords, sessions, and what ends them. Left out: guesses.

use std::sync::Barrier;

use super::*;

#[test]
fn a_new_folder_gives_a_link_and_whoever_uses_it_is_admin() {
    let stage = Stage::new();
    let first = stage.door().bootstrap(at(0)).unwrap().unwrap();
    let second = stage.door().bootstrap(at(0)).unwrap().unwrap();
    refused(stage.accept(&first.token, "root"), SPENT);
    // What cannot be taken leaves the link as it was.
    refused(stage.accept(&second.token, "Root"), "login must be 3 to 64");
    let weak = Newcomer { password: "short", login: "root", shown_name: "Cedar" };
    refused(stage.door().use_link(&second.token, &weak, at(1)), "at least 12 characters");
    let settled = stage.accept(&second.token, "root").unwrap();
    assert_eq!(settled.purpose, LinkPurpose::Bootstrap);
    assert_eq!(settled.person.roles, BTreeSet::from([Role::Admin]));
    assert!(stage.door().bootstrap(at(2)).unwrap().is_none());
    refused(stage.accept(&second.token, "root"), SPENT);
    assert_eq!(stage.login("root", at(3)).unwrap().person.number, settled.person.number);
}

#[test]
fn an_invited_person_who_never_came_does_not_close_the_first_link() {
    let stage = Stage::new();
    stage.door().add_person(&newcomer("amal", &[Role::Reviewer]), at(0)).unwrap();
    assert!(stage.door().bootstrap(at(0)).unwrap().is_some());
}

#[test]
fn a_link_works_once_also_for_two_at_once() {
    for _ in 0..20 {
        let (stage, amal) = Stage::with("amal", &[]);
        // A link that resets fits its person after its use too: only its use ends it.
        let link = stage.door().make_link(LinkPurpose::Reset(amal.number), None, at(1)).unwrap();
        let barrier = Barrier::new(2);
        let done = std::thread::scope(|scope| {
            let both = [(); 2].map(|()| {
                scope.spawn(|| {
                    barrier.wait();
                    stage.accept(&link.token, "").is_ok()
                })
            });
            both.map(|one| one.join().unwrap())
        });
        assert!(done[0] != done[1], "{done:?}");
        assert_eq!(stage.door().person(amal.number).unwrap().unwrap().settings, 2);
        refused(stage.accept(&link.token, ""), SPENT);
    }
}

#[test]
fn links_are_refused_from_the_moment_they_expire() {
    let (stage, _) = Stage::with("amal", &[]);
    let person = stage.door().add_person(&newcomer("basil", &[]), at(0)).unwrap();
    let purpose = LinkPurpose::Invite(person.number);
    let link = stage.door().make_link(purpose, None, at(0)).unwrap();
    assert_eq!(link.expires_at, at(DAY_S));
    let last = link.expires_at.plus_micros(-1);
    assert_eq!(stage.door().link(&link.token, last).unwrap(), purpose);
    refused(stage.door().link(&link.token, link.expires_at), SPENT);
    let newcomer = Newcomer { password: PASSWORD, login: "", shown_name: "" };
    let hashed = stage.door().passwords().hashed();
    refused(stage.door().use_link(&link.token, &newcomer, link.expires_at), SPENT);
    // Guessing at links costs this machine nothing.
    assert_eq!(stage.door().passwords().hashed(), hashed);
    assert!(stage.door().use_link(&link.token, &newcomer, last).is_ok());
    let first = Stage::new().door().bootstrap(at(0)).unwrap().unwrap();
    assert_eq!(first.expires_at, at(3600));
}

#[test]
fn a_link_fits_its_person() {
    let (stage, amal) = Stage::with("amal", &[Role::Reviewer]);
    let make = |purpose| stage.door().make_link(purpose, None, at(2));
    refused(make(LinkPurpose::Invite(amal.number)), "has a password");
    refused(make(LinkPurpose::Outside { case: 7, person: amal.number }), "no outside reviewer");
    refused(make(LinkPurpose::Reset(99)), "no person 99");
    let mut guest = newcomer("guest", &[Role::Reviewer, Role::Admin]);
    guest.only_case = Some(7);
    refused(stage.door().add_person(&guest, at(2)), "must be `reviewer` and nothing else");
    guest.roles = BTreeSet::from([Role::Reviewer]);
    let guest = stage.door().add_person(&guest, at(2)).unwrap();
    refused(make(LinkPurpose::Reset(guest.number)), "has no password yet");
    let link = make(LinkPurpose::Outside { case: 8, person: guest.number }).unwrap();
    let settled = stage.accept(&link.token, "").unwrap();
    assert_eq!(settled.person.only_case, Some(8));
    let token = stage.login("guest", at(3)).unwrap().token;
    let identity = stage.door().session(&token, at(3)).unwrap();
    let case = |case| CaseClearance {
        language: None,
        severity: 3,
        ideology: None,
        case,
        appeal: AppealWaits::Yes,
    };
    assert_eq!(may_see_case(&identity, case(8)), Ok(()));
    assert!(may_see_case(&identity, case(7)).is_err());
    let change = PersonChange { roles: Some([Role::Senior].into()), ..PersonChange::default() };
    let now = settled.person.version;
    refused(stage.door().change_person(guest.number, now, &change, at(4)), "nothing else");
}

#[test]
fn a_session_signs_for_its_person_also_after_a_restart() {
    let (mut stage, amal) = Stage::with("amal", &[Role::Reviewer]);
    let given = stage.login("amal", at(10)).unwrap();
    let public_key = amal.public_key.clone().unwrap();
    let check = |stage: &Stage| {
        let key = stage.door().signing_key(&given.token, at(20)).unwrap();
        assert_eq!(key.public(), public_key);
        let signature = key.sign(b"keep");
        assert!(signing::verify(&public_key, b"keep", &signature).is_ok());
    };
    check(&stage);
    stage.open(2);
    check(&stage);
    let person = person_of(stage.door().session(&given.token, at(20)).unwrap());
    assert_eq!((person.number, person.session), (amal.number, given.session));
    assert_eq!(person.public_key.as_deref(), Some(&*public_key));
    // Another session, the same key.
    let other = stage.login("amal", at(30)).unwrap();
    assert_ne!(*other.token, *given.token);
    assert_eq!(stage.door().signing_key(&other.token, at(30)).unwrap().public(), public_key);
    assert!(stage.door().logout(&given.token).unwrap());
    assert!(!stage.door().logout(&given.token).unwrap());
    refused(stage.door().session(&given.token, at(30)), ENDED);
    assert!(stage.door().signing_key(&given.token, at(30)).is_err());
    assert!(stage.door().session(&other.token, at(30)).is_ok());
}

#[test]
fn a_session_ends_to_the_moment_idle_or_not() {
    let (stage, _) = Stage::with("amal", &[]);
    let idle = stage.login("amal", at(0)).unwrap();
    let idle_end = at(8 * 3600);
    refused(stage.door().session(&idle.token, idle_end), ENDED);
    assert!(stage.door().session(&idle.token, idle_end.plus_micros(-1)).is_ok());
    // That was a use, so it goes on.
    assert!(stage.door().session(&idle.token, idle_end).is_ok());
    let whole_end = at(12 * 3600);
    assert_eq!(idle.ends_at, whole_end);
    assert!(stage.door().session(&idle.token, whole_end.plus_micros(-1)).is_ok());
    refused(stage.door().session(&idle.token, whole_end), ENDED);
    assert!(stage.door().signing_key(&idle.token, whole_end).is_err());
}

#[test]
fn when_a_session_was_used_is_noted_once_a_minute() {
    let (stage, amal) = Stage::with("amal", &[]);
    let given = stage.login("amal", at(0)).unwrap();
    let seen = |now| {
        stage.door().session(&given.token, now).unwrap();
        stage.door().sessions(amal.number, now).unwrap()[0].seen_at
    };
    assert_eq!(seen(at(59)), at(0));
    assert_eq!(seen(at(60)), at(60));
    assert_eq!(seen(at(119)), at(60));
}

#[test]
fn people_list_and_end_their_own_sessions_only() {
    let (stage, amal) = Stage::with("amal", &[]);
    let basil = stage.add("basil", &[]);
    let (first, second) =
        (stage.login("amal", at(2)).unwrap(), stage.login("amal", at(3)).unwrap());
    let numbers: Vec<u64> =
        stage.door().sessions(amal.number, at(4)).unwrap().iter().map(|one| one.number).collect();
    assert_eq!(numbers, [second.session, first.session]);
    assert!(!stage.door().end_session(basil.number, first.session).unwrap());
    assert!(stage.door().session(&first.token, at(4)).is_ok());
    assert!(stage.door().end_session(amal.number, first.session).unwrap());
    refused(stage.door().session(&first.token, at(4)), ENDED);
    assert!(stage.door().session(&second.token, at(4)).is_ok());
    for _ in 0..20 {
        stage.login("amal", at(5)).unwrap();
    }
    assert_eq!(stage.door().sessions(amal.number, at(5)).unwrap().len(), 16);
    refused(stage.door().session(&second.token, at(5)), ENDED);
}

#[test]
fn after_disabling_the_next_call_fails() {
    let (stage, amal) = Stage::with("amal", &[Role::Reviewer]);
    let given = stage.login("amal", at(2)).unwrap();
    assert!(stage.door().session(&given.token, at(3)).is_ok());
    let link = stage.door().make_link(LinkPurpose::Reset(amal.number), None, at(3)).unwrap();
    let change = |standing| PersonChange { standing: Some(standing), ..PersonChange::default() };
    let disable = change(Standing::Disabled);
    let off = stage.door().change_person(amal.number, amal.version, &disable, at(3)).unwrap();
    assert_eq!(off.disabled_at, Some(at(3)));
    refused(stage.door().session(&given.token, at(3)), ENDED);
    refused(stage.door().step_up(&given.token, PASSWORD, at(3)), ENDED);
    assert!(stage.door().signing_key(&given.token, at(3)).is_err());
    refused(stage.login("amal", at(3)), WRONG);
    refused(stage.accept(&link.token, ""), SPENT);
    refused(stage.door().make_link(LinkPurpose::Reset(amal.number), None, at(3)), "is disabled");
    let enable = change(Standing::Enabled);
    stage.door().change_person(amal.number, off.version, &enable, at(4)).unwrap();
    refused(stage.door().session(&given.token, at(4)), ENDED);
    assert!(stage.login("amal", at(4)).is_ok());
}

#[test]
fn whoever_is_disabled_while_they_log_in_stays_outside() {
    let (stage, amal) = Stage::with("amal", &[]);
    let mut people = stage.folder.as_ref().unwrap().people(Access::Write).unwrap();
    let new = |settings| NewSession {
        hash: [1; 32],
        person: amal.number,
        settings,
        ends_at: at(99),
        stepped_up_until: at(99),
        sealed_seed: vec![1],
    };
    // Their password was set since.
    assert_eq!(people.open_session(&new(amal.settings - 1), at(2)).unwrap(), None);
    let change = PersonChange { standing: Some(Standing::Disabled), ..PersonChange::default() };
    people.change_person(amal.number, amal.version, &change, at(2)).unwrap();
    assert_eq!(people.open_session(&new(amal.settings), at(2)).unwrap(), None);
}

#[test]
fn other_roles_end_sessions_and_another_clearance_counts_at_once() {
    let (stage, amal) = Stage::with("amal", &[Role::Reviewer]);
    let given = stage.login("amal", at(2)).unwrap();
    let clearance = Clearance { languages: Cleared::Only(["ar".into()].into()), ..Clearance::FULL };
    let change = PersonChange { clearance: Some(clearance.clone()), ..PersonChange::default() };
    let amal = stage.door().change_person(amal.number, amal.version, &change, at(3)).unwrap();
    let person = person_of(stage.door().session(&given.token, at(3)).unwrap());
    assert_eq!(person.clearance, clearance);
    let change = PersonChange { roles: Some([Role::Analyst].into()), ..PersonChange::default() };
    stage.door().change_person(amal.number, amal.version, &change, at(4)).unwrap();
    refused(stage.door().session(&given.token, at(4)), ENDED);
    let again = stage.login("amal", at(5)).unwrap();
    let person = person_of(stage.door().session(&again.token, at(5)).unwrap());
    assert_eq!(person.roles, BTreeSet::from([Role::Analyst]));
}

#[test]
fn another_password_ends_all_sessions_and_keeps_the_key() {
    let (stage, amal) = Stage::with("amal", &[]);
    let (one, two) = (stage.login("amal", at(2)).unwrap(), stage.login("amal", at(2)).unwrap());
    let change = |token: &str, old, new| stage.door().change_password(token, old, new, at(3));
    refused(change(&one.token, OTHER, PASSWORD), WRONG);
    refused(change(&one.token, PASSWORD, "password12345"), "among the first");
    let given = change(&one.token, PASSWORD, OTHER).unwrap();
    for ended in [&one, &two] {
        refused(stage.door().session(&ended.token, at(3)), ENDED);
    }
    let key = stage.door().signing_key(&given.token, at(3)).unwrap();
    assert_eq!(Some(key.public()), amal.public_key);
    refused(stage.login("amal", at(4)), WRONG);
    let given = stage.door().login("amal", OTHER, home(), at(4)).unwrap();
    let key = stage.door().signing_key(&given.token, at(4)).unwrap();
    assert_eq!(Some(key.public()), amal.public_key);
}

#[test]
fn a_lost_password_takes_its_key_along() {
    let (stage, amal) = Stage::with("amal", &[Role::Reviewer]);
    let old = amal.public_key.clone().unwrap();
    let set = |number, key: &str| stage.door().set_reviewer(amal.number, number, key);
    assert_eq!(set(5, &old).unwrap().reviewer, Some(5));
    let given = stage.login("amal", at(2)).unwrap();
    let link = stage.door().make_link(LinkPurpose::Reset(amal.number), None, at(3)).unwrap();
    let settled = stage.accept(&link.token, "").unwrap();
    assert_eq!((settled.person.reviewer_before, settled.person.reviewer), (Some(5), None));
    let new = settled.person.public_key.clone().unwrap();
    assert_ne!(new, old);
    refused(stage.door().session(&given.token, at(3)), ENDED);
    // The old key is not noted as theirs any more, and no number is two people's.
    refused(set(5, &old), "read it again");
    let basil = stage.add("basil", &[Role::Reviewer]);
    let key = basil.public_key.unwrap();
    let taken = || stage.door().set_reviewer(basil.number, 5, &key);
    refused(taken(), "reviewer 5 is another person");
    let again = set(5, &new).unwrap();
    assert_eq!((again.reviewer, again.reviewer_before), (Some(5), None));
    refused(taken(), "reviewer 5 is another person");
}

#[test]
fn of_two_changes_to_one_version_the_second_is_told() {
    let (stage, amal) = Stage::with("amal", &[]);
    let rename = |name: &str, version| {
        let change = PersonChange { shown_name: Some(name.into()), ..PersonChange::default() };
        stage.door().change_person(amal.number, version, &change, at(2))
    };
    let after = rename("Cedar", amal.version).unwrap();
    assert_eq!((after.version, after.shown_name.as_str()), (amal.version + 1, "Cedar"));
    match rename("Olive", amal.version) {
        Err(AccessError::People(PeopleError::Stale { person, version })) => {
            assert_eq!((person, version), (amal.number, after.version));
        }
        other => panic!("{other:?}"),
    }
    refused(rename(" Olive", after.version), "shown_name must be");
    refused(stage.door().add_person(&newcomer("amal", &[]), at(2)), "this login is taken");
}

#[test]
fn somebody_can_always_let_people_in() {
    let (stage, _) = Stage::with("amal", &[]);
    let root = stage.door().person(1).unwrap().unwrap();
    let roles = |roles: &[Role]| PersonChange {
        roles: Some(roles.iter().copied().collect()),
        ..PersonChange::default()
    };
    let off = PersonChange { standing: Some(Standing::Disabled), ..PersonChange::default() };
    let change = |change: &PersonChange| stage.door().change_person(1, root.version, change, at(2));
    refused(change(&roles(&[Role::Senior])), "the last admin");
    refused(change(&off), "the last admin");
    // An admin who never came in lets nobody in.
    stage.door().add_person(&newcomer("never", &[Role::Admin]), at(2)).unwrap();
    refused(change(&off), "the last admin");
    stage.add("basil", &[Role::Admin]);
    assert!(change(&off).is_ok());
}
