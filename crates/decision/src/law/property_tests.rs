//! What no proposal whatever may break: drawn by the thousand, asked of the law.

use std::collections::BTreeSet;

use proptest::prelude::*;
use seawall_model::{AccountId, EntryId, MilliBits, ReviewerId};

use super::tests::{DAY, HOUR, ago, copy, lapsing, now, wave};
use super::*;

/// A proposal that owns what it names, so that it can be invented.
#[derive(Clone, Debug)]
struct Invented {
    act: u8,
    end: Until,
    subjects: Vec<(Account, Sight, Vec<Piece>)>,
    /// `None` is unattended.
    signers: Option<Vec<u64>>,
    inputs: Inputs,
    quota: Quota,
}

#[derive(Clone, Debug)]
enum Piece {
    Plain(Evidence<'static>),
    Match(Closeness, FileClass, BTreeSet<ReviewerId>),
}

impl Invented {
    /// Asks the law, with more evidence about each subject.
    fn ask(&self, more: &[Evidence<'static>]) -> Result<Permitted, Refused> {
        let evidence: Vec<Vec<Evidence<'_>>> = self
            .subjects
            .iter()
            .map(|(_, _, pieces)| {
                let own = pieces.iter().map(|piece| match piece {
                    Piece::Plain(plain) => *plain,
                    Piece::Match(closeness, class, confirmed_by) => Evidence::Match {
                        entry: EntryId(1),
                        closeness: *closeness,
                        class: *class,
                        confirmed_by,
                    },
                });
                own.chain(more.iter().copied()).collect()
            })
            .collect();
        let subjects: Vec<Subject<'_>> = self
            .subjects
            .iter()
            .zip(&evidence)
            .map(|((account, sight, _), evidence)| Subject {
                account: *account,
                sight: *sight,
                evidence,
            })
            .collect();
        let readers = self.signers.as_ref().map(|keys| {
            let first = Readers::new(ReviewerId(keys[0]));
            keys[1..].iter().fold(first, |readers, key| readers.and(ReviewerId(*key)))
        });
        let basis = readers.as_ref().map_or(Basis::Unattended(self.inputs), |readers| {
            Basis::Ruled(Ruling { readers, alone_before: 0 })
        });
        let posts: Vec<Post<'_>> = subjects
            .iter()
            .map(|subject| Post { material: Material::Ordinary, subject: *subject })
            .collect();
        let (quota, posts, accounts) = (self.quota, &posts[..], &subjects[..]);
        let on_posts = |act| Proposal::OnPosts { act, posts, basis, quota };
        let on_accounts = |act| Proposal::OnAccounts { act, accounts, basis, quota };
        let proposal = match self.act {
            0 => on_posts(PostAct::Restrict(self.end)),
            1 => on_posts(PostAct::Interstitial),
            2 => on_posts(PostAct::Label),
            3 => on_posts(PostAct::Remove),
            4 => on_posts(PostAct::Share(Outward::Hashes)),
            5 => on_posts(PostAct::Destroy(Vault::Sealed { until: Timestamp::MIN })),
            6 => on_accounts(AccountAct::Restrict(self.end)),
            7 => on_accounts(AccountAct::Label),
            _ => on_accounts(AccountAct::Suspend),
        };
        permitted(&proposal, now())
    }

    fn is_grave(&self) -> bool {
        !matches!(self.act, 0 | 1 | 6)
    }
}

fn protections() -> impl Strategy<Value = Protection> {
    prop_oneof![
        12 => Just(Protection::Unprotected),
        1 => Just(Protection::Protected),
        1 => Just(Protection::Unknown),
    ]
}

fn accounts() -> impl Strategy<Value = Account> {
    let days = prop_oneof![1 => Just(None), 5 => (0..60_i64).prop_map(|days| ago(days * DAY))];
    (0..40_u64, protections(), days.clone(), days, prop::option::weighted(0.2, 0..80_i64)).prop_map(
        |(id, protection, created_at, last_upheld, hours)| Account {
            id: AccountId(id),
            protection,
            created_at,
            last_upheld,
            restricted_since: hours.and_then(|hours| ago(hours * HOUR)),
        },
    )
}

fn closenesses() -> impl Strategy<Value = Closeness> {
    prop_oneof![3 => Just(Closeness::Exact), 1 => Just(Closeness::Near { distance_bits: 4 })]
}

fn sights() -> impl Strategy<Value = Sight> {
    prop_oneof![
        Just(Sight::Unseen),
        (0..4_u64).prop_map(|key| Sight::Itself(ReviewerId(key))),
        (closenesses(), protections(), any::<bool>()).prop_map(|(closeness, poster, member)| {
            let posted_in = if member { wave() } else { None };
            Sight::File(Copy { closeness, poster, posted_in, ..copy() })
        }),
    ]
}

fn plain() -> impl Strategy<Value = Evidence<'static>> {
    let shared =
        prop_oneof![Just(Shared::RareInCommunity), Just(Shared::Widespread), Just(Shared::Unknown)];
    prop_oneof![
        (prop::sample::select(&Family::ALL[..]), -9_000..9_000_i64, shared).prop_map(
            |(family, weight, shared)| Evidence::Link { family, weight: MilliBits(weight), shared }
        ),
        weak(),
    ]
}

/// Evidence that must never help.
fn weak() -> impl Strategy<Value = Evidence<'static>> {
    let sources =
        prop::sample::select(&[Source::Report, Source::Burst, Source::Classifier, Source::Mention]);
    let never = prop::sample::select(&[Family::Style, Family::Rhythm]);
    prop_oneof![
        sources.prop_map(Evidence::Never),
        (never, any::<i64>()).prop_map(|(family, weight)| Evidence::Link {
            family,
            weight: MilliBits(weight),
            shared: Shared::RareInCommunity,
        }),
    ]
}

fn pieces() -> impl Strategy<Value = Piece> {
    let confirmed = prop::collection::btree_set((0..9_u64).prop_map(ReviewerId), 0..4);
    let classes = prop_oneof![
        4 => Just(FileClass::Support),
        1 => prop::sample::select(&FileClass::ALL[..]),
    ];
    prop_oneof![
        1 => plain().prop_map(Piece::Plain),
        2 => (closenesses(), classes, confirmed)
            .prop_map(|(closeness, class, confirmed)| Piece::Match(closeness, class, confirmed)),
    ]
}

fn proposals() -> impl Strategy<Value = Invented> {
    let ends =
        prop_oneof![Just(Until::Lifted), (0..100_i64).prop_map(|hours| lapsing(hours * HOUR)),];
    let subjects =
        prop::collection::vec((accounts(), sights(), prop::collection::vec(pieces(), 0..4)), 0..30);
    let few =
        prop::collection::vec((accounts(), sights(), prop::collection::vec(pieces(), 0..4)), 1..3);
    let inputs = prop_oneof![Just(Inputs::Complete), Just(Inputs::Missing)];
    let quotas = prop_oneof![Just(Quota::Within), Just(Quota::Spent)];
    (
        0..9_u8,
        ends,
        prop_oneof![1 => subjects, 3 => few],
        prop::option::of(prop::collection::vec(0..4_u64, 1..4)),
        inputs,
        quotas,
    )
        .prop_map(|(act, end, subjects, signers, inputs, quota)| Invented {
            act,
            end,
            subjects,
            signers,
            inputs,
            quota,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn nothing_unattended_is_ever_permitted_that_is_grave(proposal in proposals()) {
        if proposal.signers.is_none() && proposal.is_grave() {
            prop_assert!(proposal.ask(&[]).is_err());
        }
    }

    #[test]
    fn what_is_unattended_and_permitted_keeps_every_clause(mut proposal in proposals()) {
        proposal.signers = None;
        // Otherwise hardly any would be permitted, and this would test nothing.
        proposal.act = if proposal.act < 5 { 0 } else { 6 };
        proposal.subjects.truncate(1);
        if proposal.ask(&[]).is_ok() {
            prop_assert!(matches!(proposal.act, 0 | 6));
            prop_assert_eq!(proposal.inputs, Inputs::Complete);
            let Until::Lapses(end) = proposal.end else { panic!("it would not lapse") };
            prop_assert!(end.seconds_since(now()) <= 72 * HOUR);
            for (account, _, pieces) in &proposal.subjects {
                prop_assert_eq!(account.protection, Protection::Unprotected);
                let newest = account.created_at.max(account.last_upheld).unwrap();
                prop_assert!(now().seconds_since(newest) < 30 * DAY);
                let confirmed = pieces.iter().any(|piece| matches!(
                    piece,
                    Piece::Match(Closeness::Exact, FileClass::Support, by) if by.len() >= 2
                ));
                prop_assert!(confirmed);
            }
        }
    }

    #[test]
    fn weak_evidence_never_turns_a_refusal_into_a_permission(
        proposal in proposals(),
        more in prop::collection::vec(weak(), 1..5),
    ) {
        prop_assert_eq!(proposal.ask(&[]).is_ok(), proposal.ask(&more).is_ok());
    }

    #[test]
    fn the_same_reviewer_twice_is_never_two(mut proposal in proposals()) {
        if let Some(keys) = proposal.signers.clone() {
            let before = proposal.ask(&[]);
            proposal.signers = Some(keys.iter().chain(&keys).chain(&keys).copied().collect());
            prop_assert_eq!(before, proposal.ask(&[]));
        }
    }

    #[test]
    fn missing_never_becomes_automatic(mut proposal in proposals()) {
        proposal.signers = None;
        proposal.inputs = Inputs::Missing;
        let refused = proposal.ask(&[]).expect_err("automatic from a missing input");
        prop_assert!(refused.breaks(Sentence::MissingIsNeverAutomatic));
    }

    #[test]
    fn a_spent_quota_holds_exactly_what_would_be_permitted(mut proposal in proposals()) {
        proposal.quota = Quota::Within;
        let within = proposal.ask(&[]);
        proposal.quota = Quota::Spent;
        let spent = proposal.ask(&[]);
        match within {
            Ok(_) => prop_assert_eq!(spent, Ok(Permitted::Held)),
            Err(refused) => prop_assert_eq!(spent, Err(refused)),
        }
    }

    #[test]
    fn grave_action_on_many_accounts_is_signed_by_two(proposal in proposals()) {
        let ids: BTreeSet<AccountId> =
            proposal.subjects.iter().map(|(account, _, _)| account.id).collect();
        if proposal.is_grave() && ids.len() > 25 && proposal.ask(&[]).is_ok() {
            let keys: BTreeSet<u64> = proposal.signers.unwrap().into_iter().collect();
            prop_assert!(keys.len() >= 2);
        }
    }
}
