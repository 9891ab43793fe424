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
        reasons: vec![reason("BannedClip", &evidence)],
        evidence,
        at: Timestamp::MIN,
        content: 9,
        is_deleted: false,
    }
}

/// A rule that asks for all of this.
fn reason(rule: &str, evidence: &[EvidenceSeen]) -> Reason {
    Reason {
        rule: rule.into(),
        policy: "kettles".into(),
        entries: evidence.iter().filter_map(|piece| piece.entry).collect(),
        fact: None,
        position: 9,
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
const AUTHOR: Option<AccountId> = Some(AccountId(4));

fn edited(position: u64) -> Change {
    let content = Content::At(position);
    Change { post: ID, position, content }
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
    assert_eq!(
        cases.change(&Change { post: TraceId(8), ..edited(12) }, AUTHOR),
        None,
        "another post"
    );
    assert_eq!(cases.change(&edited(9), AUTHOR), None, "what opened it");
    let (version, deleted, account) = (2, false, None);
    let changed = Body::PostChanged { case: 1, version, position: 12, deleted, account };
    assert_eq!(cases.change(&edited(12), AUTHOR), Some(changed.clone()));
    let again = EvidenceSeen { position: 12, distance: Some(3), ..piece("bank_match", 5) };
    let grown = cases.observe(found(vec![again.clone(), piece("bank_match", 6)]));
    let Some(Body::CaseGrew { evidence, reasons, .. }) = grown else { panic!("{grown:?}") };
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
    recorded.recorded_growth(CaseId(1), &evidence, &reasons, RestsOnMissing::No);
    assert_eq!(recorded, cases);
}

#[test]
fn what_became_of_a_post_holds_for_its_next_case_too() {
    let mut cases = Cases::default();
    let found = |entry| Finding { post: Some(ID), ..finding(vec![piece("bank_match", entry)]) };
    cases.observe(found(1));
    cases.close(CaseId(1), CaseState::Decided(DecisionId(1)));
    cases.change(&edited(12), AUTHOR);
    cases.change(&Change { content: Content::Deleted, ..edited(13) }, AUTHOR);
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
    assert_eq!(cases.change(&edited(9), AUTHOR), Some(learned.clone()));
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
    let told = cases.change(&edited(12), Some(AccountId(8)));
    let Some(Body::PostChanged { account, .. }) = told else { panic!() };
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
    cases.change(&edited(12), AUTHOR);
    assert_eq!(cases.account_of(CaseId(1)), Some(AccountId(4)));
    let mut writer = Writer::new();
    cases.encode(&mut writer);
    let bytes = writer.into_bytes();
    assert_eq!(Cases::decode(&mut Reader::new(&bytes)).unwrap(), cases);
}

/// What a rule finds in the event itself, of this fact and position.
fn word(rule: &str, fact: Option<u128>, position: u64) -> Finding {
    let fact = fact.map(TraceId);
    let reasons = vec![Reason { fact, position, ..reason(rule, &[]) }];
    Finding { rule: Some(rule.into()), reasons, post: Some(ID), ..finding(Vec::new()) }
}

fn decided(case: u64) -> CaseState {
    CaseState::Decided(DecisionId(case))
}

/// The rules for which a case was opened, and its number.
fn opened(body: Option<Body>) -> (u64, Vec<String>) {
    let Some(Body::CaseOpened { case, reasons, rule, .. }) = body else { panic!("{body:?}") };
    assert_eq!(rule.as_ref(), reasons.first().map(|reason| &reason.rule));
    (case, reasons.into_iter().map(|reason| reason.rule).collect())
}

#[test]
fn a_rule_without_evidence_opens_another_case_only_for_what_nobody_ruled_on() {
    let mut cases = Cases::default();
    let about = |rule, fact, position| word(rule, fact, position);
    assert_eq!(opened(cases.observe(about("Boil", None, 9))).0, 1);
    assert_eq!(cases.observe(about("Boil", None, 9)), None, "it is open");
    cases.close(CaseId(1), decided(1));
    for _ in 0..3 {
        assert_eq!(cases.observe(about("Boil", None, 10)), None, "ruled on");
    }
    // Another rule; the first is settled, and stays so in the next case.
    let mut both = about("Boil", None, 10);
    both.reasons.push(reason("Steam", &[]));
    assert_eq!(opened(cases.observe(both.clone())), (2, vec!["Steam".into()]));
    assert_eq!(cases.observe(both.clone()), None);
    cases.close(CaseId(2), decided(2));
    assert_eq!(cases.observe(both), None);
    // Another kind of report about the same, once.
    let reports = [7, 7, 8, 7].map(|fact| cases.observe(about("Boil", Some(fact), 11)).is_some());
    assert_eq!(reports, [true, false, true, false], "the open case grows by another");
    cases.close(CaseId(3), decided(3));
    // Another version.
    cases.change(&edited(12), AUTHOR);
    assert_eq!(opened(cases.observe(about("Boil", None, 12))), (4, vec!["Boil".into()]));
    cases.close(CaseId(4), CaseState::Withdrawn);
    assert_eq!(opened(cases.observe(about("Boil", None, 12))).0, 5, "nobody ruled on it");
    cases.close(CaseId(5), decided(5));
    cases.change(&Change { content: Content::Deleted, ..edited(13) }, AUTHOR);
    assert_eq!(cases.observe(about("Steam", Some(9), 14)), None, "it is gone");
    let mut writer = Writer::new();
    cases.encode(&mut writer);
    let bytes = writer.into_bytes();
    assert_eq!(Cases::decode(&mut Reader::new(&bytes)).unwrap(), cases);
}

#[test]
fn what_earlier_cases_of_a_subject_settled_stays_settled_in_later_ones() {
    let mut cases = Cases::default();
    for (number, entry) in [(1, 1), (2, 8)] {
        cases.observe(finding(vec![piece("bank_match", entry)]));
        cases.close(CaseId(number), decided(number));
    }
    let both = || finding(vec![piece("bank_match", 1), piece("bank_match", 8)]);
    assert_eq!(cases.observe(both()), None, "the first is not forgotten for the second");
    // What is gone and comes back is told again.
    cases.withdraw(CaseId(1), 1);
    cases.forget_settled(&BTreeSet::from([1]));
    let again = cases.observe(both());
    let Some(Body::CaseOpened { evidence, reasons, .. }) = again else { panic!("{again:?}") };
    assert_eq!(evidence, [piece("bank_match", 1)]);
    assert_eq!(reasons[0].entries, [1], "of the one that is new");
}

#[test]
fn what_was_settled_is_bounded_and_the_oldest_is_let_go() {
    let mut cases = Cases::default();
    for number in 1..=REASONS_MAX as u64 + 2 {
        let fact = Some(u128::from(number));
        assert_eq!(opened(cases.observe(word("Told", fact, 9))).0, number);
        cases.close(CaseId(number), decided(number));
    }
    assert_eq!(cases.observe(word("Told", Some(2), 9)), None, "it is remembered");
    assert!(cases.observe(word("Told", Some(1), 9)).is_some(), "so long ago");
    // So is what an open case grows by.
    for fact in 100..200 {
        cases.observe(word("Told", Some(fact), 9));
    }
    let (_, newest) = cases.about(POST).unwrap();
    assert_eq!(newest.reasons.len(), REASONS_MAX);
}

#[test]
fn a_case_is_withdrawn_only_when_no_rule_asks_for_it_any_more() {
    let mut cases = Cases::default();
    let evidence = vec![piece("bank_match", 1)];
    let mut both = finding(evidence.clone());
    both.reasons.push(reason("Boil", &[]));
    cases.observe(both);
    cases.withdraw(CaseId(1), 1);
    let case = cases.get(CaseId(1)).unwrap();
    assert_eq!((case.state, case.evidence.len(), case.version), (CaseState::Open, 0, 2));
    assert_eq!(case.reasons, [reason("Boil", &[])]);
    // One that asks for two entries falls with the second.
    let subject = SubjectSeen::Account { account: 4 };
    let two = vec![piece("bank_match", 2), piece("bank_match", 3)];
    cases.observe(Finding { subject, ..finding(two) });
    cases.withdraw(CaseId(2), 2);
    assert_eq!(cases.get(CaseId(2)).unwrap().reasons[0].entries, [3]);
    cases.withdraw(CaseId(2), 3);
    assert_eq!(cases.get(CaseId(2)).unwrap().state, CaseState::Withdrawn);
}

#[test]
fn a_rule_that_finds_the_newest_words_too_takes_the_place_of_what_it_found_before() {
    let mut cases = Cases::default();
    cases.observe(word("Boil", None, 9));
    cases.change(&edited(12), AUTHOR);
    let grown = cases.observe(word("Boil", None, 12));
    let Some(Body::CaseGrew { version: 3, evidence, reasons, .. }) = grown else {
        panic!("{grown:?}")
    };
    assert_eq!((evidence.len(), reasons.len(), reasons[0].position), (0, 1, 12));
    assert_eq!(cases.get(CaseId(1)).unwrap().reasons.len(), 1);
    assert_eq!(cases.observe(word("Boil", None, 12)), None);
    let mut recorded = Cases::default();
    recorded.observe(word("Boil", None, 9));
    recorded.change(&edited(12), AUTHOR);
    recorded.recorded_growth(CaseId(1), &[], &reasons, RestsOnMissing::No);
    assert_eq!(recorded, cases);
}
