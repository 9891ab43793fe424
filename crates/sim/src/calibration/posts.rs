//! Followers, interactions, what posts carry, and what a field event does.

use hashbrown::HashMap;

use super::figure::{Figure, Target, figure, of_form, quantile, share};
use super::run::{Life, Run, acting, days};
use super::target;
use crate::account::OPEN;
use crate::class::Class;
use crate::words::Language;

/// Followers and interactions.
pub(super) fn audience(high: &Run) -> Vec<Figure> {
    let closed: Vec<&Life> =
        acting(high).filter(|life| life.closed != OPEN && life.class != Class::Throwaway).collect();
    let mut followers: Vec<f64> = closed.iter().map(|life| f64::from(life.followers)).collect();
    let n = followers.len() as u64;
    let below = followers.iter().filter(|count| **count < 500.0).count() as u64;
    let above = followers.iter().filter(|count| **count > 5_000.0).count() as u64;
    let mut figures = vec![
        quantile(&target::FOLLOWERS_MEDIAN, &mut followers, 0.5),
        quantile(&target::FOLLOWERS_LOWER, &mut followers, 0.25),
        quantile(&target::FOLLOWERS_UPPER, &mut followers, 0.75),
        quantile(&target::FOLLOWERS_90, &mut followers, 0.9),
        share(&target::FOLLOWERS_UNDER, below, n),
        share(&target::FOLLOWERS_OVER, above, n),
        share(&target::FROM_ITSELF, high.own, high.interactions),
        share(&target::FROM_OPPONENTS, high.opposed, high.interactions),
    ];
    for ((from, to), target) in &target::BY_AGE {
        let within = closed.iter().filter(|life| {
            let age = days(life.closed - life.born);
            *from < age && age <= *to
        });
        let mut followers: Vec<f64> = within.map(|life| f64::from(life.followers)).collect();
        figures.push(of_form(quantile(target, &mut followers, 0.5)));
    }
    figures
}

/// What posts carry.
pub(super) fn content(census: &Run) -> Vec<Figure> {
    let (network, innocent) = (census.network, census.innocent);
    let posts: u64 = census.posts.iter().sum();
    let tags = network.tags as f64 / network.posts as f64;
    let at_start = |language: Language| {
        let there = acting(census).filter(|life| life.begun < 0);
        there.fold((0, 0), |(hits, n), life| (hits + u64::from(life.language == language), n + 1))
    };
    let (arabic, english) = (at_start(Language::Arabic), at_start(Language::English));
    vec![
        share(&target::ARABIC, arabic.0, arabic.1),
        share(&target::ENGLISH, english.0, english.1),
        share(&target::WITH_TAG, network.with_tag, network.posts),
        figure(
            &target::TAGS,
            tags,
            (tags * 0.99, tags * 1.01),
            crate::chance::whole(network.posts as f64) as usize,
        ),
        share(&target::WITH_LINK, network.with_link, network.posts),
        share(&target::REPOSTS, census.reposts, census.reposts + posts),
        share(&target::TATWEEL, network.tatweel, network.arabic),
        share(&target::VOWELS, network.vowelled, network.arabic),
        share(&target::TATWEEL_OTHERS, innocent.tatweel, innocent.arabic),
        share(&target::VOWELS_OTHERS, innocent.vowelled, innocent.arabic),
    ]
}

/// What a field event does.
pub(super) fn surge(event: &Run) -> Vec<Figure> {
    let (before, after) = (&event.posts[19..40], &event.posts[40..47]);
    let mean = |days: &[u64]| days.iter().sum::<u64>() as f64 / days.len() as f64;
    let ratio = mean(after) / mean(before) - 1.0;
    let error = 1.96 * (ratio + 1.0) / libm::sqrt(mean(after) * 7.0);
    vec![figure(&target::SURGE, ratio, (ratio - error, ratio + error), 28)]
}

/// Ranks between which the slope is measured: beyond the few words that are in every
/// sentence, and before those seen too seldom.
const RANKS: std::ops::Range<usize> = 5..500;

/// Whether words are as frequent as words are.
pub(super) fn words(run: &Run) -> Vec<Figure> {
    let slope = |(target, counts): (&Target, &HashMap<String, u64>)| {
        let mut counts: Vec<u64> = counts.values().copied().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let points: Vec<(f64, f64)> = RANKS
            .filter_map(|rank| Some((libm::log(rank as f64), libm::log(*counts.get(rank)? as f64))))
            .collect();
        let n = points.len() as f64;
        let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
        let cross: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
        let square: f64 = points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum();
        let fitted = cross / square;
        let left: f64 = points.iter().map(|p| p.1 - y - fitted * (p.0 - x)).map(|e| e * e).sum();
        let error = 1.96 * libm::sqrt(left / (n - 2.0) / square);
        let total: u64 = counts.iter().sum();
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        of_form(figure(target, -fitted, (-fitted - error, -fitted + error), total))
    };
    target::WORDS.iter().zip(&run.words).map(slope).collect()
}
