//! Why a case is here: each piece of evidence, and what comparisons weigh.

use std::collections::BTreeMap;

use seawall_model::{CaseId, EntryId};
use seawall_review::Case;
use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::evidence::{
    Comeback, asked_line, comebacks, earlier_profile, odds, of_before, piece_line, returns, unknown,
};
use crate::desk::{Desk, DeskError, lost};

/// One piece of evidence, or one comparison with a removed account, in words too.
#[derive(Clone, Serialize, ToSchema)]
pub struct WhyView {
    /// What it is: `bank_match`, `term`, `comeback`, `support_lost`; `rule` for what a rule asks
    /// of the event itself; `lost` for what it rested on before and rests on no more.
    pub kind: String,
    /// Its family; null where it belongs to none that counts, and where it is of several.
    pub family: Option<String>,
    /// What it says, in words.
    pub words: String,
    /// The entry of knowledge it rests on, such as `k9`.
    pub entry: Option<String>,
    /// Distance in bits of 256, for fingerprints: 0 is the same file; a picture of the same
    /// fingerprint counts as 1.
    pub distance_bits: Option<u32>,
    /// Match weight in thousandths of a bit, for comparisons.
    pub milli_bits: Option<i64>,
    /// Position of the event that showed it; null for comparisons, which are of an account.
    pub position: Option<u64>,
    /// Whether it is about what the post says now: what older words showed carries nothing.
    pub is_current: bool,
    /// What a comparison weighs, family by family.
    pub families: Vec<FamilyView>,
}

/// What one family adds to a comparison.
#[derive(Clone, Serialize, ToSchema)]
pub struct FamilyView {
    /// Its name; `before comparing` for what was known before.
    pub family: &'static str,
    /// What it adds, in thousandths of a bit; null if that is Unknown, which adds nothing.
    pub milli_bits: Option<i64>,
    /// Why it is Unknown.
    pub unknown_because: Option<&'static str>,
    /// When the profile was told that was compared, where the account tells otherwise by now.
    pub earlier_profile_at: Option<String>,
}

/// The evidence in numbers.
#[derive(Clone, Serialize, ToSchema)]
pub struct EvidenceView {
    /// Pieces that are no comparisons.
    pub pieces: Vec<PieceView>,
    /// Comparisons with removed accounts, the heaviest first.
    pub comebacks: Vec<ComebackView>,
}

/// One piece of evidence in numbers.
#[derive(Clone, Serialize, ToSchema)]
pub struct PieceView {
    /// What it is.
    pub kind: String,
    /// The entry of knowledge it rests on.
    pub entry: Option<String>,
    /// Distance in bits, for fingerprints.
    pub distance_bits: Option<u32>,
    /// Position of the event that showed it.
    pub position: u64,
}

/// A comparison with a removed account in numbers.
#[derive(Clone, Serialize, ToSchema)]
pub struct ComebackView {
    /// The removed profile.
    pub entry: Option<String>,
    /// Thousandths of a bit before anything was compared.
    pub prior_milli_bits: i64,
    /// What each family adds.
    pub families_milli_bits: BTreeMap<&'static str, i64>,
    /// All together.
    pub total_milli_bits: i64,
}

/// Why a case is here, a row each.
pub(super) fn why(desk: &mut Desk<'_>, id: CaseId, case: &Case) -> Result<Vec<WhyView>, DeskError> {
    let mut rows = Vec::new();
    for piece in &case.evidence {
        let Some(words) = piece_line(desk, piece)? else { continue };
        rows.push(WhyView {
            kind: piece.kind.clone(),
            family: piece.family.clone(),
            words: words + &of_before(case, piece),
            entry: called(piece.entry),
            distance_bits: piece.distance,
            milli_bits: piece.milli_bits,
            position: Some(piece.position),
            is_current: case.is_current(piece),
            families: Vec::new(),
        });
    }
    for comeback in comebacks(case) {
        let (total, families) = (comeback.total(), families(desk, case, &comeback)?);
        rows.push(WhyView {
            kind: "comeback".into(),
            family: None,
            words: format!("{}: {}", returns(desk, &comeback)?, odds(total)),
            entry: called(comeback.entry),
            distance_bits: None,
            milli_bits: Some(total),
            position: None,
            is_current: true,
            families,
        });
    }
    rows.extend(case.asked_alone().map(|reason| WhyView {
        kind: "rule".into(),
        family: None,
        words: asked_line(case, reason),
        entry: None,
        distance_bits: None,
        milli_bits: None,
        position: Some(reason.position),
        is_current: case.is_of_content(reason),
        families: Vec::new(),
    }));
    for piece in lost::evidence(desk, id, case)? {
        rows.push(WhyView {
            kind: "lost".into(),
            family: None,
            words: lost::line(desk, &piece)?,
            entry: called(piece.entry),
            distance_bits: None,
            milli_bits: None,
            position: Some(piece.position),
            is_current: false,
            families: Vec::new(),
        });
    }
    Ok(rows)
}

fn families(
    desk: &mut Desk<'_>,
    case: &Case,
    comeback: &Comeback,
) -> Result<Vec<FamilyView>, DeskError> {
    let prior = Some(comeback.prior);
    let row = |family, milli_bits, unknown_because| FamilyView {
        family,
        milli_bits,
        unknown_because,
        earlier_profile_at: None,
    };
    let mut rows = vec![row("before comparing", prior, None)];
    for (family, bits) in &comeback.families {
        let earlier = earlier_profile(desk, case, comeback, *family)?;
        let earlier_profile_at = earlier.map(|at| at.to_string());
        rows.push(FamilyView { earlier_profile_at, ..row(family.as_str(), Some(*bits), None) });
    }
    for (family, why) in unknown(desk, case, comeback)? {
        rows.push(row(family.as_str(), None, Some(why)));
    }
    Ok(rows)
}

/// The evidence in numbers.
pub(super) fn numbers(case: &Case) -> EvidenceView {
    let of_comeback = |comeback: &Comeback| ComebackView {
        entry: called(comeback.entry),
        prior_milli_bits: comeback.prior,
        families_milli_bits: comeback
            .families
            .iter()
            .map(|(family, bits)| (family.as_str(), *bits))
            .collect(),
        total_milli_bits: comeback.total(),
    };
    let others = case.evidence.iter().filter(|piece| piece.kind != "comeback");
    let pieces = others.map(|piece| PieceView {
        kind: piece.kind.clone(),
        entry: called(piece.entry),
        distance_bits: piece.distance,
        position: piece.position,
    });
    EvidenceView {
        pieces: pieces.collect(),
        comebacks: comebacks(case).iter().map(of_comeback).collect(),
    }
}

fn called(entry: Option<u64>) -> Option<String> {
    entry.map(|entry| EntryId(entry).to_string())
}
