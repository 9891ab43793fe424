//! Counts the independent families among the evidence that ties an account to another.
//!
//! Leaves out how heavy they weigh together, which is `link`.

use seawall_model::{Family, MilliBits};

use super::proposal::{Evidence, Shared};

/// What the pieces of a family must weigh together before it counts: one bit, which is two
/// to one. Raising it asks more of each family. Chosen, not measured: below it a family is
/// chance, and a thousandth of a bit must not stand for a second witness.
pub const FAMILY_WEIGHT_MIN: MilliBits = MilliBits(1_000);

/// What everybody of a community has in part.
const OF_COMMUNITY: [Family; 3] = [Family::Links, Family::People, Family::Content];
/// What counts on its own, whatever community the accounts belong to.
const ALONE: [Family; 3] = [Family::Name, Family::Face, Family::Device];

/// The number of independent families that speak for a link: 0 to 6.
///
/// Name, face and device count one each. Links, people and content together count as one;
/// of these, one whose shared thing is rare within that community counts for itself. Style
/// and rhythm never count. A family counts if its pieces weigh [`FAMILY_WEIGHT_MIN`] or
/// more together, those against it included.
///
/// Cost: one pass for each family, no allocation.
#[must_use]
pub fn independent_families(evidence: &[Evidence<'_>]) -> u32 {
    let heavy = |weight: i64| weight >= FAMILY_WEIGHT_MIN.0;
    let mut count = 0;
    for family in ALONE {
        let (rare, usual) = weights(evidence, family);
        count += u32::from(heavy(rare.saturating_add(usual)));
    }
    let mut community = 0_i64;
    for family in OF_COMMUNITY {
        let (rare, usual) = weights(evidence, family);
        // What speaks against it counts against it, rare or not.
        if heavy(rare.saturating_add(usual.min(0))) {
            count += 1;
        } else {
            community = community.saturating_add(rare).saturating_add(usual);
        }
    }
    count + u32::from(heavy(community))
}

/// Whether pieces of more than one of links, people and content are there and were
/// counted as one.
pub(crate) fn counts_as_one(evidence: &[Evidence<'_>]) -> bool {
    let pooled = OF_COMMUNITY.into_iter().filter(|family| {
        let (rare, usual) = weights(evidence, *family);
        rare <= 0 && usual > 0
    });
    pooled.count() > 1
}

/// What the pieces of a family weigh: those whose shared thing is rare, and the others.
fn weights(evidence: &[Evidence<'_>], of: Family) -> (i64, i64) {
    let mut sums = (0_i64, 0_i64);
    for piece in evidence {
        if let Evidence::Link { family, weight, shared } = *piece
            && family == of
        {
            let sum = if shared == Shared::RareInCommunity { &mut sums.0 } else { &mut sums.1 };
            *sum = sum.saturating_add(weight.0);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use Family::{Content, Device, Face, Links, Name, People, Rhythm, Style};
    use Shared::{RareInCommunity as Rare, Unknown, Widespread};

    fn check(pieces: &[(Family, i64, Shared)], expect: u32) {
        let evidence: Vec<Evidence<'_>> = pieces
            .iter()
            .map(|(family, bits, shared)| Evidence::Link {
                family: *family,
                weight: MilliBits(bits * 1_000),
                shared: *shared,
            })
            .collect();
        assert_eq!(independent_families(&evidence), expect, "{pieces:?}");
    }

    #[test]
    fn name_face_and_device_count_one_each() {
        check(&[], 0);
        check(&[(Name, 5, Unknown)], 1);
        check(&[(Name, 5, Unknown), (Name, 9, Unknown)], 1);
        check(&[(Name, 5, Unknown), (Face, 5, Unknown), (Device, 5, Unknown)], 3);
    }

    #[test]
    fn links_people_and_content_together_count_as_one() {
        check(&[(Links, 9, Widespread), (People, 9, Widespread), (Content, 9, Widespread)], 1);
        check(&[(Links, 9, Unknown), (People, 9, Unknown)], 1);
    }

    #[test]
    fn unless_the_shared_thing_is_rare_within_that_community() {
        check(&[(Links, 9, Rare), (People, 9, Widespread)], 2);
        check(&[(Links, 9, Rare), (People, 9, Rare), (Content, 9, Rare)], 3);
        check(&[(Links, 9, Rare), (Links, 9, Widespread)], 1);
    }

    #[test]
    fn style_and_rhythm_never_count() {
        check(&[(Style, 60, Rare), (Rhythm, 60, Rare)], 0);
    }

    #[test]
    fn a_family_without_weight_is_none() {
        check(&[(Name, 0, Unknown), (Face, -3, Unknown)], 0);
        check(&[(Name, 5, Unknown), (Name, -5, Unknown)], 0);
        check(&[(Links, 5, Rare), (Links, -5, Unknown)], 0);
        check(&[(Links, 5, Widespread), (People, -5, Widespread)], 0);
        check(&[(Name, i64::MAX / 1_000, Unknown), (Name, i64::MAX / 1_000, Unknown)], 1);
    }
}
