//! Measures of a time: each a number with its unit, what it is counted among, its window, its
//! interval and its baseline (law 7).
//!
//! The baseline is the window before, as long and counted the same way. What is counted among nothing has no
//! ratio: Unknown is not zero. Nothing here says what caused what. Left out: measures that rest
//! on a random sample.

use seawall_model::{EventKind, Timestamp};
use seawall_store::Folder;

use super::{Asked, Bucket, By, CasesView, TideError, TideShown, gather};

pub use crate::desk::view::tide::{Counted, IntervalTold, Measure};

/// Standard errors of an interval that holds 95 times in 100.
const Z95: f64 = 1.959_963_984_540_054;
/// How the interval is made.
const METHOD: &str = "Wilson score, 95 %";

/// What a measure counts, and among what.
struct Kind {
    name: &'static str,
    unit: &'static str,
    denominator_unit: &'static str,
    of: fn(&Window) -> (Option<f64>, Option<f64>),
    is_share: Share,
}

/// Whether a number is a part of its denominator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    Yes,
    No,
}

/// What is known of one window.
struct Window {
    buckets: Vec<Bucket>,
    cases: Option<CasesView>,
}

const fn share(
    name: &'static str,
    unit: &'static str,
    denominator_unit: &'static str,
    of: fn(&Window) -> (Option<f64>, Option<f64>),
) -> Kind {
    Kind { name, unit, denominator_unit, of, is_share: Share::Yes }
}

const fn rate(
    name: &'static str,
    unit: &'static str,
    denominator_unit: &'static str,
    of: fn(&Window) -> (Option<f64>, Option<f64>),
) -> Kind {
    Kind { name, unit, denominator_unit, of, is_share: Share::No }
}

/// Every measure there is so far.
const KINDS: [Kind; 10] = [
    rate("posts", "posts", "hours", |of| (of.posts(), of.hours())),
    rate("posts_over_expected", "posts", "posts expected by the weekly baseline", |of| {
        (of.posts(), of.expected())
    }),
    share("hours_above_baseline", "hours", "hours with a baseline", |of| {
        (of.hours_above(), of.hours_known())
    }),
    share("returns", "accounts created that return", "accounts created", |of| {
        (of.case(|cases| cases.returns_of_accounts_created), of.accounts_created())
    }),
    rate("cases", "cases opened", "posts", |of| (of.case(|cases| cases.opened), of.posts())),
    share("cases_decided", "cases decided", "cases opened", |of| {
        (of.case(|cases| cases.decided), of.case(|cases| cases.opened))
    }),
    rate("decisions", "decisions that stand", "cases opened", |of| {
        (of.case(|cases| cases.decisions), of.case(|cases| cases.opened))
    }),
    rate("actions_in_force", "actions in force", "decisions that stand", |of| {
        (of.case(|cases| cases.actions_in_force), of.case(|cases| cases.decisions))
    }),
    rate("appeals", "appeals", "cases decided", |of| {
        (of.case(|cases| cases.appeals), of.case(|cases| cases.decided))
    }),
    share("appeals_waiting", "appeals that wait", "appeals", |of| {
        (of.case(|cases| cases.appeals_waiting), of.case(|cases| cases.appeals))
    }),
];

/// The measures of a time, as its cases and decisions stand now.
///
/// # Errors
/// [`TideError`].
///
/// Cost: the tide of the time, and of as long a time before it.
pub fn measures(
    folder: &Folder,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Measure>, TideError> {
    let before = from.plus_seconds(-to.seconds_since(from));
    let now = window(folder, from, to)?;
    let then = window(folder, before, from)?;
    let measure = |kind: &Kind| {
        let counted = counted(kind, &now, (from, to));
        let baseline = then.buckets.iter().any(Bucket::is_heard);
        let baseline = baseline.then(|| self::counted(kind, &then, (before, from)));
        let Kind { name, unit, denominator_unit, .. } = kind;
        Measure { name, unit, denominator_unit, counted, baseline }
    };
    Ok(KINDS.iter().map(measure).collect())
}

fn window(folder: &Folder, from: Timestamp, to: Timestamp) -> Result<Window, TideError> {
    let asked = Asked { from: Some(from), to: Some(to), by: Some(By::Day), trace: None };
    let TideShown { buckets, cases, .. } = gather(folder, &asked)?;
    Ok(Window { buckets, cases: cases.map(|cases| cases.view()) })
}

fn counted(kind: &Kind, of: &Window, (from, to): (Timestamp, Timestamp)) -> Counted {
    let (number, denominator) = (kind.of)(of);
    let both = number.zip(denominator).filter(|(_, denominator)| *denominator > 0.0);
    let share = both.filter(|(number, all)| kind.is_share == Share::Yes && number <= all);
    Counted {
        from: from.to_string(),
        to: to.to_string(),
        number,
        denominator,
        ratio: both.map(|(number, denominator)| number / denominator),
        interval: share.map(|(number, all)| wilson(number, all)),
    }
}

/// The interval of a share. Source: Wilson, JASA 22 (1927); it stays within 0 and 1, also for few.
fn wilson(number: f64, all: f64) -> IntervalTold {
    let (share, z2) = (number / all, Z95 * Z95);
    let middle = share + z2 / (2.0 * all);
    let spread = Z95 * (share * (1.0 - share) / all + z2 / (4.0 * all * all)).sqrt();
    let scale = 1.0 + z2 / all;
    let end = |end: f64| (end / scale).clamp(0.0, 1.0);
    IntervalTold { lower: end(middle - spread), upper: end(middle + spread), method: METHOD }
}

impl Bucket {
    fn is_heard(&self) -> bool {
        !self.events.is_empty()
    }
}

impl Window {
    fn sum(&self, of: impl Fn(&Bucket) -> u64) -> Option<f64> {
        // Where nothing was heard at all, it is not known what there was.
        let is_heard = self.buckets.iter().any(Bucket::is_heard);
        is_heard.then(|| number(self.buckets.iter().map(of).sum()))
    }

    fn posts(&self) -> Option<f64> {
        self.sum(|bucket| bucket.posts)
    }

    fn hours(&self) -> Option<f64> {
        self.sum(|bucket| bucket.hours.into())
    }

    fn hours_known(&self) -> Option<f64> {
        self.sum(|bucket| bucket.hours_known.into()).filter(|hours| *hours > 0.0)
    }

    fn hours_above(&self) -> Option<f64> {
        let above = self.buckets.iter().filter_map(|bucket| bucket.hours_above);
        self.hours_known().map(|_| number(above.map(u64::from).sum()))
    }

    /// Unknown where one of the hours has no baseline.
    fn expected(&self) -> Option<f64> {
        self.buckets.iter().map(|bucket| bucket.expected).sum::<Option<f64>>()
    }

    fn accounts_created(&self) -> Option<f64> {
        let created = EventKind::AccountCreated.as_str();
        self.sum(|bucket| bucket.events.get(created).copied().unwrap_or(0))
    }

    /// What the journal says of cases; 0 where there never was one, Unknown where nothing was heard.
    fn case(&self, of: fn(&CasesView) -> u64) -> Option<f64> {
        let cases = self.cases.unwrap_or_default();
        self.sum(|_| 0).map(|_| number(of(&cases)))
    }
}

/// A count as a number: exact below 2^32, the greatest such beyond.
fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_its_share_and_stays_within_bounds() {
        // R: binom::binom.wilson(2, 10)
        let some = wilson(2.0, 10.0);
        assert!((some.lower - 0.056_682).abs() < 1e-5, "{some:?}");
        assert!((some.upper - 0.509_837).abs() < 1e-5, "{some:?}");
        let none = wilson(0.0, 7.0);
        assert!(none.lower.abs() < f64::EPSILON && none.upper < 0.36, "{none:?}");
        let all = wilson(7.0, 7.0);
        assert!((all.upper - 1.0).abs() < f64::EPSILON && all.lower > 0.64, "{all:?}");
    }

    #[test]
    fn what_was_not_heard_is_unknown_and_not_zero() {
        let nothing = Window { buckets: Vec::new(), cases: None };
        let range = (Timestamp::MIN, Timestamp::MIN);
        for kind in &KINDS {
            let counted = counted(kind, &nothing, range);
            assert_eq!(counted.ratio, None, "{}", kind.name);
            assert_eq!(counted.number, None, "{}", kind.name);
        }
    }
}
