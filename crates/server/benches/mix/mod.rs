//! The event mix that throughput is measured with, the same bytes for the same numbers.
//!
//! 30 % posts, 60 % engagements, 9 % follows, 1 % accounts created, with the rhythm of day
//! and week. Leaves out whatever a detector looks for: nothing here is coordinated. Whole
//! numbers throughout, so that every machine writes the same.

mod words;

use std::fmt::Write as _;
use std::io::{self, Write};

/// Thousandths of the events that are posts.
pub const POSTS_MILLI: u64 = 300;
/// Thousandths of the events that are engagements.
pub const ENGAGEMENTS_MILLI: u64 = 600;
/// Thousandths of the events that are follows; the rest are accounts created.
pub const FOLLOWS_MILLI: u64 = 90;
/// Thousandths of the posts that have a hashtag.
pub const TAGGED_MILLI: u64 = 400;
/// Thousandths of the posts that have a link.
pub const LINKED_MILLI: u64 = 200;
/// Thousandths of the posts that repeat a stock text.
pub const STOCK_MILLI: u64 = 300;
/// Stock texts.
pub const STOCK_TEXTS: usize = 1_000;
/// Different hashtags.
pub const TAGS: usize = 20_000;

/// Different links.
const LINKS: u64 = 50_000;
/// Fewest words of a text.
const WORDS_MIN: u64 = 8;
/// Most words of a text.
const WORDS_MAX: u64 = 40;
/// Words by frequency are drawn from a table of this size, a power of two.
const WORD_SLOTS: u64 = 4_096;
/// Bytes written at once.
const CHUNK_BYTES: usize = 1 << 16;
/// Bytes kept free in a chunk for one more line.
const LINE_BYTES: usize = 4_096;
/// The first day: Monday, 1 September 2025.
const FIRST_DAY: (u32, u32, u32) = (2025, 9, 1);
/// Milliseconds of an hour.
const HOUR_MILLIS: u64 = 3_600_000;
/// Hours of a week.
const WEEK_HOURS: u32 = 168;
/// How busy the hours of a day are, in UTC.
const DAY: [u64; 24] = [
    30, 22, 18, 16, 18, 26, 42, 60, 70, 72, 74, 78, 84, 82, 76, 74, 78, 86, 96, 104, 110, 98, 70,
    44,
];
/// How busy the days of a week are, from Monday.
const WEEK: [u64; 7] = [10, 10, 10, 10, 11, 13, 12];
/// Ten accounts in a row speak these languages.
const SPEAKERS: [usize; 10] = [0, 1, 0, 1, 0, 2, 0, 1, 3, 2];

/// A stream of events, described by its numbers.
#[derive(Clone, Debug)]
pub struct Mix {
    /// Accounts at the end of the stream. Those created in it are the last of them; if more
    /// are created, there are so many more.
    pub accounts: u32,
    /// Weeks that the events are spread over, at least 1.
    pub weeks: u32,
    /// Posts of an account that posts, on average. A short stream has fewer authors, not
    /// quieter ones; the authors never are more than the accounts.
    pub posts_per_account: f64,
    /// Chooses one of many equal-looking streams. It stands in every id of an event.
    pub seed: u64,
}

impl Mix {
    /// Writes canonical events, one a line, in order of time.
    ///
    /// # Errors
    /// Those of `out`.
    ///
    /// Cost: about half a microsecond an event, a few megabytes of memory.
    pub fn write_jsonl(&self, events: u64, out: &mut dyn Write) -> io::Result<()> {
        let mut stream = Stream::new(self, events);
        let hours = u64::from(self.weeks.max(1)) * u64::from(WEEK_HOURS);
        let week: u64 = (0..u64::from(WEEK_HOURS)).map(busy).sum();
        let whole = week * u64::from(self.weeks.max(1));
        let (mut weight, mut written) = (0, 0);
        for hour in 0..hours {
            weight += busy(hour % u64::from(WEEK_HOURS));
            let until = share(events, weight, whole);
            stream.hour(hour, until - written, out)?;
            written = until;
        }
        out.write_all(stream.line.as_bytes())
    }
}

/// How busy an hour of the week is.
fn busy(hour: u64) -> u64 {
    DAY[place(hour % 24)] * WEEK[place(hour / 24)]
}

/// `of` times `part` by `whole`, rounded down; `part` is at most `whole`.
fn share(of: u64, part: u64, whole: u64) -> u64 {
    let exact = u128::from(of) * u128::from(part) / u128::from(whole);
    u64::try_from(exact).unwrap_or(u64::MAX)
}

/// A small number as an index.
fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A small size as a number.
fn number(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

/// A stream while it is written.
struct Stream {
    chance: SplitMix64,
    seed: u64,
    vocabulary: Vec<Vocabulary>,
    tags: Tags,
    stock: Vec<String>,
    authors: u64,
    accounts: u64,
    events: u64,
    posts: u64,
    /// Date and hour of the running hour, as they are written.
    moment: String,
    line: String,
}

impl Stream {
    fn new(mix: &Mix, events: u64) -> Self {
        let vocabulary: Vec<Vocabulary> = words::LANGUAGES.iter().map(Vocabulary::new).collect();
        let tags = Tags::new(&vocabulary);
        let created = 1000 - POSTS_MILLI - ENGAGEMENTS_MILLI - FOLLOWS_MILLI;
        let created = share(events, created, 1000);
        let accounts = u64::from(mix.accounts).saturating_sub(created).max(1);
        let mut stream = Self {
            chance: SplitMix64(mix.seed),
            seed: mix.seed,
            vocabulary,
            tags,
            stock: Vec::new(),
            authors: u64::from(authors(mix, share(events, POSTS_MILLI, 1000))).min(accounts),
            accounts,
            events: 0,
            posts: 0,
            moment: String::new(),
            line: String::with_capacity(CHUNK_BYTES),
        };
        stream.stock();
        stream
    }

    /// Makes the stock texts; every fifth has a link, two of five a hashtag.
    fn stock(&mut self) {
        for index in 0..STOCK_TEXTS {
            let language = SPEAKERS[index % SPEAKERS.len()];
            // The tenth decides the language, so tags and links go by other digits.
            self.words(language);
            if number(index / 10 % 5) * 200 < TAGGED_MILLI {
                self.tag();
            }
            if number(index / 50 % 5) * 200 < LINKED_MILLI {
                self.link();
            }
            self.stock.push(std::mem::take(&mut self.line));
        }
    }

    /// Writes the events of one hour, evenly spread with a little chance.
    fn hour(&mut self, hour: u64, events: u64, out: &mut dyn Write) -> io::Result<()> {
        self.moment = moment(hour);
        for index in 0..events {
            let from = share(HOUR_MILLIS, index, events);
            let until = share(HOUR_MILLIS, index + 1, events);
            let millis = from + self.chance.below((until - from).max(1));
            self.event(millis);
            if self.line.len() > CHUNK_BYTES - LINE_BYTES {
                out.write_all(self.line.as_bytes())?;
                self.line.clear();
            }
        }
        Ok(())
    }

    fn event(&mut self, millis: u64) {
        let kind = self.chance.below(1000);
        self.events += 1;
        if kind < POSTS_MILLI {
            self.post(millis);
        } else if kind < POSTS_MILLI + ENGAGEMENTS_MILLI {
            self.engagement(millis);
        } else if kind < POSTS_MILLI + ENGAGEMENTS_MILLI + FOLLOWS_MILLI {
            self.follow(millis);
        } else {
            self.account(millis);
        }
        self.line.push_str("}\n");
    }

    /// Writes what every event begins with.
    fn begin(&mut self, kind: &str, millis: u64) {
        let (minute, second, millis) = (millis / 60_000, millis / 1000 % 60, millis % 1000);
        let (line, moment) = (&mut self.line, &self.moment);
        let (seed, event) = (self.seed, self.events);
        // Writing to a string cannot fail.
        let _ = write!(line, r#"{{"v":1,"type":"{kind}","id":"e{seed:x}-{event}","at":""#);
        let _ = write!(line, "{moment}:{minute:02}:{second:02}");
        if millis > 0 {
            let _ = write!(line, ".{millis:03}");
            line.truncate(line.trim_end_matches('0').len());
        }
        line.push_str("Z\"");
    }

    fn by(&mut self, account: u64) {
        let _ = write!(self.line, r#","account":"a{account}""#);
    }

    fn post(&mut self, millis: u64) {
        // The product of two draws: some post often, most seldom.
        let author = self.chance.below(self.authors) + 1;
        let author = self.chance.below(author);
        let (language, tag) = language(author);
        self.begin("post.created", millis);
        self.by(author);
        self.posts += 1;
        let _ = write!(self.line, r#","post":{{"id":"p{}","text":""#, self.posts);
        if self.chance.milli(STOCK_MILLI) {
            // One in the author's language: that of a stock text goes by its last digit, too.
            let index = self.chance.below(number(STOCK_TEXTS) / 10) * 10 + author % 10;
            let index = place(index);
            self.line.push_str(&self.stock[index]);
        } else {
            self.words(language);
            if self.chance.milli(TAGGED_MILLI) {
                self.tag();
            }
            if self.chance.milli(LINKED_MILLI) {
                self.link();
            }
        }
        let _ = write!(self.line, r#"","languages":["{tag}"]}}"#);
    }

    fn words(&mut self, language: usize) {
        let count = WORDS_MIN + self.chance.below(WORDS_MAX - WORDS_MIN + 1);
        let slots = &self.vocabulary[language].slots;
        let mut drawn = 0;
        for index in 0..count {
            // One draw is enough for five words.
            drawn = if index % 5 == 0 { self.chance.next() } else { drawn / WORD_SLOTS };
            if index > 0 {
                self.line.push(' ');
            }
            self.line.push_str(slots[place(drawn % WORD_SLOTS)]);
        }
    }

    fn tag(&mut self) {
        let drawn = self.chance.below(self.tags.weight);
        self.line.push_str(" #");
        self.line.push_str(self.tags.at(drawn));
    }

    fn link(&mut self) {
        let rank = self.chance.rank(LINKS);
        let _ = write!(self.line, " https://site{}.example/page/{rank}", rank % 997);
    }

    fn engagement(&mut self, millis: u64) {
        self.begin("engagement", millis);
        let kind = self.chance.below(10);
        let post = self.recent_post();
        if kind == 9 {
            let count = 2 + self.chance.rank(5_000);
            let _ = write!(
                self.line,
                r#","engagement":{{"kind":"view","post":"p{post}","count":{count}}}"#
            );
            return;
        }
        let account = self.chance.below(self.accounts);
        self.by(account);
        let kind = if kind < 7 { "like" } else { "repost" };
        let _ = write!(self.line, r#","engagement":{{"kind":"{kind}","post":"p{post}"}}"#);
    }

    /// A post, seldom an old one; 0 is one from before the stream.
    fn recent_post(&mut self) -> u64 {
        self.posts - self.chance.rank(self.posts + 1)
    }

    fn follow(&mut self, millis: u64) {
        self.begin("follow", millis);
        let account = self.chance.below(self.accounts);
        self.by(account);
        let target = self.chance.rank(self.accounts);
        let _ = write!(self.line, r#","follow":{{"target":"a{target}"}}"#);
    }

    fn account(&mut self, millis: u64) {
        self.begin("account.created", millis);
        let account = self.accounts;
        self.accounts += 1;
        self.by(account);
        let (language, tag) = language(account);
        let drawn = self.chance.next();
        let slots = &self.vocabulary[language].slots;
        let word = |shift: u32| slots[place((drawn >> shift) % WORD_SLOTS)];
        let (name, bio) = (word(0), [word(12), word(24), word(36)]);
        let _ = write!(self.line, r#","profile":{{"handle":"account{account}.example","#);
        let _ = write!(self.line, r#""name":"{name} {}","#, account % 100);
        let _ = write!(self.line, r#""bio":"{} {} {}","#, bio[0], bio[1], bio[2]);
        let _ = write!(self.line, r#""followers":0,"following":0,"language":"{tag}"}}"#);
    }
}

/// The language that an account speaks: its place and its tag.
fn language(account: u64) -> (usize, &'static str) {
    let language = SPEAKERS[place(account % 10)];
    (language, words::LANGUAGES[language].0)
}

/// How many accounts write so many posts.
fn authors(mix: &Mix, posts: u64) -> u32 {
    let posts = u32::try_from(posts).unwrap_or(u32::MAX);
    // The largest number of authors that does not make them too quiet, by halving.
    let (mut enough, mut over) = (1, mix.accounts.max(1));
    while enough < over {
        let middle = enough + (over - enough).div_ceil(2);
        if f64::from(middle) * mix.posts_per_account <= f64::from(posts) {
            enough = middle;
        } else {
            over = middle - 1;
        }
    }
    enough
}

/// Date and hour, as RFC 3339 begins; hours from [`FIRST_DAY`].
fn moment(hour: u64) -> String {
    let (mut year, mut month, mut day) = FIRST_DAY;
    for _ in 0..hour / 24 {
        day += 1;
        if day > days_of(year, month) {
            (month, day) = (month + 1, 1);
        }
        if month > 12 {
            (year, month) = (year + 1, 1);
        }
    }
    format!("{year:04}-{month:02}-{day:02}T{:02}", hour % 24)
}

fn days_of(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The words of a language, each as often as it is drawn.
struct Vocabulary {
    words: Vec<&'static str>,
    /// Exactly [`WORD_SLOTS`] words.
    slots: Vec<&'static str>,
}

impl Vocabulary {
    /// By Zipf's law: the word of rank r, from 0, has a weight of 1 / (r + 2).
    fn new(language: &(&str, &'static str)) -> Self {
        let words: Vec<&'static str> = language.1.split_whitespace().collect();
        let weights: Vec<u64> =
            (0..number(words.len())).map(|rank| 1_000_000 / (rank + 2)).collect();
        let whole = weights.iter().sum();
        let mut slots = Vec::with_capacity(place(WORD_SLOTS));
        let mut weight = 0;
        for (word, own) in words.iter().zip(weights) {
            weight += own;
            slots.resize(place(share(WORD_SLOTS, weight, whole)), *word);
        }
        Self { words, slots }
    }
}

/// The hashtags, some much more often drawn than others.
struct Tags {
    names: Vec<String>,
    /// Weights summed up to each tag.
    until: Vec<u64>,
    weight: u64,
}

impl Tags {
    /// Pairs of words; a tag's weight is 1 / (rank + 10).
    fn new(vocabulary: &[Vocabulary]) -> Self {
        let mut tags = Self { names: Vec::new(), until: Vec::new(), weight: 0 };
        for rank in 0..TAGS {
            let words = &vocabulary[SPEAKERS[rank % SPEAKERS.len()]].words;
            let (first, second) = (words[rank % words.len()], words[rank / words.len()]);
            tags.names.push(format!("{first}_{second}").replace('’', ""));
            tags.weight += (1 << 32) / (number(rank) + 10);
            tags.until.push(tags.weight);
        }
        tags
    }

    fn at(&self, drawn: u64) -> &str {
        &self.names[self.until.partition_point(|until| *until <= drawn)]
    }
}

/// The generator of Steele, Lea and Flood, OOPSLA 2014.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `most`, which is above 0; even enough for small numbers.
    fn below(&mut self, most: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(most);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    fn milli(&mut self, share: u64) -> bool {
        self.below(1000) < share
    }

    /// A number below `most`, which is above 0, small ones much more often.
    fn rank(&mut self, most: u64) -> u64 {
        let mut rank = most;
        for _ in 0..3 {
            rank = self.below(rank) + 1;
        }
        rank - 1
    }
}
