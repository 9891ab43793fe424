//! How long accounts live, who comes back, and what sweeps do.

use std::collections::BTreeMap;

use super::figure::{Figure, Target, figure, of_form, quantile, share};
use super::run::{Life, Run, acting, days};
use super::target;
use crate::account::{DAY, OPEN};
use crate::class::Class;
use crate::item::Cause;

/// The share of the accounts begun within the run that were closed by an age, of those
/// whose age could be reached.
fn closed_by(run: &Run, age: f64) -> (u64, u64) {
    let end = i64::from(run.days) * DAY;
    let observed = |life: &&Life| {
        life.begun >= 0
            && !life.is_backup
            && life.class != Class::Outlet
            && days(end - life.begun) >= age
    };
    let all = acting(run).filter(observed);
    all.fold((0, 0), |(hits, n), life| {
        (hits + u64::from(days(life.closed.saturating_sub(life.begun)) <= age), n + 1)
    })
}

/// The mean life of outlets: days at risk over closings.
fn outlet_life(run: &Run, target: &Target) -> Figure {
    let end = i64::from(run.days) * DAY;
    let outlets = acting(run).filter(|life| life.class == Class::Outlet);
    let (risk, closings) = outlets.fold((0.0, 0.0), |(risk, closings), life| {
        let (from, to) = (life.begun.max(0), life.closed.min(life.left).min(end));
        (risk + days((to - from).max(0)), closings + f64::from(u8::from(life.closed < end)))
    });
    let mean = risk / closings;
    let half = 1.96 * mean / libm::sqrt(closings);
    figure(target, mean, (mean - half, mean + half), crate::chance::whole(closings) as usize)
}

/// How long accounts live.
pub(super) fn lives(census: &Run, low: &Run, high: &Run) -> Vec<Figure> {
    let at_start = |run: &Run| {
        let there = acting(run).filter(|life| life.begun < 0);
        there.fold((0, 0), |(hits, n), life| (hits + u64::from(life.closed < 120 * DAY), n + 1))
    };
    let (closed, there) = at_start(census);
    let ages = acting(high).filter(|life| life.closed != OPEN);
    let mut ages: Vec<f64> = ages.map(|life| days(life.closed - life.born)).collect();
    let closed_at = |most: f64| ages.iter().filter(|age| **age <= most).count() as u64;
    let (week, month, closings) = (closed_at(7.0), closed_at(30.0), ages.len() as u64);
    let by = |run: &Run, age| closed_by(run, age);
    vec![
        share(&target::TWO_DAYS_HIGH, by(high, 2.0).0, by(high, 2.0).1),
        share(&target::TWO_DAYS_LOW, by(low, 2.0).0, by(low, 2.0).1),
        share(&target::THREE_MONTHS_HIGH, by(high, 90.0).0, by(high, 90.0).1),
        share(&target::THREE_MONTHS_LOW, by(low, 90.0).0, by(low, 90.0).1),
        share(&target::FOUR_MONTHS_2014, closed, there),
        outlet_life(low, &target::CHANNEL_LOW),
        outlet_life(high, &target::CHANNEL_HIGH),
        of_form(share(&target::CLOSED_AT_7, week, closings)),
        of_form(share(&target::CLOSED_AT_30, month, closings)),
        of_form(quantile(&target::AGE_AT_CLOSING, &mut ages, 0.5)),
    ]
}

/// Who comes back, and when.
pub(super) fn returns(long: &Run, weak: &Run) -> Vec<Figure> {
    let mut gaps = Vec::new();
    let (mut before, mut pairs) = (0, 0);
    for life in acting(long) {
        let parent = life.parent.as_ref().and_then(|parent| long.lives.get(parent));
        let Some(parent) = parent.filter(|parent| parent.closed != OPEN && parent.closed >= 0)
        else {
            continue;
        };
        pairs += 1;
        if life.is_backup {
            before += 1;
        } else {
            gaps.push(days(life.born - parent.closed));
        }
    }
    let within = |most: f64| gaps.iter().filter(|gap| **gap <= most).count() as u64;
    let n = gaps.len() as u64;
    let mut by_actor: BTreeMap<u32, f64> = BTreeMap::new();
    for life in acting(long) {
        if let Some(actor) = life.actor {
            *by_actor.entry(actor).or_default() += 1.0;
        }
    }
    let mut several: Vec<f64> = by_actor.into_values().filter(|count| *count > 1.5).collect();
    let reported = |run: &Run| {
        let returned = acting(run).filter(|life| life.parent.is_some() && life.begun >= 0);
        returned.fold((0, 0), |(hits, n), life| (hits + u64::from(life.is_reported), n + 1))
    };
    let (known, returned) = reported(long);
    let swept = weak.lives.values().filter(|life| life.cause == Some(Cause::Sweep)).count() as u64;
    vec![
        share(&target::MADE_BEFORE, before, pairs),
        share(&target::BACK_2, within(2.0), n),
        share(&target::BACK_7, within(7.0), n),
        share(&target::BACK_30, within(30.0), n),
        quantile(&target::BACK_MEDIAN, &mut gaps.clone(), 0.5),
        quantile(&target::BACK_MEDIAN_WEAK, &mut gaps.clone(), 0.5),
        quantile(&target::BACK_LONGEST, &mut gaps, 0.9999),
        quantile(&target::ACCOUNTS_MEDIAN, &mut several.clone(), 0.5),
        quantile(&target::ACCOUNTS_MOST, &mut several, 0.975),
        share(&target::MADE_IN_SWEEP, weak.made_after_sweep, swept),
        of_form(share(&target::REPORTED, known, returned)),
    ]
}

/// Days of the run in which innocents are given back.
pub(super) const WRONG_DAYS: u32 = 800;
/// Days that each of its closings is followed: nobody is given back later.
const FOLLOWED_DAYS: u32 = 700;

/// When innocents who were closed are given back, of those who could be followed.
pub(super) fn given_back(wrong: &Run) -> Vec<Figure> {
    let last = i64::from(wrong.days - FOLLOWED_DAYS) * DAY;
    let closings = wrong.wrong.iter().filter(|wrong| wrong.closed < last);
    let closings: Vec<Option<f64>> = closings.map(|wrong| wrong.back_after).collect();
    let mut gaps: Vec<f64> = closings.iter().copied().flatten().collect();
    let early = gaps.iter().filter(|gap| **gap <= 14.0).count() as u64;
    let mut figures = vec![of_form(share(&target::BACK_AT_14, early, closings.len() as u64))];
    for (q, target) in &target::GIVEN_BACK {
        figures.push(of_form(quantile(target, &mut gaps, *q)));
    }
    figures
}

/// What a sweep does to posting.
pub(super) fn sweeps(weak: &Run, strong: &Run) -> Vec<Figure> {
    let change = |run: &Run, target| {
        let (before, after) = (&run.posts[1..31], &run.posts[32..62]);
        let total = |days: &[u64]| days.iter().sum::<u64>() as f64;
        let ratio = total(after) / total(before);
        let error = libm::sqrt(1.0 / total(after) + 1.0 / total(before)) * ratio * 1.96;
        figure(target, ratio - 1.0, (ratio - error - 1.0, ratio + error - 1.0), run.posts.len())
    };
    vec![change(weak, &target::AFTER_WEAK), change(strong, &target::AFTER_STRONG)]
}
