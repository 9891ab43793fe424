//! What law 1 is asked: a case as a proposal.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use seawall_decision::law::{
    Account, AccountAct, Basis, Closeness, Copy, Evidence, FileRuling, Inputs, Material, Permitted,
    Post, PostAct, Proposal, Protection, Quota, Readers, Refused, Repute, Ruling, Shared, Sight,
    Source, Subject, Until, Vault,
};
use seawall_decision::permitted;
use seawall_model::journal::{EvidenceSeen, SubjectSeen};
use seawall_model::knowledge::FileClass;
use seawall_model::{
    AccountId, ActionKind, CaseId, DecisionId, EntryId, Family, MilliBits, ReviewerId, Timestamp,
};
use seawall_review::{Case, Heard, RestsOnMissing, Ruled, Saw};

use super::Judge;
use crate::active::Active;

/// The account that stands for one that is not known: nobody has this number.
const NOBODY: AccountId = AccountId(u64::MAX);

impl Judge {
    /// Asks whether people who saw this may act on a case: for those who read it first.
    ///
    /// # Errors
    /// [`Refused`] says what is missing.
    pub fn would_permit(
        &self,
        case: &Case,
        kind: ActionKind,
        saw: &[(ReviewerId, Saw)],
        now: Timestamp,
        active: &Active,
    ) -> Result<Permitted, Refused> {
        let ruled = Ruled::Act(kind);
        let heard = |(reviewer, saw): &(ReviewerId, Saw)| Heard {
            reviewer: *reviewer,
            ruled,
            saw: *saw,
            policy: None,
            class: None,
        };
        let heard: Vec<Heard> = saw.iter().map(heard).collect();
        let quota = self.quota(now);
        self.may_act(case, kind, &heard.iter().collect::<Vec<_>>(), (quota, now), active)
    }

    /// Whether a piece of evidence carries anything now: what it rests on is in force, and the
    /// newest content of the post still shows it.
    #[must_use]
    pub fn counts(case: &Case, piece: &EvidenceSeen, active: &Active) -> bool {
        piece.entry.is_none_or(|entry| active.contains(EntryId(entry))) && case.is_current(piece)
    }

    /// How the account of a case stands.
    #[must_use]
    pub fn standing(&self, case: &Case, now: Timestamp, active: &Active) -> (Protection, Repute) {
        let account = self.account(case, active);
        (account.protection, account.repute(now))
    }

    /// Asks whether those who agree may act on a case.
    pub(super) fn may_act(
        &self,
        case: &Case,
        kind: ActionKind,
        agreed: &[&Heard],
        (quota, now): (Quota, Timestamp),
        active: &Active,
    ) -> Result<Permitted, Refused> {
        let confirmed = self.confirmations(case);
        let evidence = evidence(case, &confirmed, active);
        let account = self.account(case, active);
        let sight = self.sight(case, agreed, account.protection, active);
        let subject = Subject { account, sight, evidence: &evidence };
        let Some((first, others)) = agreed.split_first() else {
            let posts = [];
            let act = PostAct::Remove;
            let basis = Basis::Unattended(Inputs::Missing);
            let nothing = Proposal::OnPosts { act, posts: &posts, basis, quota: Quota::Within };
            return permitted(&nothing, now);
        };
        let one = Readers::new(first.reviewer);
        let readers = others.iter().fold(one, |readers, heard| readers.and(heard.reviewer));
        let alone_before = self.alone_before(case, &readers, agreed);
        let basis = Basis::Ruled(Ruling { readers: &readers, alone_before });
        propose((case.subject, kind, Until::Lifted), subject, basis, quota, now)
    }

    /// Asks whether reach may be restricted unattended; gives the entry that matched, and
    /// whether the quota has room. `None` if law 1 refuses it, or an appeal was granted.
    pub(super) fn may_restrict(
        &self,
        (id, case): (CaseId, &Case),
        until: Timestamp,
        (quota, now): (Quota, Timestamp),
        active: &Active,
    ) -> Option<(EntryId, Permitted)> {
        let exact = exact(case, active, |entry| self.is_spared(id, entry))?;
        let asked = self.ask_restrict(case, until, (quota, now), active);
        asked.ok().map(|permitted| (exact, permitted))
    }

    /// Asks whether reach may be restricted unattended until then, as the case stands. Only
    /// files of banks that the rules ask for count.
    ///
    /// # Errors
    /// [`Refused`] says what stands against it.
    pub fn would_restrict(
        &self,
        case: &Case,
        until: Timestamp,
        now: Timestamp,
        active: &Active,
    ) -> Result<Permitted, Refused> {
        self.ask_restrict(case, until, (self.quota_unattended(now), now), active)
    }

    fn ask_restrict(
        &self,
        case: &Case,
        until: Timestamp,
        (quota, now): (Quota, Timestamp),
        active: &Active,
    ) -> Result<Permitted, Refused> {
        let mut asked = case.clone();
        asked.evidence.retain(|piece| piece.kind != "bank_match" || is_asked(piece.entry, active));
        let confirmed = self.confirmations(&asked);
        let evidence = evidence(&asked, &confirmed, active);
        let account = self.account(case, active);
        let subject = Subject { account, sight: Sight::Unseen, evidence: &evidence };
        let inputs = match case.rests {
            RestsOnMissing::No => Inputs::Complete,
            RestsOnMissing::Yes => Inputs::Missing,
        };
        let (until, basis) = (Until::Lapses(until), Basis::Unattended(inputs));
        propose((case.subject, ActionKind::Restrict, until), subject, basis, quota, now)
    }

    fn confirmations(&self, case: &Case) -> BTreeMap<EntryId, BTreeSet<ReviewerId>> {
        let entries = case.evidence.iter().filter_map(|piece| piece.entry).map(EntryId);
        entries.map(|entry| (entry, self.supports.confirmed_by(entry))).collect()
    }

    fn account(&self, case: &Case, active: &Active) -> Account {
        let account = case.subject.account();
        let protection = match account {
            None => Protection::Unknown,
            Some(id) if active.guards(id).is_empty() => Protection::Unprotected,
            Some(_) => Protection::Protected,
        };
        Account {
            id: account.unwrap_or(NOBODY),
            protection,
            created_at: account.and_then(|id| self.cases.created(id)),
            last_upheld: account.and_then(|id| self.upheld.get(&id).copied()),
            restricted_since: account.and_then(|id| self.restricted.get(&id).copied()),
        }
    }

    /// What was seen by those who agree: the content itself before its file.
    fn sight(&self, case: &Case, agreed: &[&Heard], poster: Protection, active: &Active) -> Sight {
        if let Some(heard) = agreed.iter().find(|heard| heard.saw == Saw::Content) {
            return Sight::Itself(heard.reviewer);
        }
        let file = counted(case, active).find(|piece| piece.kind == "bank_match");
        let entry = file.and_then(|piece| piece.entry).map(EntryId);
        let (Some(file), Some(entry)) = (file, entry) else { return Sight::Unseen };
        if !agreed.iter().any(|heard| heard.saw == Saw::File) {
            return Sight::Unseen;
        }
        let decision = self.supports.supporters(entry).next().unwrap_or(DecisionId(0));
        Sight::File(Copy {
            closeness: closeness(file.distance),
            class: active.hash(entry).map_or(FileClass::Other, |(_, class)| class),
            ruling: FileRuling::Act,
            decision,
            // Waves and cases are not tied together yet, so that no verdict passes by itself:
            // every copy is a case whose content is to be seen.
            decided_in: None,
            posted_in: None,
            poster,
        })
    }

    /// Accounts that this one person alone acted on before, for the sake of what this case
    /// rests on: a network is not cut into slices.
    fn alone_before(&self, case: &Case, readers: &Readers, agreed: &[&Heard]) -> u32 {
        let [only] = agreed else { return 0 };
        if readers.count() > 1 {
            return 0;
        }
        let entries = case.evidence.iter().filter_map(|piece| piece.entry).map(EntryId);
        let others = |entry| {
            let acted = self.alone.get(&(only.reviewer, entry))?;
            Some(acted.iter().filter(|account| Some(**account) != case.subject.account()).count())
        };
        u32::try_from(entries.filter_map(others).max().unwrap_or(0)).unwrap_or(u32::MAX)
    }
}

/// Whether an entry lies in a bank that the rules ask for.
fn is_asked(entry: Option<u64>, active: &Active) -> bool {
    entry.and_then(|entry| active.hash(EntryId(entry))).is_some_and(|(bank, _)| active.asks(bank))
}

/// The first entry of an asked bank that says it is this very file, and that is not spared;
/// none where another says that the file is something else: then people look at it.
fn exact(case: &Case, active: &Active, is_spared: impl Fn(EntryId) -> bool) -> Option<EntryId> {
    let pieces = counted(case, active).filter(|piece| piece.distance == Some(0));
    let all: Vec<EntryId> = pieces.filter_map(|piece| piece.entry).map(EntryId).collect();
    let is_support =
        |entry: &EntryId| active.hash(*entry).is_some_and(|(_, of)| of == FileClass::Support);
    let is_ground = |entry: &EntryId| is_asked(Some(entry.0), active) && !is_spared(*entry);
    let first = all.iter().copied().find(is_ground);
    first.filter(|_| all.iter().all(is_support))
}

fn propose(
    (on, kind, until): (SubjectSeen, ActionKind, Until),
    subject: Subject<'_>,
    basis: Basis<'_>,
    quota: Quota,
    now: Timestamp,
) -> Result<Permitted, Refused> {
    if let SubjectSeen::Account { .. } = on {
        let act = match kind {
            ActionKind::Restrict => AccountAct::Restrict(until),
            ActionKind::Label => AccountAct::Label,
            _ => AccountAct::Suspend,
        };
        let accounts = [subject];
        return permitted(&Proposal::OnAccounts { act, accounts: &accounts, basis, quota }, now);
    }
    let act = match kind {
        ActionKind::Restrict => PostAct::Restrict(until),
        ActionKind::Interstitial => PostAct::Interstitial,
        ActionKind::Label => PostAct::Label,
        ActionKind::Destroy => PostAct::Destroy(Vault::Absent),
        _ => PostAct::Remove,
    };
    let posts = [Post { material: Material::Ordinary, subject }];
    permitted(&Proposal::OnPosts { act, posts: &posts, basis, quota }, now)
}

fn evidence<'a>(
    case: &Case,
    confirmed: &'a BTreeMap<EntryId, BTreeSet<ReviewerId>>,
    active: &Active,
) -> Vec<Evidence<'a>> {
    // Who resembles one removed account by its name and another by its face is neither: families
    // are counted of one.
    let of = nearest(case, active);
    let piece = |piece: &EvidenceSeen| {
        let entry = piece.entry.map(EntryId);
        let family = piece.family.as_deref().and_then(Family::from_name);
        match (&*piece.kind, entry, family) {
            ("bank_match", Some(entry), _) => Some(Evidence::Match {
                entry,
                closeness: closeness(piece.distance),
                class: active.hash(entry).map_or(FileClass::Other, |(_, class)| class),
                confirmed_by: confirmed.get(&entry)?,
            }),
            ("comeback", _, Some(family)) if piece.entry == of => Some(Evidence::Link {
                family,
                weight: MilliBits(piece.milli_bits.unwrap_or(0)),
                // Whether a thing is rare within a community is for whoever knows the
                // community; until then links, people and content count as one.
                shared: Shared::Unknown,
            }),
            ("term", ..) => Some(Evidence::Never(Source::Mention)),
            _ => None,
        }
    };
    counted(case, active).filter_map(piece).collect()
}

/// The removed profile of whose links the most families tell, of these the heaviest, of these the
/// oldest; `None` where there is none.
fn nearest(case: &Case, active: &Active) -> Option<u64> {
    ties(case, active).into_iter().max_by_key(|(entry, tie)| (*tie, Reverse(*entry))).map(|it| it.0)
}

/// The removed profiles that tie an account as well as the nearest does: by as many families.
pub(super) fn nearest_all(case: &Case, active: &Active) -> BTreeSet<u64> {
    let ties = ties(case, active);
    let most = ties.values().map(|(families, _)| *families).max();
    ties.into_iter().filter(|(_, (families, _))| Some(*families) == most).map(|it| it.0).collect()
}

/// How many families tie an account to each removed profile with more than nothing, and what all
/// of them weigh.
fn ties(case: &Case, active: &Active) -> BTreeMap<u64, (usize, i64)> {
    let mut ties: BTreeMap<u64, (usize, i64)> = BTreeMap::new();
    for piece in counted(case, active).filter(|piece| piece.kind == "comeback") {
        let Some((entry, bits)) = piece.entry.zip(piece.milli_bits) else { continue };
        let tie = ties.entry(entry).or_default();
        tie.0 += usize::from(bits > 0);
        tie.1 += bits;
    }
    ties
}

/// The evidence of a case that carries anything now.
pub(super) fn counted<'a>(
    case: &'a Case,
    active: &'a Active,
) -> impl Iterator<Item = &'a EvidenceSeen> {
    case.evidence.iter().filter(|piece| Judge::counts(case, piece, active))
}

fn closeness(distance: Option<u32>) -> Closeness {
    match distance {
        Some(0) => Closeness::Exact,
        Some(distance_bits) => Closeness::Near { distance_bits },
        None => Closeness::Near { distance_bits: u32::MAX },
    }
}
