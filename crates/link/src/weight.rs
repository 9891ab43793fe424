//! What a comparison of two accounts came to: terms in bits, and what was Unknown.
//!
//! A weight holds numbers only, so that an explanation in words is made of it where the
//! reader's language is known.

use seawall_model::{Family, MilliBits};

use crate::level::{COMPARISONS, Comparison, Level};

/// From this many bits on a term is evidence of its family: 16 times likelier of one person.
///
/// Raising it makes two families rarer. An assumption, to be learnt from reviewed links.
pub const FAMILY_BITS_MIN: MilliBits = MilliBits(4_000);

/// What one comparison adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// What was compared.
    pub comparison: Comparison,
    /// The strongest level at which the two agree.
    pub level: Level,
    /// The family that it is evidence of.
    pub family: Family,
    /// What it weighs, less where what agrees is frequent.
    pub bits: MilliBits,
}

/// The evidence that one person runs two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchWeight {
    /// The prior and the terms together, in thousandths of a bit; within ±60 bits.
    pub total: MilliBits,
    /// log2 of the odds before anything was compared.
    pub prior: MilliBits,
    terms: [Option<Term>; COMPARISONS],
}

impl MatchWeight {
    pub(crate) fn of(prior: MilliBits, terms: [Option<Term>; COMPARISONS]) -> Self {
        let sum: i64 = terms.iter().flatten().map(|term| term.bits.0).sum();
        Self { total: MilliBits(prior.0 + sum), prior, terms }
    }

    /// What each comparison added, in order of its number.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter().flatten()
    }

    /// The comparisons that added nothing because one side did not tell.
    pub fn unknown(&self) -> impl Iterator<Item = Comparison> {
        Comparison::ALL.into_iter().filter(|comparison| self.terms[comparison.index()].is_none())
    }
}

/// A set of evidence families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Families(u16);

impl Families {
    /// The set without any.
    pub const NONE: Self = Self(0);

    /// The set with one more.
    #[must_use]
    pub fn with(self, family: Family) -> Self {
        Self(self.0 | 1 << family as u8)
    }

    /// Whether a family is in the set.
    #[must_use]
    pub fn contains(self, family: Family) -> bool {
        self.0 & 1 << family as u8 != 0
    }

    /// Its families, in order of their number.
    pub fn iter(self) -> impl Iterator<Item = Family> {
        Family::ALL.into_iter().filter(move |family| self.contains(*family))
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// How many of them are independent of each other, from 0 to 4.
    ///
    /// Links, people and content come from the same circle and count as one; style and
    /// rhythm never count. That a shared thing is rare within its community would make
    /// it count alone; whoever knows the community may say so, this set does not.
    #[must_use]
    pub fn independent(self) -> usize {
        let any = |families: &[Family]| families.iter().any(|family| self.contains(*family));
        let groups: [&[Family]; 4] = [
            &[Family::Name],
            &[Family::Face],
            &[Family::Device],
            &[Family::Links, Family::People, Family::Content],
        ];
        groups.into_iter().filter(|group| any(group)).count()
    }
}

/// The families of which a weight holds evidence: a term of [`FAMILY_BITS_MIN`] or more.
#[must_use]
pub fn families(weight: &MatchWeight) -> Families {
    let telling = weight.terms().filter(|term| term.bits >= FAMILY_BITS_MIN);
    telling.fold(Families::NONE, |families, term| families.with(term.family))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(families: &[Family], expect: usize) {
        let set = families.iter().fold(Families::NONE, |set, family| set.with(*family));
        assert_eq!(set.independent(), expect, "{families:?}");
        assert_eq!(set.iter().count(), families.len());
    }

    #[test]
    fn families_are_counted_once_for_what_depends_on_each_other() {
        check(&[], 0);
        check(&[Family::Name], 1);
        check(&[Family::Links, Family::People, Family::Content], 1);
        check(&[Family::Name, Family::Content], 2);
        check(&[Family::Style, Family::Rhythm], 0);
        check(&[Family::Name, Family::Style], 1);
        check(&Family::ALL, 4);
    }

    fn term(comparison: Comparison, bits: i64) -> Option<Term> {
        let level = comparison.levels()[0];
        Some(Term { comparison, level, family: comparison.family(), bits: MilliBits(bits) })
    }

    #[test]
    fn a_family_is_held_from_the_floor_on() {
        let [handle, name, avatar, _] = Comparison::ALL;
        let terms = [term(handle, 14_000), term(name, -900), term(avatar, 3_999), None];
        let weight = MatchWeight::of(MilliBits(-20_000), terms);
        assert_eq!(weight.total, MilliBits(-2_901));
        assert_eq!(weight.unknown().collect::<Vec<_>>(), [Comparison::Links]);
        assert_eq!(families(&weight).iter().collect::<Vec<_>>(), [Family::Name]);
        let terms = [None, None, term(avatar, 4_000), None];
        let weight = MatchWeight::of(MilliBits(0), terms);
        assert_eq!(families(&weight).iter().collect::<Vec<_>>(), [Family::Face]);
    }
}
