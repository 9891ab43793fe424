//! Every operation against every role and every scope, as a table and as laws.
//!
//! The snapshot is what a person reads when the table changes; the laws are what no change
//! of it may break.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use seawall_model::Timestamp;
use seawall_store::people::{Clearance, Cleared, Person, Role};

use crate::access::table::{Content, Openness, Outside};
use crate::access::*;

const RULINGS: [Operation; 5] = [
    Operation::CasesRule,
    Operation::CasesRuleGrave,
    Operation::AppealsRule,
    Operation::DecisionsOverturn,
    Operation::MediaMark,
];

fn person(roles: &[Role], step_up: StepUp) -> PersonIdentity {
    PersonIdentity {
        number: 1,
        login: "amal".into(),
        shown_name: "Cedar".into(),
        roles: roles.iter().copied().collect(),
        clearance: Clearance::FULL,
        reviewer: Some(1),
        public_key: None,
        only_case: None,
        session: 1,
        session_ends_at: Timestamp::MAX,
        stepped_up_until: (step_up == StepUp::NotNeeded).then_some(Timestamp::MAX),
    }
}

fn known(person: PersonIdentity) -> Identity {
    Identity::Person(Box::new(person))
}

fn fresh(roles: &[Role]) -> Identity {
    known(person(roles, StepUp::NotNeeded))
}

fn stale(roles: &[Role]) -> Identity {
    known(person(roles, StepUp::Needed))
}

fn outside() -> Identity {
    from_outside(StepUp::NotNeeded)
}

fn from_outside(step_up: StepUp) -> Identity {
    let person = person(&[Role::Reviewer], step_up);
    known(PersonIdentity { only_case: Some(7), ..person })
}

fn key(scopes: &[Scope]) -> Identity {
    let scopes: BTreeSet<Scope> = scopes.iter().copied().collect();
    Identity::Key(KeyIdentity { number: 1, name: "events".into(), scopes })
}

fn may(identity: &Identity, operation: Operation) -> bool {
    permits(identity, operation).is_ok()
}

#[test]
fn every_operation_for_every_role_and_scope() {
    let mut table = String::from(
        "+ may · ! may after entering the password again · . may not\n\n\
         operation            reviewer senior analyst author auditor admin outside  public link  keys\n",
    );
    for operation in Operation::ALL {
        let mark = |fresh: &Identity, stale: &Identity| match (
            may(fresh, *operation),
            may(stale, *operation),
        ) {
            (true, true) => '+',
            (true, false) => '!',
            (false, _) => '.',
        };
        let roles = Role::ALL.map(|role| mark(&fresh(&[role]), &stale(&[role])));
        let [reviewer, senior, analyst, author, auditor, admin] = roles;
        let from_outside = mark(&outside(), &from_outside(StepUp::Needed));
        let public = mark(&Identity::Public, &Identity::Public);
        let link = mark(&Identity::SignedLink, &Identity::SignedLink);
        let scopes: Vec<&str> = Scope::ALL
            .iter()
            .filter(|scope| may(&key(&[**scope]), *operation))
            .map(|scope| scope.name())
            .collect();
        let scopes = match scopes.len() {
            0 => ".".to_owned(),
            n if n == Scope::ALL.len() => "all".into(),
            _ => scopes.join(" "),
        };
        let _ = writeln!(
            table,
            "{:<20} {reviewer:^8} {senior:^6} {analyst:^7} {author:^6} {auditor:^7} {admin:^5} \
             {from_outside:^8} {public:^6} {link:^5} {scopes}",
            operation.name(),
        );
    }
    insta::assert_snapshot!(table);
}

#[test]
fn names_are_distinct_and_read_back() {
    let names: BTreeSet<&str> = Operation::ALL.iter().map(|operation| operation.name()).collect();
    assert_eq!(names.len(), Operation::ALL.len());
    for operation in Operation::ALL {
        assert_eq!(Operation::from_name(operation.name()), Some(*operation));
    }
    for scope in Scope::ALL {
        assert_eq!(Scope::from_name(scope.name()), Some(scope));
    }
    for role in Role::ALL {
        assert_eq!(Role::from_name(role.name()), Some(role));
    }
    assert_eq!(Operation::from_name("cases"), None);
}

#[test]
fn only_reviewers_and_seniors_rule() {
    for operation in RULINGS {
        for role in Role::ALL {
            let rules = matches!(role, Role::Reviewer | Role::Senior);
            assert_eq!(may(&fresh(&[role]), operation), rules, "{role:?} {operation:?}");
        }
        assert!(!may(&Identity::Public, operation));
        // All that keys can do together, but for the scope of rulings and of media.
        let others = Scope::ALL.map(|scope| match scope {
            Scope::RulingsWrite | Scope::MediaWrite => Scope::EventsWrite,
            other => other,
        });
        assert!(!may(&key(&others), operation), "{operation:?}");
    }
}

#[test]
fn admins_and_auditors_touch_no_content() {
    for operation in Operation::ALL {
        let content = operation.rule().content;
        assert!(
            content == Content::Without || !may(&fresh(&[Role::Admin]), *operation),
            "{operation:?}"
        );
        assert!(
            content != Content::Shown || !may(&fresh(&[Role::Auditor]), *operation),
            "{operation:?}"
        );
        // Names of what holds content, apart from how the table marks it.
        let is_of_content = [
            "cases.",
            "media.",
            "reports.",
            "waves.",
            "appeals.",
            "banks.",
            "removed.",
            "protected.",
        ]
        .iter()
        .any(|start| operation.name().starts_with(start));
        for role in [Role::Admin, Role::Auditor] {
            assert!(!(is_of_content && may(&fresh(&[role]), *operation)), "{role:?} {operation:?}");
            assert_eq!(view(&fresh(&[role])), View::WithoutContent);
        }
        let is_change = [
            "write",
            "rule",
            "rule_grave",
            "put",
            "fetch",
            "mark",
            "undo",
            "overturn",
            "withdraw",
            "replay",
            "release",
            "handover",
        ]
        .iter()
        .any(|end| operation.name().ends_with(&format!(".{end}")));
        assert!(!(is_change && may(&fresh(&[Role::Auditor]), *operation)), "{operation:?}");
    }
}

#[test]
fn an_analyst_sees_pseudonyms_and_rules_on_nothing() {
    assert_eq!(view(&fresh(&[Role::Analyst])), View::Pseudonymised);
    assert_eq!(view(&fresh(&[Role::Analyst, Role::Reviewer])), View::Content);
    assert_eq!(view(&Identity::Public), View::WithoutContent);
    for operation in Operation::ALL {
        let shown = operation.rule().content == Content::Shown;
        assert!(!(shown && may(&fresh(&[Role::Analyst]), *operation)), "{operation:?}");
    }
}

#[test]
fn grave_operations_ask_for_the_password_again() {
    let grave = [
        "banks.write",
        "cases.rule_grave",
        "decisions.overturn",
        "delivery.release",
        "keys.write",
        "media.handover",
        "media.original",
        "notices.withhold",
        "people.admit",
        "people.write",
        "protected.write",
        "removed.withdraw",
    ];
    for operation in Operation::ALL {
        let is_grave = grave.contains(&operation.name());
        let refused = permits(&stale(&Role::ALL), *operation) == Err(Denied::StepUp(*operation));
        assert_eq!(refused, is_grave, "{operation:?}");
        assert!(!is_grave || may(&fresh(&Role::ALL), *operation), "{operation:?}");
    }
}

#[test]
fn nobody_unknown_may_but_what_is_open() {
    let open = ["sessions.open", "links.use", "health.read", "openapi.read"];
    let by_link = ["appeals.form", "appeals.write"];
    for operation in Operation::ALL {
        let name = operation.name();
        assert_eq!(may(&Identity::Public, *operation), open.contains(&name), "{name}");
        let linked = open.contains(&name) || by_link.contains(&name);
        assert_eq!(may(&Identity::SignedLink, *operation), linked, "{name}");
        assert_eq!(may(&key(&[]), *operation), open.contains(&name), "{name}");
        assert_eq!(may(&fresh(&[]), *operation), open.contains(&name), "{name}");
        if operation.rule().openness == Openness::Known {
            let denied = permits(&Identity::Public, *operation);
            assert_eq!(denied, Err(Denied::Unauthenticated(*operation)));
        }
    }
}

#[test]
fn roles_add_up_and_take_nothing_away() {
    for operation in Operation::ALL {
        let any = Role::ALL.iter().any(|role| may(&fresh(&[*role]), *operation));
        assert_eq!(may(&fresh(&Role::ALL), *operation), any, "{operation:?}");
        let each = Scope::ALL.iter().any(|scope| may(&key(&[*scope]), *operation));
        assert_eq!(may(&key(&Scope::ALL), *operation), each, "{operation:?}");
        // Every operation is somebody's.
        assert!(any || each || may(&Identity::SignedLink, *operation), "{operation:?}");
    }
}

#[test]
fn somebody_from_outside_works_on_one_case_and_on_nothing_else() {
    for operation in Operation::ALL {
        let rule = operation.rule();
        let both = rule.roles.contains(&Role::Reviewer) && rule.outside == Outside::OwnCase;
        let expected = both || rule.openness == Openness::Anyone;
        assert_eq!(may(&outside(), *operation), expected, "{operation:?}");
    }
    for name in
        ["waves.list", "decisions.list", "measures.read", "banks.read", "live.read", "reports.read"]
    {
        let operation = Operation::from_name(name).unwrap();
        let denied = permits(&outside(), operation);
        assert!(matches!(denied, Err(Denied::Outside(_))), "{name}");
    }
    let case =
        |case, appeal| CaseClearance { language: None, severity: 0, ideology: None, case, appeal };
    let elsewhere = Err(Denied::Clearance(ClearancePart::Case));
    for (appeal, own) in [(AppealWaits::Yes, Ok(())), (AppealWaits::No, Err(Denied::NothingWaits))]
    {
        assert_eq!(may_see_case(&outside(), case(7, appeal)), own);
        assert_eq!(may_see_case(&outside(), case(8, appeal)), elsewhere);
    }
    assert_eq!(is_invited_to(&outside(), 7), Ok(()));
    assert_eq!(is_invited_to(&outside(), 8), elsewhere);
    assert_eq!(is_invited_to(&fresh(&[Role::Reviewer]), 8), Ok(()));
}

#[test]
fn who_could_rule_on_an_appeal_can_come_in_sees_the_case_and_has_the_role() {
    let case = |appeal| CaseClearance {
        language: Some("ar"),
        severity: 2,
        ideology: None,
        case: 7,
        appeal,
    };
    let person = |role| Person {
        number: 1,
        link_by: None,
        login: "amal".into(),
        shown_name: "Cedar".into(),
        roles: BTreeSet::from([role]),
        clearance: Clearance::FULL,
        reviewer: Some(1),
        reviewer_before: None,
        public_key: None,
        only_case: None,
        created_at: Timestamp::MIN,
        disabled_at: None,
        version: 1,
        settings: 1,
    };
    let could = |person: Person| could_rule(&person, case(AppealWaits::Yes));
    for role in Role::ALL {
        let rules = matches!(role, Role::Reviewer | Role::Senior);
        assert_eq!(could(person(role)), rules, "{role:?}");
    }
    let base = || person(Role::Reviewer);
    assert!(!could(Person { disabled_at: Some(Timestamp::MIN), ..base() }));
    let english = Cleared::Only(BTreeSet::from(["en".to_owned()]));
    let clearance = Clearance { languages: english, ..Clearance::FULL };
    assert!(!could(Person { clearance, ..base() }));
    assert!(could(Person { only_case: Some(7), ..base() }));
    assert!(!could(Person { only_case: Some(8), ..base() }));
    let guest = Person { only_case: Some(7), ..base() };
    assert!(!could_rule(&guest, case(AppealWaits::No)));
}

#[test]
fn a_case_beyond_the_clearance_is_not_seen() {
    let only =
        |names: &[&str]| Cleared::Only(names.iter().map(|name| (*name).to_owned()).collect());
    let clearance = Clearance {
        languages: only(&["ar", "en"]),
        severity_max: 2,
        ideologies: only(&["first", "second"]),
    };
    let cleared = known(PersonIdentity { clearance, ..person(&[Role::Reviewer], StepUp::Needed) });
    let check = |language, severity, ideology, expect: Result<(), ClearancePart>| {
        let case = CaseClearance { language, severity, ideology, case: 1, appeal: AppealWaits::No };
        let expect = expect.map_err(Denied::Clearance);
        assert_eq!(may_see_case(&cleared, case), expect, "{case:?}");
        assert_eq!(may_see_case(&fresh(&[Role::Senior]), case), Ok(()));
        assert_eq!(may_see_case(&key(&[Scope::CasesRead]), case), Ok(()));
    };
    check(Some("ar"), 2, Some("first"), Ok(()));
    check(Some("ar-IQ"), 0, Some("second"), Ok(()));
    check(Some("AR"), 0, None, Ok(()));
    check(Some("fr"), 0, Some("first"), Err(ClearancePart::Language));
    check(Some("a"), 0, None, Err(ClearancePart::Language));
    check(Some("ar"), 3, Some("first"), Err(ClearancePart::Severity));
    check(Some("ar"), 0, Some("third"), Err(ClearancePart::Ideology));
    // What is not known keeps it from nobody.
    check(None, 2, None, Ok(()));
    check(None, 3, None, Err(ClearancePart::Severity));
    let case = CaseClearance {
        language: None,
        severity: 0,
        ideology: None,
        case: 1,
        appeal: AppealWaits::No,
    };
    for severity in 0..=3 {
        for severity_max in 0..=3 {
            let clearance = Clearance { severity_max, ..Clearance::FULL };
            let person = person(&[Role::Senior], StepUp::Needed);
            let identity = known(PersonIdentity { clearance, ..person });
            let seen = may_see_case(&identity, CaseClearance { severity, ..case }).is_ok();
            assert_eq!(seen, severity <= severity_max);
        }
    }
    for role in [Role::PolicyAuthor, Role::Auditor, Role::Admin] {
        assert!(
            matches!(may_see_case(&fresh(&[role]), case), Err(Denied::Role { .. })),
            "{role:?}"
        );
    }
    assert!(may_see_case(&Identity::Public, case).is_err());
    assert!(may_see_case(&key(&[Scope::EventsWrite]), case).is_err());
}

#[test]
fn a_refusal_says_what_would_allow_it() {
    let said = |identity: &Identity, operation| {
        permits(identity, operation).map_err(|denied| (denied.code(), denied.to_string()))
    };
    let check = |identity: &Identity, operation, code, words: &str| {
        assert_eq!(said(identity, operation), Err((code, words.to_owned())));
    };
    let admin = fresh(&[Role::Admin]);
    let grave = Operation::CasesRuleGrave;
    check(
        &admin,
        grave,
        "role_missing",
        "cases.rule_grave is for reviewer, senior; ask an admin for a role",
    );
    check(
        &stale(&[Role::Senior]),
        grave,
        "step_up_needed",
        "cases.rule_grave is grave: enter your password again",
    );
    check(
        &key(&[]),
        grave,
        "scope_missing",
        "cases.rule_grave needs a key with the scope `rulings:write`",
    );
    check(&key(&[]), Operation::PeopleWrite, "people_only", "people.write is for people: log in");
    check(
        &admin,
        Operation::EventsWrite,
        "machines_only",
        "events.write is for machines: send an API key",
    );
    check(
        &admin,
        Operation::AppealsForm,
        "link_only",
        "appeals.form needs the signed link of a notice",
    );
    let words = "cases.list needs somebody who is known: log in, or send an API key";
    check(&Identity::Public, Operation::CasesList, "unauthenticated", words);
    check(
        &outside(),
        Operation::BanksRead,
        "outside_reviewer",
        "banks.read is not for reviewers from outside",
    );
}
