//! One test for each sentence of law 1 and of what stands beside it, named after it.

use std::collections::BTreeSet;

use seawall_model::{AccountId, DecisionId, EntryId, MilliBits, Position, ReviewerId, WaveId};

use super::*;

const LINA: ReviewerId = ReviewerId(1);
const OMAR: ReviewerId = ReviewerId(2);
pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 24 * HOUR;

pub(super) fn now() -> Timestamp {
    Timestamp::parse("2026-11-23T12:00:00Z").unwrap()
}

pub(super) fn ago(seconds: i64) -> Option<Timestamp> {
    Some(now().plus_seconds(-seconds))
}

pub(super) fn wave() -> Option<WaveId> {
    Some(WaveId { opened_after: Position(1), ordinal: 0 })
}

fn account(id: u64) -> Account {
    Account {
        id: AccountId(id),
        protection: Protection::Unprotected,
        created_at: ago(2 * DAY),
        last_upheld: None,
        restricted_since: None,
    }
}

pub(super) fn copy() -> Copy {
    Copy {
        closeness: Closeness::Exact,
        class: FileClass::Support,
        ruling: FileRuling::Act,
        decision: DecisionId(1),
        decided_in: wave(),
        posted_in: wave(),
        poster: Protection::Unprotected,
    }
}

fn link(family: Family, shared: Shared) -> Evidence<'static> {
    Evidence::Link { family, weight: MilliBits(6_000), shared }
}

fn subject<'a>(sight: Sight, evidence: &'a [Evidence<'a>]) -> Subject<'a> {
    Subject { account: account(1), sight, evidence }
}

fn two() -> BTreeSet<ReviewerId> {
    BTreeSet::from([LINA, OMAR])
}

fn exact(confirmed_by: &BTreeSet<ReviewerId>) -> Evidence<'_> {
    let class = FileClass::Support;
    Evidence::Match { entry: EntryId(1), closeness: Closeness::Exact, class, confirmed_by }
}

pub(super) fn lapsing(seconds: i64) -> Until {
    Until::Lapses(now().plus_seconds(seconds))
}

/// Unattended, on accounts.
fn machine(act: AccountAct, accounts: &[Subject<'_>]) -> Result<Permitted, Refused> {
    let basis = Basis::Unattended(Inputs::Complete);
    permitted(&Proposal::OnAccounts { act, accounts, basis, quota: Quota::Within }, now())
}

/// By people, on accounts.
fn people(
    act: AccountAct,
    accounts: &[Subject<'_>],
    readers: &Readers,
) -> Result<Permitted, Refused> {
    let basis = Basis::Ruled(Ruling { readers, alone_before: 0 });
    permitted(&Proposal::OnAccounts { act, accounts, basis, quota: Quota::Within }, now())
}

/// By people, on one post.
fn on_post(act: PostAct, subject: Subject<'_>, readers: &Readers) -> Result<Permitted, Refused> {
    let basis = Basis::Ruled(Ruling { readers, alone_before: 0 });
    let posts = [Post { material: Material::Ordinary, subject }];
    permitted(&Proposal::OnPosts { act, posts: &posts, basis, quota: Quota::Within }, now())
}

fn yes(outcome: Result<Permitted, Refused>) {
    assert_eq!(outcome, Ok(Permitted::Now { second_reading_due: None }));
}

/// Refused for these sentences and no other.
#[track_caller]
fn no(outcome: Result<Permitted, Refused>, sentences: &[Sentence]) {
    let refused = outcome.expect_err("permitted");
    assert_eq!(refused.sentences().collect::<Vec<_>>(), sentences, "{refused}");
}

#[test]
fn suspend_remove_public_label_sharing_outward_and_destruction_are_grave() {
    let confirmed = two();
    let evidence = [exact(&confirmed)];
    let kept = Vault::Sealed { until: Timestamp::MIN };
    let sentences = [Sentence::GraveNeedsPeople, Sentence::UnattendedOnlyRestricts];
    for act in [
        PostAct::Remove,
        PostAct::Label,
        PostAct::Share(Outward::Hashes),
        PostAct::Share(Outward::Labels),
        PostAct::Share(Outward::Counts),
        PostAct::Destroy(kept),
    ] {
        let posts = [Post {
            material: Material::Ordinary,
            subject: subject(Sight::File(copy()), &evidence),
        }];
        let basis = Basis::Unattended(Inputs::Complete);
        let proposal = Proposal::OnPosts { act, posts: &posts, basis, quota: Quota::Within };
        no(permitted(&proposal, now()), &sentences);
    }
    for act in [AccountAct::Suspend, AccountAct::Label] {
        no(machine(act, &[subject(Sight::File(copy()), &evidence)]), &sentences);
    }
}

#[test]
fn unattended_seawall_may_only_restrict_reach() {
    let confirmed = two();
    let evidence = [exact(&confirmed)];
    let accounts = [subject(Sight::Unseen, &evidence)];
    yes(machine(AccountAct::Restrict(lapsing(72 * HOUR)), &accounts));
    let posts = [Post { material: Material::Ordinary, subject: accounts[0] }];
    let basis = Basis::Unattended(Inputs::Complete);
    let act = PostAct::Interstitial;
    let proposal = Proposal::OnPosts { act, posts: &posts, basis, quota: Quota::Within };
    no(permitted(&proposal, now()), &[Sentence::UnattendedOnlyRestricts]);
}

#[test]
fn for_at_most_72_hours() {
    let confirmed = two();
    let evidence = [exact(&confirmed)];
    let mut accounts = [subject(Sight::Unseen, &evidence)];
    let too_long = [Sentence::UnattendedAtMost72Hours];
    no(machine(AccountAct::Restrict(lapsing(72 * HOUR + 1)), &accounts), &too_long);
    accounts[0].account.restricted_since = ago(70 * HOUR);
    no(machine(AccountAct::Restrict(lapsing(3 * HOUR)), &accounts), &too_long);
    yes(machine(AccountAct::Restrict(lapsing(2 * HOUR)), &accounts));
}

#[test]
fn lapsing_by_itself() {
    let confirmed = two();
    let evidence = [exact(&confirmed)];
    let accounts = [subject(Sight::Unseen, &evidence)];
    let act = AccountAct::Restrict(Until::Lifted);
    no(machine(act, &accounts), &[Sentence::UnattendedLapsesByItself]);
    yes(people(act, &accounts, &Readers::new(LINA)));
}

#[test]
fn on_an_exact_match_to_a_bank_entry() {
    let confirmed_by = &two();
    let act = AccountAct::Restrict(lapsing(HOUR));
    let entry = EntryId(1);
    let closeness = Closeness::Near { distance_bits: 2 };
    let near = Evidence::Match { entry, closeness, class: FileClass::Support, confirmed_by };
    for evidence in [&[][..], &[near]] {
        let sentences = [Sentence::UnattendedNeedsExactMatch];
        no(machine(act, &[subject(Sight::Unseen, evidence)]), &sentences);
    }
    for class in FileClass::ALL.into_iter().skip(1) {
        let closeness = Closeness::Exact;
        let other = [Evidence::Match { entry, closeness, class, confirmed_by }];
        let sentences = [Sentence::UnattendedNeedsExactMatch];
        no(machine(act, &[subject(Sight::Unseen, &other)]), &sentences);
    }
}

#[test]
fn that_two_people_confirmed() {
    let act = AccountAct::Restrict(lapsing(HOUR));
    for confirmed in [BTreeSet::new(), BTreeSet::from([LINA]), BTreeSet::from([LINA, LINA])] {
        let evidence = [exact(&confirmed), exact(&confirmed)];
        let sentences = [Sentence::UnattendedNeedsTwoConfirmations];
        no(machine(act, &[subject(Sight::Unseen, &evidence)]), &sentences);
    }
}

#[test]
fn never_a_protected_account() {
    let confirmed = two();
    let evidence = [exact(&confirmed)];
    for protection in [Protection::Protected, Protection::Unknown] {
        let mut accounts = [subject(Sight::Unseen, &evidence); 3];
        accounts[1].account.protection = protection;
        let outcome = machine(AccountAct::Restrict(lapsing(HOUR)), &accounts);
        no(outcome.clone(), &[Sentence::UnattendedNeverProtected]);
        let which: Vec<usize> =
            outcome.unwrap_err().subjects(Sentence::UnattendedNeverProtected).collect();
        assert_eq!(which, [1]);
    }
}

#[test]
fn or_one_in_good_standing_30_days_nothing_upheld() {
    let confirmed = two();
    let evidence = [exact(&confirmed)];
    let check = |created_at, last_upheld, may: bool| {
        let mut accounts = [subject(Sight::Unseen, &evidence)];
        accounts[0].account.created_at = created_at;
        accounts[0].account.last_upheld = last_upheld;
        let outcome = machine(AccountAct::Restrict(lapsing(HOUR)), &accounts);
        if may {
            yes(outcome);
        } else {
            no(outcome, &[Sentence::UnattendedNeverInGoodStanding]);
        }
    };
    check(ago(30 * DAY - 1), None, true);
    check(ago(30 * DAY), None, false);
    check(ago(400 * DAY), ago(29 * DAY), true);
    check(ago(400 * DAY), ago(30 * DAY), false);
    check(None, None, false);
    check(None, ago(DAY), true);
}

#[test]
fn grave_action_on_content_needs_a_person_who_saw_it() {
    let lina = Readers::new(LINA);
    yes(on_post(PostAct::Remove, subject(Sight::Itself(LINA), &[]), &lina));
    let unseen = [Sentence::ContentMustBeSeen];
    no(on_post(PostAct::Remove, subject(Sight::Unseen, &[]), &lina), &unseen);
    // Who saw it must be one of those who ruled.
    no(on_post(PostAct::Remove, subject(Sight::Itself(OMAR), &[]), &lina), &unseen);
    // Links never stand for having seen a post.
    let links = [link(Family::Name, Shared::Unknown), link(Family::Face, Shared::Unknown)];
    no(on_post(PostAct::Remove, subject(Sight::Unseen, &links), &lina), &unseen);
    yes(people(AccountAct::Suspend, &[subject(Sight::Itself(LINA), &[])], &lina));
}

#[test]
fn or_its_file_decided_before() {
    let lina = Readers::new(LINA);
    let remove = |copy, protection| {
        let mut subject = subject(Sight::File(copy), &[]);
        subject.account.protection = protection;
        on_post(PostAct::Remove, subject, &lina)
    };
    let (free, guarded) = (Protection::Unprotected, Protection::Protected);
    yes(remove(copy(), free));
    for other in [
        Copy { posted_in: None, ..copy() },
        Copy { closeness: Closeness::Near { distance_bits: 1 }, ..copy() },
        Copy { poster: guarded, ..copy() },
    ] {
        no(remove(other, free), &[Sentence::CopyIsACase]);
    }
    no(remove(copy(), guarded), &[Sentence::CopyIsACase]);
    no(remove(Copy { ruling: FileRuling::Keep, ..copy() }, free), &[Sentence::FileIsKept]);
}

#[test]
fn on_an_account_for_its_links_two_independent_evidence_families_and_a_person() {
    let (name, face) = (link(Family::Name, Shared::Unknown), link(Family::Face, Shared::Unknown));
    let lina = Readers::new(LINA);
    yes(people(AccountAct::Suspend, &[subject(Sight::Unseen, &[name, face])], &lina));
    let sentences = [Sentence::ContentMustBeSeen, Sentence::LinksNeedTwoFamilies];
    for evidence in [&[][..], &[name], &[name, name]] {
        no(people(AccountAct::Suspend, &[subject(Sight::Unseen, evidence)], &lina), &sentences);
    }
    let outcome = machine(AccountAct::Suspend, &[subject(Sight::Unseen, &[name, face])]);
    assert!(outcome.unwrap_err().breaks(Sentence::GraveNeedsPeople));
}

#[test]
fn links_people_and_content_together_count_as_one_family_unless_rare() {
    let lina = Readers::new(LINA);
    let suspend = |evidence: &[Evidence<'_>]| {
        people(AccountAct::Suspend, &[subject(Sight::Unseen, evidence)], &lina)
    };
    let usual = |family| link(family, Shared::Widespread);
    let community = [usual(Family::Links), usual(Family::People), usual(Family::Content)];
    no(
        suspend(&community),
        &[
            Sentence::ContentMustBeSeen,
            Sentence::LinksNeedTwoFamilies,
            Sentence::CommunityCountsAsOne,
        ],
    );
    yes(suspend(&[community[0], community[1], link(Family::Content, Shared::RareInCommunity)]));
    yes(suspend(&[community[0], link(Family::Name, Shared::Unknown)]));
}

#[test]
fn style_and_rhythm_never_count() {
    let evidence = [
        link(Family::Name, Shared::Unknown),
        link(Family::Style, Shared::RareInCommunity),
        link(Family::Rhythm, Shared::RareInCommunity),
    ];
    no(
        people(AccountAct::Suspend, &[subject(Sight::Unseen, &evidence)], &Readers::new(LINA)),
        &[
            Sentence::ContentMustBeSeen,
            Sentence::LinksNeedTwoFamilies,
            Sentence::StyleAndRhythmNeverCount,
        ],
    );
}

#[test]
fn reporters_bursts_and_classifiers_are_never_evidence_enough() {
    for source in [Source::Report, Source::Burst, Source::Classifier, Source::Mention] {
        let evidence = [Evidence::Never(source); 40];
        no(
            machine(AccountAct::Restrict(lapsing(HOUR)), &[subject(Sight::Unseen, &evidence)]),
            &[Sentence::UnattendedNeedsExactMatch, Sentence::NeverEvidenceEnough],
        );
        no(
            on_post(PostAct::Remove, subject(Sight::Unseen, &evidence), &Readers::new(LINA)),
            &[Sentence::ContentMustBeSeen, Sentence::NeverEvidenceEnough],
        );
    }
}

#[test]
fn nor_are_they_enough_for_a_person_who_only_restricts_reach() {
    let restrict = |sight, evidence: &[Evidence<'_>]| {
        let act = AccountAct::Restrict(Until::Lifted);
        people(act, &[subject(sight, evidence)], &Readers::new(LINA))
    };
    let never = Evidence::Never(Source::Burst);
    let style = link(Family::Style, Shared::RareInCommunity);
    let enough = [Sentence::NeverEvidenceEnough];
    no(restrict(Sight::Unseen, &[]), &enough);
    no(restrict(Sight::Unseen, &[never]), &enough);
    no(restrict(Sight::Itself(OMAR), &[never]), &enough);
    no(
        restrict(Sight::Unseen, &[style]),
        &[Sentence::StyleAndRhythmNeverCount, Sentence::NeverEvidenceEnough],
    );
    let near = Copy { closeness: Closeness::Near { distance_bits: 9 }, ..copy() };
    no(restrict(Sight::File(near), &[]), &enough);
    yes(restrict(Sight::Itself(LINA), &[never]));
    yes(restrict(Sight::File(Copy { posted_in: None, ..copy() }), &[]));
    yes(restrict(Sight::Unseen, &[never, link(Family::Name, Shared::Unknown)]));
    yes(restrict(Sight::Unseen, &[exact(&BTreeSet::new())]));
}

#[test]
fn on_more_than_25_accounts_two_people() {
    let many = |count: u64| -> Vec<Subject<'static>> {
        let seen = |id| Subject { account: account(id), ..subject(Sight::Itself(LINA), &[]) };
        (0..count).map(seen).collect()
    };
    let lina = Readers::new(LINA);
    yes(people(AccountAct::Suspend, &many(25), &lina));
    let sentences = [Sentence::ManyAccountsNeedTwoPeople];
    no(people(AccountAct::Suspend, &many(26), &lina), &sentences);
    yes(people(AccountAct::Suspend, &many(26), &lina.clone().and(OMAR)));
    // The same account named twice is one; slices of a network add up.
    yes(people(AccountAct::Suspend, &[many(1)[0]; 60], &lina));
    let basis = Basis::Ruled(Ruling { readers: &lina, alone_before: 25 });
    let (act, accounts) = (AccountAct::Suspend, &many(1)[..]);
    let slice = Proposal::OnAccounts { act, accounts, basis, quota: Quota::Within };
    no(permitted(&slice, now()), &sentences);
    // Reach may be restricted by one person, however many there are.
    yes(people(AccountAct::Restrict(lapsing(HOUR)), &many(60), &lina));
}

#[test]
fn a_person_is_a_key_that_signs_rulings_one_key_cannot_read_second() {
    let twice = Readers::new(LINA).and(LINA);
    assert_eq!(twice.count(), 1);
    assert_eq!(Readers::new(LINA).and(OMAR).and(LINA).and(OMAR).count(), 2);
    let seen = |id| Subject { account: account(id), ..subject(Sight::Itself(LINA), &[]) };
    let accounts: Vec<Subject<'_>> = (0..26).map(seen).collect();
    no(people(AccountAct::Suspend, &accounts, &twice), &[Sentence::ManyAccountsNeedTwoPeople]);
}

#[test]
fn a_valid_removal_order_is_executed_for_its_urls_by_one_person_and_second_read_within_a_day() {
    let ids: Vec<PlatformId> = ["p1", "p2"].map(|id| PlatformId::new(id).unwrap()).into();
    let listed = BTreeSet::from([ids[0].clone()]);
    let order =
        Order { validity: Validity::Valid, listed: &listed, executed_by: LINA, read_second: None };
    let execute = |posts, order| permitted(&Proposal::Ordered { posts, order }, now());
    let due = Permitted::Now { second_reading_due: Some(now().plus_seconds(DAY)) };
    assert_eq!(execute(&ids[..1], order), Ok(due));
    assert_eq!(execute(&ids[..1], Order { read_second: Some(LINA), ..order }), Ok(due));
    yes(execute(&ids[..1], Order { read_second: Some(OMAR), ..order }));
    no(execute(&ids, order), &[Sentence::OrderCoversItsUrls]);
    no(execute(&[], order), &[Sentence::NothingNamed]);
    for validity in [Validity::Unclear, Validity::Void] {
        no(execute(&ids[..1], Order { validity, ..order }), &[Sentence::OrderMustBeValid]);
    }
}

#[test]
fn every_decision_can_be_undone_by_someone_else() {
    let decided_by = &Readers::new(LINA).and(OMAR);
    let undo = |reversal| permitted(&Proposal::Reversal(reversal), now());
    yes(undo(Reversal::SupportFell));
    yes(undo(Reversal::Ended));
    yes(undo(Reversal::Withdrawn { by: LINA }));
    yes(undo(Reversal::Appeal { by: ReviewerId(3), decided_by }));
    for by in [LINA, OMAR] {
        let sentences = [Sentence::AppealNeedsSomeoneElse];
        no(undo(Reversal::Appeal { by, decided_by }), &sentences);
    }
}

#[test]
fn nothing_automatic_follows_from_a_missing_or_failed_input() {
    let confirmed = two();
    let evidence = [exact(&confirmed)];
    let accounts = &[subject(Sight::Unseen, &evidence)][..];
    let act = AccountAct::Restrict(lapsing(HOUR));
    let basis = Basis::Unattended(Inputs::Missing);
    let proposal = Proposal::OnAccounts { act, accounts, basis, quota: Quota::Within };
    no(permitted(&proposal, now()), &[Sentence::MissingIsNeverAutomatic]);
}

#[test]
fn a_limit_holds_it_never_drops() {
    let confirmed = two();
    let evidence = [exact(&confirmed)];
    let accounts = &[subject(Sight::Itself(LINA), &evidence)][..];
    let readers = &Readers::new(LINA);
    let ruled = Basis::Ruled(Ruling { readers, alone_before: 0 });
    for (act, basis) in [
        (AccountAct::Restrict(lapsing(HOUR)), Basis::Unattended(Inputs::Complete)),
        (AccountAct::Suspend, ruled),
    ] {
        let proposal = Proposal::OnAccounts { act, accounts, basis, quota: Quota::Spent };
        assert_eq!(permitted(&proposal, now()), Ok(Permitted::Held));
    }
}

#[test]
fn until_the_vault_exists_actions_that_destroy_content_are_refused() {
    let readers = &Readers::new(LINA).and(OMAR);
    let destroy =
        |vault| on_post(PostAct::Destroy(vault), subject(Sight::Itself(LINA), &[]), readers);
    no(destroy(Vault::Absent), &[Sentence::NoDestructionWithoutVault]);
    let until = now().plus_seconds(1);
    no(destroy(Vault::Sealed { until }), &[Sentence::KeptForItsTime]);
    yes(destroy(Vault::Sealed { until: now() }));
}

#[test]
fn material_marked_suspected_child_abuse_leaves_every_export() {
    let material = Material::SuspectedChildAbuse;
    let posts = [Post { material, subject: subject(Sight::Itself(LINA), &[]) }];
    let readers = &Readers::new(LINA).and(OMAR);
    let basis = Basis::Ruled(Ruling { readers, alone_before: 0 });
    let ask = |act| {
        let quota = Quota::Within;
        permitted(&Proposal::OnPosts { act, posts: &posts, basis, quota }, now())
    };
    no(ask(PostAct::Share(Outward::Hashes)), &[Sentence::OnlyByTheConfiguredRoute]);
    yes(ask(PostAct::Remove));
}

#[test]
fn a_proposal_about_nothing_is_refused() {
    no(people(AccountAct::Suspend, &[], &Readers::new(LINA)), &[Sentence::NothingNamed]);
}

#[test]
fn each_sentence_says_what_is_missing_and_what_would_mend_it() {
    let messages: BTreeSet<&str> = Sentence::ALL.into_iter().map(Sentence::message).collect();
    assert_eq!(messages.len(), Sentence::ALL.len());
    assert!(Sentence::ALL.is_sorted());
    assert!(messages.iter().all(|message| message.contains(": ") && !message.ends_with('.')));
}
