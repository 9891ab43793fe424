//! The comparisons: at which level two sketches agree, and what that weighs.
//!
//! Each gives `None` where one side did not tell. A level never weighs less than a
//! weaker one would for the same pair, so that more agreement never lowers a score.

use seawall_model::MilliBits;

use crate::frequency::{Feature, FeatureKind, Frequencies};
use crate::level::{
    CLOSE_TENTHS, Comparison, FAINT_TENTHS, Level, PDQ_LIKE_BITS_MAX, PDQ_SAME_BITS_MAX,
    SIMILAR_TENTHS,
};
use crate::model::LinkModel;
use crate::name::overlap;
use crate::profile::{Profile, distance};
use crate::weight::Term;

/// Compares one thing of two accounts; `None` if it is Unknown of either.
pub(crate) fn compare(
    comparison: Comparison,
    pair: [&Profile; 2],
    model: &LinkModel,
    frequencies: &impl Frequencies,
) -> Option<Term> {
    let (level, bits) = match comparison {
        Comparison::Handle => handle(pair, model, frequencies),
        Comparison::Name => name(pair, model, frequencies),
        Comparison::Avatar => avatar(pair, model, frequencies),
        Comparison::Links => links(pair, model, frequencies),
    }?;
    Some(Term { comparison, level, family: comparison.family(), bits })
}

fn handle(
    [a, b]: [&Profile; 2],
    model: &LinkModel,
    frequencies: &impl Frequencies,
) -> Option<(Level, MilliBits)> {
    let (a, b) = (a.handle.as_ref()?, b.handle.as_ref()?);
    let level =
        if a.skeleton == b.skeleton { Level::Same } else { jaccard_level(&a.grams, &b.grams) };
    let share = larger_share(FeatureKind::Skeleton, [a.skeleton, b.skeleton], level, frequencies);
    Some((level, weigh(model, Comparison::Handle, level, share)))
}

fn name(
    [a, b]: [&Profile; 2],
    model: &LinkModel,
    frequencies: &impl Frequencies,
) -> Option<(Level, MilliBits)> {
    let (a, b) = (a.name.as_ref()?, b.name.as_ref()?);
    let level = if a.words == b.words {
        Level::Same
    } else if a.any_order == b.any_order {
        Level::Reordered
    } else {
        jaccard_level(&a.grams, &b.grams)
    };
    let share = larger_share(FeatureKind::Name, [a.words, b.words], level, frequencies);
    Some((level, weigh(model, Comparison::Name, level, share)))
}

/// Two files that differ may still be the same picture: without both PDQ hashes that is Unknown.
fn avatar(
    [a, b]: [&Profile; 2],
    model: &LinkModel,
    frequencies: &impl Frequencies,
) -> Option<(Level, MilliBits)> {
    let (a, b) = (&a.avatar, &b.avatar);
    let level = if a.sha256.is_some() && a.sha256 == b.sha256 {
        Level::SameFile
    } else {
        match distance(a.pdq.as_ref()?, b.pdq.as_ref()?) {
            bits if bits <= PDQ_SAME_BITS_MAX => Level::SamePicture,
            bits if bits <= PDQ_LIKE_BITS_MAX => Level::LikePicture,
            _ => Level::Different,
        }
    };
    let share = |feature: Feature| frequencies.share(feature);
    let shares = [a.feature().and_then(share), b.feature().and_then(share)];
    let share = if shares[0] > shares[1] { shares[0] } else { shares[1] };
    Some((level, weigh(model, Comparison::Avatar, level, share)))
}

/// The shared link or host that weighs most counts, and only that one: links of one circle
/// come together.
fn links(
    [a, b]: [&Profile; 2],
    model: &LinkModel,
    frequencies: &impl Frequencies,
) -> Option<(Level, MilliBits)> {
    if a.links.is_empty() || b.links.is_empty() {
        return None;
    }
    let different = model.down_from(Comparison::Links, Level::Different)[0];
    let mut best = (Level::Different, different.bits);
    let mut take = |level: Level, share: Option<f64>| {
        let bits = model.down_from(Comparison::Links, level)[0].adjusted(share);
        // Levels of links are numbered from the strongest on.
        best = (best.0.min(level), best.1.max(bits));
    };
    for host in shared(&a.hosts, &b.hosts) {
        take(Level::SameHost, frequencies.share(Feature { kind: FeatureKind::Host, hash: host }));
    }
    for link in shared(&a.links, &b.links) {
        let share = frequencies.share(Feature { kind: FeatureKind::Link, hash: link });
        take(Level::SameLink, share);
        if share.is_some_and(|share| share <= model.rare_share()) {
            take(Level::RareLink, share);
        }
    }
    Some(best)
}

fn shared(a: &[u64], b: &[u64]) -> impl Iterator<Item = u64> {
    a.iter().copied().filter(|hash| b.binary_search(hash).is_ok())
}

fn jaccard_level(a: &[u32], b: &[u32]) -> Level {
    let (shared, all) = overlap(a, b);
    let reaches = |tenths: usize| shared * 10 >= all * tenths;
    match () {
        () if reaches(CLOSE_TENTHS) => Level::Close,
        () if reaches(SIMILAR_TENTHS) => Level::Similar,
        () if reaches(FAINT_TENTHS) => Level::Faint,
        () => Level::Different,
    }
}

/// What is like a frequent name is frequent too: the more frequent of the two counts.
fn larger_share(
    kind: FeatureKind,
    [a, b]: [u64; 2],
    level: Level,
    frequencies: &impl Frequencies,
) -> Option<f64> {
    let share = |hash| frequencies.share(Feature { kind, hash });
    if level == Level::Different {
        return None;
    }
    let (a, b) = (share(a), share(b));
    if a > b { a } else { b }
}

fn weigh(model: &LinkModel, of: Comparison, level: Level, share: Option<f64>) -> MilliBits {
    let (levels, different) = match model.down_from(of, level) {
        [levels @ .., different] => (levels, different.bits),
        [] => return MilliBits(0),
    };
    levels.iter().map(|weight| weight.adjusted(share)).fold(different, MilliBits::max)
}
