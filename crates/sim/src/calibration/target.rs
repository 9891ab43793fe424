//! What was published, the range in which a figure is met, and whose range that is.

use super::figure::{Bound, Target};

const CONWAY: &str = "Conway and others 2017";
const CENSUS: &str = "Berger and Morgan 2015";
const CREST: &str = "Amarasingam and others 2021";
const BERGER: &str = "Berger 2015";
const EVADERS: &str = "58 pairs of 21 documented evaders";
const TWEETS: &str = "public set of tweets of such a network, 2015 to 2016";
const ALFIFI: &str = "Alfifi and others 2019";
const ZIPF: &str = "Zipf 1949";
const CLOSINGS: &str = "5,261 closings of other networks";
const REVERSALS: &str = "65,797 reversals, most of one amnesty of 2022";
const TRACKED: &str = "1,760 closings followed before that amnesty";

type Text = &'static str;

/// A figure for which the study itself names a range or a bound.
const fn study(what: Text, published: Text, range: (f64, f64), source: Text) -> Target {
    Target { what, published, range, bound: Bound::Study, source }
}

/// A figure from a sample: the range is the sample's 95 % interval.
const fn sample(what: Text, published: Text, range: (f64, f64), source: Text) -> Target {
    Target { what, published, range, bound: Bound::Sample, source }
}

/// Wilson's 95 % interval of a share of `n`.
const fn of(share: f64, n: f64) -> (f64, f64) {
    const Z: f64 = 1.96;
    let middle = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let spread = share * (1.0 - share) / n + Z * Z / (4.0 * n * n);
    let half = Z * root(spread) / (1.0 + Z * Z / n);
    (middle - half, middle + half)
}

/// A square root by Newton's steps, since that of the library is no constant; from above
/// the root of a number below 1, forty of them are exact.
const fn root(of: f64) -> f64 {
    let (mut root, mut steps) = (1.0, 40);
    while steps > 0 {
        root = (root + of / root) / 2.0;
        steps -= 1;
    }
    root
}

/// A figure without a range: how near is near enough was chosen here.
const fn ours(what: Text, published: Text, range: (f64, f64), source: Text) -> Target {
    Target { what, published, range, bound: Bound::Ours, source }
}

pub(super) const TWO_DAYS_HIGH: Target = sample(
    "closed within two days of creation, high pressure",
    "30 % of 722",
    of(0.30, 722.0),
    CONWAY,
);
pub(super) const TWO_DAYS_LOW: Target =
    study("closed within two days, low pressure", "under 1 %", (0.0, 0.01), CONWAY);
pub(super) const THREE_MONTHS_HIGH: Target = study(
    "closed within three months, high pressure",
    "63 % of 722; judged to be above 90 %",
    (0.594, 0.92),
    CONWAY,
);
pub(super) const THREE_MONTHS_LOW: Target =
    sample("closed within three months, low pressure", "36 % of 451", of(0.36, 451.0), CONWAY);
pub(super) const FOUR_MONTHS_2014: Target =
    ours("closed in four months of 2014", "3.4 % of 20,000", (0.028, 0.040), CENSUS);
pub(super) const CHANNEL_LOW: Target =
    ours("mean life of a channel, low pressure, days", "302", (270.0, 335.0), CREST);
pub(super) const CHANNEL_HIGH: Target =
    ours("mean life of a channel, high pressure, days", "14", (12.5, 15.5), CREST);
pub(super) const CLOSED_AT_7: Target = sample(
    "closings at an age of up to seven days",
    "4.7 % of 5,261",
    of(0.047, 5_261.0),
    CLOSINGS,
);
pub(super) const CLOSED_AT_30: Target = sample(
    "closings at an age of up to thirty days",
    "8.4 % of 5,261",
    of(0.084, 5_261.0),
    CLOSINGS,
);
pub(super) const AGE_AT_CLOSING: Target =
    ours("median age at closing, days", "407 of 5,261", (325.0, 490.0), CLOSINGS);
pub(super) const MADE_BEFORE: Target = sample(
    "successors that had been made before the closing",
    "26 % of 58",
    of(15.0 / 58.0, 58.0),
    EVADERS,
);
pub(super) const BACK_2: Target =
    sample("others: back within two days", "33 % of 43", of(14.0 / 43.0, 43.0), EVADERS);
pub(super) const BACK_7: Target =
    sample("others: back within seven days", "51 % of 43", of(22.0 / 43.0, 43.0), EVADERS);
pub(super) const BACK_30: Target =
    sample("others: back within thirty days", "60 % of 43", of(26.0 / 43.0, 43.0), EVADERS);
pub(super) const BACK_MEDIAN: Target =
    ours("others: median days until back", "6 of 43", (2.0, 15.0), EVADERS);
pub(super) const BACK_MEDIAN_WEAK: Target = study(
    "median days until back, weak labels",
    "11 of 9, which are 4.8 to 47",
    (4.8, 47.0),
    TWEETS,
);
pub(super) const BACK_LONGEST: Target =
    ours("others: longest, days", "tail to 687", (300.0, 690.0), EVADERS);
pub(super) const ACCOUNTS_MEDIAN: Target =
    study("accounts of an actor that has several: median", "3", (3.0, 3.0), EVADERS);
pub(super) const ACCOUNTS_MOST: Target =
    ours("accounts of an actor that has several: nearly all below", "11", (7.0, 12.0), EVADERS);
pub(super) const MADE_IN_SWEEP: Target =
    ours("accounts made in the day of a sweep, for each it closes", "0.2", (0.15, 0.25), BERGER);
pub(super) const REPORTED: Target =
    ours("who came back and was reported from outside", "10 %", (0.06, 0.15), "Reddit 2020");
pub(super) const AFTER_WEAK: Target =
    ours("posts in 30 days after a sweep, weak", "−15 %", (-0.20, -0.10), CREST);
pub(super) const AFTER_STRONG: Target =
    ours("posts in 30 days after a sweep, strong", "−95.5 %", (-0.975, -0.935), CREST);
pub(super) const FOLLOWERS_MEDIAN: Target =
    study("followers at closing, median", "210 to 269", (210.0, 269.0), TWEETS);
pub(super) const FOLLOWERS_LOWER: Target =
    sample("followers at closing, lower quartile", "112 of 112 accounts", (77.0, 163.0), TWEETS);
pub(super) const FOLLOWERS_UPPER: Target =
    sample("followers at closing, upper quartile", "842 of 112 accounts", (577.0, 1_228.0), TWEETS);
pub(super) const FOLLOWERS_90: Target =
    sample("followers at closing, 90 %", "1,481 of 112 accounts", (923.0, 2_378.0), TWEETS);
pub(super) const FOLLOWERS_UNDER: Target = sample(
    "followers at closing, under 500",
    "66 % of 112 accounts",
    of(74.0 / 112.0, 112.0),
    TWEETS,
);
pub(super) const FOLLOWERS_OVER: Target = sample(
    "followers at closing, over 5,000",
    "1.8 % of 112 accounts",
    of(2.0 / 112.0, 112.0),
    TWEETS,
);
pub(super) const FROM_ITSELF: Target =
    ours("interactions from the network itself", "75 %", (0.72, 0.78), ALFIFI);
pub(super) const FROM_OPPONENTS: Target =
    ours("interactions from opponents", "8 %", (0.07, 0.09), ALFIFI);
pub(super) const BACK_AT_14: Target =
    sample("closings given back within 14 days", "17 % of 1,760", of(0.17, 1_760.0), TRACKED);
pub(super) const ARABIC: Target =
    ours("accounts that write Arabic", "73 to 75 %", (0.70, 0.78), CENSUS);
pub(super) const ENGLISH: Target =
    ours("accounts that write English", "18 to 20 %", (0.16, 0.22), CENSUS);
pub(super) const WITH_TAG: Target = ours("posts with a hashtag", "41 %", (0.38, 0.44), TWEETS);
pub(super) const TAGS: Target = ours("hashtags to a post", "1.0", (0.9, 1.1), TWEETS);
pub(super) const WITH_LINK: Target = ours("posts with a link", "52 %", (0.49, 0.55), TWEETS);
pub(super) const REPOSTS: Target =
    ours("reposts among posts and reposts", "33 %", (0.30, 0.36), TWEETS);
pub(super) const TATWEEL: Target =
    ours("Arabic posts with tatweel, network", "5.3 %", (0.035, 0.07), TWEETS);
pub(super) const VOWELS: Target =
    ours("Arabic posts with vowel signs, network", "16 %", (0.13, 0.20), TWEETS);
pub(super) const TATWEEL_OTHERS: Target =
    ours("Arabic posts with tatweel, others", "8.9 %", (0.06, 0.11), TWEETS);
pub(super) const VOWELS_OTHERS: Target =
    ours("Arabic posts with vowel signs, others", "22.6 %", (0.19, 0.27), TWEETS);
pub(super) const SURGE: Target = ours(
    "daily posts in the week of a field event",
    "+62 %; its collection was capped",
    (0.45, 0.80),
    TWEETS,
);

/// How steeply the frequency of a word falls with its rank, by language.
pub(super) const WORDS: [Target; 4] = [
    ours("slope of word frequency by rank, Arabic", "about 1", (0.75, 1.25), ZIPF),
    ours("slope of word frequency by rank, English", "about 1", (0.75, 1.25), ZIPF),
    ours("slope of word frequency by rank, French", "about 1", (0.75, 1.25), ZIPF),
    ours("slope of word frequency by rank, Turkish", "about 1", (0.75, 1.25), ZIPF),
];

/// Followers by age at closing: days from and to, and the target.
pub(super) const BY_AGE: [((f64, f64), Target); 5] = [
    (
        (0.0, 7.0),
        ours("followers by age at closing: up to 7 days", "182", (150.0, 215.0), CLOSINGS),
    ),
    (
        (7.0, 30.0),
        ours("followers by age at closing: 7 to 30 days", "232", (190.0, 275.0), CLOSINGS),
    ),
    (
        (30.0, 90.0),
        ours("followers by age at closing: 30 to 90 days", "270", (220.0, 320.0), CLOSINGS),
    ),
    (
        (90.0, 365.0),
        ours("followers by age at closing: 90 to 365 days", "376", (305.0, 450.0), CLOSINGS),
    ),
    (
        (365.0, f64::MAX),
        ours("followers by age at closing: beyond", "558", (450.0, 670.0), CLOSINGS),
    ),
];

/// Days until an account is given back: which quantile, and the target.
pub(super) const GIVEN_BACK: [(f64, Target); 5] = [
    (0.1, ours("days until given back, 10 %", "6.7 of 65,797", (5.3, 8.1), REVERSALS)),
    (0.25, ours("days until given back, 25 %", "18 of 65,797", (14.0, 22.0), REVERSALS)),
    (0.5, ours("days until given back, median", "46 of 65,797", (37.0, 55.0), REVERSALS)),
    (0.75, ours("days until given back, 75 %", "145 of 65,797", (116.0, 174.0), REVERSALS)),
    (0.9, ours("days until given back, 90 %", "242 of 65,797", (193.0, 291.0), REVERSALS)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_wilsons() {
        let near = |found: (f64, f64), low: f64, high: f64| {
            assert!((found.0 - low).abs() < 5e-4 && (found.1 - high).abs() < 5e-4, "{found:?}");
        };
        // By the tables of others: 10 of 20, and 2 of 112.
        near(of(0.5, 20.0), 0.299, 0.701);
        near(of(2.0 / 112.0, 112.0), 0.0049, 0.0628);
    }
}
