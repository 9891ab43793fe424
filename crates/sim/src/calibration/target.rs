//! What was published, and the range in which a figure is met.

use super::figure::Target;

const CONWAY: &str = "Conway and others 2017";
const CENSUS: &str = "Berger and Morgan 2015";
const CREST: &str = "Amarasingam and others 2021";
const BERGER: &str = "Berger 2015";
const EVADERS: &str = "58 pairs of 21 documented evaders";
const TWEETS: &str = "public set of tweets of such a network, 2015 to 2016";
const ALFIFI: &str = "Alfifi and others 2019";
const ZIPF: &str = "Zipf 1949";
const CLOSINGS: &str = "5,261 closings of other networks";

const fn target(
    what: &'static str,
    published: &'static str,
    range: (f64, f64),
    source: &'static str,
) -> Target {
    Target { what, published, range, source }
}

pub(super) const TWO_DAYS_HIGH: Target =
    target("closed within two days of creation, high pressure", "30 %", (0.26, 0.34), CONWAY);
pub(super) const TWO_DAYS_LOW: Target =
    target("closed within two days, low pressure", "under 1 %", (0.0, 0.01), CONWAY);
pub(super) const THREE_MONTHS_HIGH: Target = target(
    "closed within three months, high pressure",
    "63 %, above 90 % corrected",
    (0.59, 0.92),
    CONWAY,
);
pub(super) const THREE_MONTHS_LOW: Target =
    target("closed within three months, low pressure", "36 %", (0.31, 0.41), CONWAY);
pub(super) const FOUR_MONTHS_2014: Target =
    target("closed in four months of 2014", "3.4 %", (0.028, 0.040), CENSUS);
pub(super) const CHANNEL_LOW: Target =
    target("mean life of a channel, low pressure, days", "302", (270.0, 335.0), CREST);
pub(super) const CHANNEL_HIGH: Target =
    target("mean life of a channel, high pressure, days", "14", (12.5, 15.5), CREST);
pub(super) const AGE_AT_CLOSING: Target = target(
    "median age at closing, days",
    "407; other networks, events only",
    (5.0, 500.0),
    "5,261 closings",
);
pub(super) const MADE_BEFORE: Target =
    target("successors that had been made before the closing", "26 % of 58", (0.16, 0.38), EVADERS);
pub(super) const BACK_2: Target =
    target("others: back within two days", "33 % of 43", (0.21, 0.47), EVADERS);
pub(super) const BACK_7: Target =
    target("others: back within seven days", "51 % of 43", (0.37, 0.65), EVADERS);
pub(super) const BACK_30: Target =
    target("others: back within thirty days", "60 % of 43", (0.45, 0.73), EVADERS);
pub(super) const BACK_MEDIAN: Target =
    target("others: median days until back", "6", (2.0, 15.0), EVADERS);
pub(super) const BACK_MEDIAN_WEAK: Target =
    target("median days until back, weak labels", "11 (4.8 to 47), n = 9", (4.8, 47.0), TWEETS);
pub(super) const BACK_LONGEST: Target =
    target("others: longest, days", "tail to 687", (300.0, 690.0), EVADERS);
pub(super) const ACCOUNTS_MEDIAN: Target =
    target("accounts of an actor that has several: median", "3", (3.0, 3.0), EVADERS);
pub(super) const ACCOUNTS_MOST: Target =
    target("accounts of an actor that has several: nearly all below", "11", (7.0, 12.0), EVADERS);
pub(super) const MADE_IN_SWEEP: Target =
    target("accounts made in the day of a sweep, for each it closes", "0.2", (0.15, 0.25), BERGER);
pub(super) const REPORTED: Target =
    target("who came back and was reported from outside", "10 %", (0.06, 0.15), "Reddit 2020");
pub(super) const AFTER_WEAK: Target =
    target("posts in 30 days after a sweep, weak", "−15 %", (-0.20, -0.10), CREST);
pub(super) const AFTER_STRONG: Target =
    target("posts in 30 days after a sweep, strong", "−95.5 %", (-0.975, -0.935), CREST);
pub(super) const FOLLOWERS_MEDIAN: Target =
    target("followers at closing, median", "210 to 269", (210.0, 269.0), TWEETS);
pub(super) const FOLLOWERS_LOWER: Target =
    target("followers at closing, lower quartile", "112 of 112 accounts", (78.0, 150.0), TWEETS);
pub(super) const FOLLOWERS_UPPER: Target =
    target("followers at closing, upper quartile", "842 of 112 accounts", (520.0, 1_150.0), TWEETS);
pub(super) const FOLLOWERS_90: Target =
    target("followers at closing, 90 %", "1,481 of 112 accounts", (1_000.0, 2_600.0), TWEETS);
pub(super) const FOLLOWERS_UNDER: Target =
    target("followers at closing, under 500", "66 % of 112 accounts", (0.57, 0.74), TWEETS);
pub(super) const FOLLOWERS_OVER: Target =
    target("followers at closing, over 5,000", "1.8 % of 112 accounts", (0.004, 0.063), TWEETS);
pub(super) const FROM_ITSELF: Target =
    target("interactions from the network itself", "75 %", (0.72, 0.78), ALFIFI);
pub(super) const FROM_OPPONENTS: Target =
    target("interactions from opponents", "8 %", (0.07, 0.09), ALFIFI);
pub(super) const GIVEN_BACK: Target = target(
    "days until given back, median within the run",
    "46; 17 % within 14",
    (10.0, 120.0),
    "65,797 reversals",
);
pub(super) const ARABIC: Target =
    target("accounts that write Arabic", "73 to 75 %", (0.70, 0.78), CENSUS);
pub(super) const ENGLISH: Target =
    target("accounts that write English", "18 to 20 %", (0.16, 0.22), CENSUS);
pub(super) const WITH_TAG: Target = target("posts with a hashtag", "41 %", (0.38, 0.44), TWEETS);
pub(super) const TAGS: Target = target("hashtags to a post", "1.0", (0.9, 1.1), TWEETS);
pub(super) const WITH_LINK: Target = target("posts with a link", "52 %", (0.49, 0.55), TWEETS);
pub(super) const REPOSTS: Target =
    target("reposts among posts and reposts", "33 %", (0.30, 0.36), TWEETS);
pub(super) const TATWEEL: Target =
    target("Arabic posts with tatweel, network", "5.3 %", (0.035, 0.07), TWEETS);
pub(super) const VOWELS: Target =
    target("Arabic posts with vowel signs, network", "16 %", (0.13, 0.20), TWEETS);
pub(super) const TATWEEL_OTHERS: Target =
    target("Arabic posts with tatweel, others", "8.9 %", (0.06, 0.11), TWEETS);
pub(super) const VOWELS_OTHERS: Target =
    target("Arabic posts with vowel signs, others", "22.6 %", (0.19, 0.27), TWEETS);
pub(super) const SURGE: Target =
    target("daily posts in the week of a field event", "+62 %", (0.45, 0.80), TWEETS);

/// How steeply the frequency of a word falls with its rank, by language.
pub(super) const WORDS: [Target; 4] = [
    target("slope of word frequency by rank, Arabic", "about 1", (0.75, 1.25), ZIPF),
    target("slope of word frequency by rank, English", "about 1", (0.75, 1.25), ZIPF),
    target("slope of word frequency by rank, French", "about 1", (0.75, 1.25), ZIPF),
    target("slope of word frequency by rank, Turkish", "about 1", (0.75, 1.25), ZIPF),
];

/// Followers by age at closing: days from and to, and the target.
pub(super) const BY_AGE: [((f64, f64), Target); 5] = [
    (
        (0.0, 7.0),
        target("followers by age at closing: up to 7 days", "182", (150.0, 215.0), CLOSINGS),
    ),
    (
        (7.0, 30.0),
        target("followers by age at closing: 7 to 30 days", "232", (190.0, 275.0), CLOSINGS),
    ),
    (
        (30.0, 90.0),
        target("followers by age at closing: 30 to 90 days", "270", (220.0, 320.0), CLOSINGS),
    ),
    (
        (90.0, 365.0),
        target("followers by age at closing: 90 to 365 days", "376", (305.0, 450.0), CLOSINGS),
    ),
    (
        (365.0, f64::MAX),
        target("followers by age at closing: beyond", "558", (450.0, 670.0), CLOSINGS),
    ),
];
