//! Comeback linking: whether a new account is run by somebody whose account was removed.
//!
//! [`score`] weighs the evidence of one pair in bits, by the numbers of a [`LinkModel`].
//! [`Index`] finds the few of many removed profiles that are worth a comparison.
//! [`families`] says which evidence families a weight holds, as they are counted before
//! anybody may act on it. Everything is pure and the same on every machine.
//!
//! A weight ranks for review. It never acts: two families and a person do.
//!
//! Left out so far: biography, people, style, rhythm and device; learning m and u; clusters
//! and lineage. Handle and name of one account depend on each other and are summed as if they did
//! not, which the shipped model answers with a larger u.

mod compare;
mod frequency;
mod index;
mod level;
mod model;
mod name;
mod profile;
mod weight;

pub use frequency::{
    Feature, FeatureKind, Frequencies, POPULATION_MIN, Populations, Seen, Uncounted,
};
pub use index::{
    CANDIDATES_MAX, CANDIDATES_MIN, Index, IndexFull, PROFILES_MAX, READ_MAX, READ_MIN, Scratch,
    Work,
};
pub use level::{
    CLOSE_TENTHS, Comparison, FAINT_TENTHS, Level, PDQ_LIKE_BITS_MAX, PDQ_SAME_BITS_MAX,
    SIMILAR_TENTHS,
};
pub use model::{COMEBACK_1, LevelWeight, LinkModel, ModelError, WEIGHT_BITS_MAX};
pub use name::{HandleForm, NAME_CHARS_MAX, NAME_WORDS_MAX, SKELETON_CHARS_MIN};
pub use profile::{Added, Fields, LINKS_MAX, LinkHash, Profile, SketchKey};
pub use weight::{FAMILY_BITS_MIN, Families, MatchWeight, Term, families};

/// Sums the evidence that one person runs both accounts.
///
/// The prior and one log2(m/u) term per comparison, each rounded to a thousandth of a bit,
/// so that the sum is exact. What either side does not tell adds no term and is in
/// [`MatchWeight::unknown`]. What is frequent among all accounts or among the
/// removed weighs less. Symmetric. Finite, within ±60 bits. For accounts of the same
/// fields, more agreement never lowers it.
///
/// Cost: one pass over both sketches, no allocation; about 0.5 µs.
/// Source: Fellegi and Sunter, JASA 64 (1969).
#[must_use]
pub fn score(
    new: &Profile,
    removed: &Profile,
    model: &LinkModel,
    rare: &impl Frequencies,
) -> MatchWeight {
    let terms =
        Comparison::ALL.map(|comparison| compare::compare(comparison, [new, removed], model, rare));
    MatchWeight::of(model.prior(), terms)
}

#[cfg(test)]
mod simulate;
#[cfg(test)]
mod tests;
