//! One open case per subject; rulings on what was read; evidence that falls.

use seawall_model::codec::{Reader, Writer};
use seawall_model::journal::PolicyCited;
use seawall_model::knowledge::FileClass;
use seawall_model::{ActionKind, DecisionId, ReviewerId, Timestamp};

use super::*;

const POST: SubjectSeen = SubjectSeen::Post { position: 9, account: Some(4) };

fn piece(kind: &str, entry: u64) -> EvidenceSeen {
    EvidenceSeen {
        kind: kind.into(),
        family: Some("content".into()),
        entry: Some(entry),
        milli_bits: None,
        distance: Some(0),
        position: 9,
    }
}

fn finding(evidence: Vec<EvidenceSeen>) -> Finding {
    Finding {
        created_at: None,
        post: None,
        subject: POST,
        policy: "kettles".into(),
        rule: Some("BannedClip".into()),
        rests: RestsOnMissing::No,
        evidence,
        at: Timestamp::MIN,
        content: 9,
        is_deleted: false,
    }
}

fn heard(reviewer: u64, ruled: Ruled) -> Heard {
    let policy = Some(PolicyCited { id: "kettles".into(), version: 1 });
    Heard { reviewer: ReviewerId(reviewer), ruled, saw: Saw::Content, policy, class: None }
}

const REMOVE: Ruled = Ruled::Act(ActionKind::Remove);

#[test]
fn one_subject_has_one_open_case_that_grows() {
    let mut cases = Cases::default();
    let opened = cases.observe(finding(vec![piece("bank_match", 1)]));
    assert!(matches!(opened, Some(Body::CaseOpened { case: 1, .. })));
    assert_eq!(cases.observe(finding(vec![piece("bank_match", 1)])), None, "nothing new");
    let grown = cases.observe(finding(vec![piece("bank_match", 1), piece("term", 2)]));
    let Some(Body::CaseGrew { case: 1, version: 2, evidence, .. }) = grown else {
        panic!("{grown:?}")
    };
    assert_eq!(evidence, [piece("term", 2)]);
    assert_eq!(cases.open_count(), 1);
}

#[test]
fn a_decided_subject_gets_another_case_only_for_what_was_not_known() {
    let mut cases = Cases::default();
    cases.observe(finding(vec![piece("bank_match", 1)]));
    cases.close(CaseId(1), CaseState::Decided(DecisionId(1)));
    assert_eq!(cases.observe(finding(vec![piece("bank_match", 1)])), None);
    let opened = cases.observe(finding(vec![piece("bank_match", 1), piece("bank_match", 8)]));
    let Some(Body::CaseOpened { case: 2, evidence, .. }) = opened else { panic!("{opened:?}") };
    assert_eq!(evidence, [piece("bank_match", 8)]);
}

#[test]
fn a_ruling_on_what_has_changed_is_refused() {
    let mut cases = Cases::default();
    cases.observe(finding(vec![piece("bank_match", 1)]));
    cases.hear(CaseId(1), 1, heard(1, REMOVE)).unwrap();
    cases.observe(finding(vec![piece("term", 2)]));
    assert!(cases.get(CaseId(1)).unwrap().heard.is_empty(), "it was ruled on less");
    let stale = cases.hear(CaseId(1), 1, heard(1, REMOVE));
    assert_eq!(stale, Err(Refused::Stale { case: CaseId(1), read: 1 }));
    assert_eq!(cases.may_hear(CaseId(7), 1), Err(Refused::NoCase(CaseId(7))));
    cases.close(CaseId(1), CaseState::Withdrawn);
    assert_eq!(cases.may_hear(CaseId(1), 2), Err(Refused::NotOpen(CaseId(1))));
}

#[test]
fn only_those_who_rule_the_same_agree_and_nobody_twice() {
    let mut cases = Cases::default();
    cases.observe(finding(vec![piece("bank_match", 1)]));
    cases.hear(CaseId(1), 1, heard(1, REMOVE)).unwrap();
    cases.hear(CaseId(1), 1, heard(1, REMOVE)).unwrap();
    assert_eq!(cases.get(CaseId(1)).unwrap().agreed().len(), 1);
    cases.hear(CaseId(1), 1, heard(2, Ruled::Keep)).unwrap();
    assert_eq!(cases.get(CaseId(1)).unwrap().agreed().len(), 1);
    let case = cases.hear(CaseId(1), 1, heard(3, REMOVE)).unwrap();
    let agreed: Vec<u64> = case.agreed().iter().map(|heard| heard.reviewer.0).collect();
    assert_eq!(agreed, [1, 3]);
}

#[test]
fn evidence_that_is_withdrawn_closes_the_case_that_had_no_other() {
    let mut cases = Cases::default();
    cases.observe(finding(vec![piece("bank_match", 1), piece("term", 2)]));
    assert_eq!(cases.withdraw(CaseId(1), 7), None);
    assert_eq!(cases.withdraw(CaseId(1), 1).unwrap().len(), 1);
    assert_eq!(cases.get(CaseId(1)).unwrap().state, CaseState::Open);
    cases.withdraw(CaseId(1), 2).unwrap();
    assert_eq!(cases.get(CaseId(1)).unwrap().state, CaseState::Withdrawn);
    assert_eq!(cases.open_count(), 0);
    cases.reopen(CaseId(1));
    assert_eq!(cases.open_count(), 1);
}

#[test]
fn evidence_of_one_case_is_bounded() {
    let mut cases = Cases::default();
    for entry in 1..=200 {
        cases.observe(finding(vec![piece("term", entry)]));
    }
    assert_eq!(cases.get(CaseId(1)).unwrap().evidence.len(), EVIDENCE_MAX);
}

#[test]
fn a_snapshot_holds_everything() {
    let mut cases = Cases::default();
    cases.observe(finding(vec![piece("bank_match", 1), piece("term", 2)]));
    cases.hear(CaseId(1), 1, heard(1, REMOVE)).unwrap();
    let mut comeback = piece("comeback", 5);
    comeback.milli_bits = Some(-1_200);
    comeback.distance = None;
    comeback.family = Some("name".into());
    let subject = SubjectSeen::Account { account: 4 };
    let rests = RestsOnMissing::Yes;
    cases.observe(Finding { subject, rests, rule: None, ..finding(vec![comeback]) });
    cases.close(CaseId(2), CaseState::Decided(DecisionId(3)));
    let mut writer = Writer::new();
    cases.encode(&mut writer);
    let bytes = writer.into_bytes();
    let mut reader = Reader::new(&bytes);
    assert_eq!(Cases::decode(&mut reader).unwrap(), cases);
    reader.end().unwrap();
}

const ID: TraceId = TraceId(7);

fn edited(position: u64) -> Change {
    let content = Content::At(position);
    Change { post: ID, position, content, author: Some(AccountId(4)), created_at: None }
}

#[test]
fn only_who_saw_the_content_and_says_the_same_of_the_file_confirms_it() {
    let mut cases = Cases::default();
    cases.observe(finding(vec![piece("bank_match", 1)]));
    let (support, news) = (Some(FileClass::Support), Some(FileClass::News));
    for (reviewer, saw, class) in [
        (1, Saw::Content, support),
        (2, Saw::File, support),
        (3, Saw::Content, news),
        (4, Saw::Content, None),
        (5, Saw::Content, support),
    ] {
        cases.hear(CaseId(1), 1, Heard { saw, class, ..heard(reviewer, REMOVE) }).unwrap();
    }
    let case = cases.get(CaseId(1)).unwrap();
    assert_eq!(file_class(&case.agreed()), support);
    assert_eq!(confirmers(&case.agreed()), [ReviewerId(1), ReviewerId(5)]);
}

#[test]
fn evidence_of_older_words_stays_told_and_is_renewed_where_the_new_ones_show_it_too() {
    let mut cases = Cases::default();
    let found = |evidence| Finding { post: Some(ID), ..finding(evidence) };
    let all: Vec<EvidenceSeen> = (1..=64).map(|entry| piece("bank_match", entry)).collect();
    cases.observe(found(all));
    assert_eq!(cases.change(&Change { post: TraceId(8), ..edited(12) }), None, "another post");
    assert_eq!(cases.change(&edited(9)), None, "what opened it");
    let (version, deleted, account) = (2, false, None);
    let changed = Body::PostChanged { case: 1, version, position: 12, deleted, account };
    assert_eq!(cases.change(&edited(12)), Some(changed.clone()));
    let again = EvidenceSeen { position: 12, distance: Some(3), ..piece("bank_match", 5) };
    let grown = cases.observe(found(vec![again.clone(), piece("bank_match", 6)]));
    let Some(Body::CaseGrew { evidence, .. }) = grown else { panic!("{grown:?}") };
    assert_eq!(
        evidence,
        std::slice::from_ref(&again),
        "there is room for it, and the other is old"
    );
    let case = cases.get(CaseId(1)).unwrap();
    let current: Vec<_> = case.evidence.iter().filter(|piece| case.is_current(piece)).collect();
    assert_eq!((current, case.evidence.len()), (vec![&again], EVIDENCE_MAX));
    // The record says the same.
    let mut recorded = Cases::default();
    recorded.observe(found((1..=64).map(|entry| piece("bank_match", entry)).collect()));
    recorded.recorded_change(&changed);
    recorded.recorded_growth(CaseId(1), &evidence, RestsOnMissing::No);
    assert_eq!(recorded, cases);
}

#[test]
fn what_became_of_a_post_holds_for_its_next_case_too() {
    let mut cases = Cases::default();
    let found = |entry| Finding { post: Some(ID), ..finding(vec![piece("bank_match", entry)]) };
    cases.observe(found(1));
    cases.close(CaseId(1), CaseState::Decided(DecisionId(1)));
    cases.change(&edited(12));
    cases.change(&Change { content: Content::Deleted, ..edited(13) });
    cases.observe(found(2));
    let case = cases.get(CaseId(2)).unwrap();
    assert_eq!((case.content, case.is_deleted), (12, true));
    assert!(case.evidence.iter().all(|piece| !case.is_current(piece)), "nothing shows it now");
    let mut writer = Writer::new();
    cases.encode(&mut writer);
    let bytes = writer.into_bytes();
    assert_eq!(Cases::decode(&mut Reader::new(&bytes)).unwrap(), cases);
}

#[test]
fn a_case_learns_whose_post_it_is_about_and_what_it_says_first_is_no_edit() {
    let mut cases = Cases::default();
    let subject = SubjectSeen::Post { position: 5, account: None };
    let file = EvidenceSeen { position: 5, ..piece("bank_match", 1) };
    let found = Finding { subject, post: Some(ID), content: 0, ..finding(vec![file]) };
    cases.observe(found.clone());
    let before = cases.clone();
    assert_eq!((cases.account_of(CaseId(1)), cases.concerns(AccountId(4))), (None, false));
    assert_eq!(cases.date(AccountId(4), Timestamp::MIN), None, "no case is about it");
    let (version, account, position, deleted) = (2, Some(4), 9, false);
    let learned = Body::PostChanged { case: 1, version, position, deleted, account };
    assert_eq!(cases.change(&edited(9)), Some(learned.clone()));
    let case = cases.get(CaseId(1)).unwrap();
    let author = Some(AccountId(4));
    assert_eq!((case.subject.account(), case.content, case.is_edited()), (author, 9, false));
    assert!(case.is_current(&case.evidence[0]), "what was told before it was not edited out");
    assert_eq!(cases.about_post(ID).unwrap().0, CaseId(1));
    assert!(cases.date(AccountId(4), Timestamp::MIN).is_some());
    assert_eq!(cases.date(AccountId(4), Timestamp::MIN), None, "it is known by now");
    // Another finding about the post is about the same case, whoever told it.
    assert_eq!(cases.observe(found), None);
    // The record says the same.
    let mut recorded = before;
    recorded.recorded_change(&learned);
    recorded.date(AccountId(4), Timestamp::MIN);
    assert_eq!(recorded, cases);
    // An edit is one, and who sends it is no other author.
    let other = Change { author: Some(AccountId(8)), ..edited(12) };
    let Some(Body::PostChanged { account, .. }) = cases.change(&other) else { panic!() };
    let case = cases.get(CaseId(1)).unwrap();
    assert_eq!((account, case.subject.account(), case.is_edited()), (None, author, true));
    assert!(!case.is_current(&case.evidence[0]));
}

#[test]
fn an_older_case_learns_its_author_from_a_newer_one_and_a_snapshot_knows_it() {
    let mut cases = Cases::default();
    let subject = SubjectSeen::Post { position: 5, account: None };
    let found = |entry| {
        let evidence = vec![piece("bank_match", entry)];
        Finding { subject, post: Some(ID), content: 0, ..finding(evidence) }
    };
    cases.observe(found(1));
    cases.close(CaseId(1), CaseState::Decided(DecisionId(1)));
    cases.observe(found(2));
    cases.change(&edited(12));
    assert_eq!(cases.account_of(CaseId(1)), Some(AccountId(4)));
    let mut writer = Writer::new();
    cases.encode(&mut writer);
    let bytes = writer.into_bytes();
    assert_eq!(Cases::decode(&mut Reader::new(&bytes)).unwrap(), cases);
}
