//! Traces: what a post shares that can tie accounts together, as keyed hashes.
//!
//! Leaves out finding hashtags and links in text and folding them, which `text` does,
//! and near-duplicate text and media, which compare by distance and not by name.

use std::fmt;

use seawall_model::{Folded, Post, TraceId};
use url::Url;

/// Most traces taken from one post.
pub const TRACES_PER_POST_MAX: usize = 16;
/// A folded text with this many words is a trace.
pub const TEXT_WORDS_MIN: usize = 4;
/// A folded text with this many characters is a trace, whatever its words.
pub const TEXT_CHARS_MIN: usize = 20;
/// Characters of a text that serve as its readable name.
pub const NAME_CHARS_MAX: usize = 80;

/// What is shared. The numbers are stored; none is ever given another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TraceKind {
    /// A hashtag, compared in its folded form.
    Hashtag = 1,
    /// A link, compared without what only tracks or decorates it.
    Link = 2,
    /// The whole text of a post, compared in its folded form.
    Text = 3,
    /// A media file, compared by its SHA-256.
    Media = 4,
}

impl TraceKind {
    /// Every kind, in order of its number.
    pub const ALL: [Self; 4] = [Self::Hashtag, Self::Link, Self::Text, Self::Media];

    /// Its stable number, from 1.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hashtag => "hashtag",
            Self::Link => "link",
            Self::Text => "text",
            Self::Media => "media",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The data folder's key for trace ids; without it an id says nothing of its name.
#[derive(Clone)]
pub struct TraceKey(pub [u8; 32]);

impl fmt::Debug for TraceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TraceKey(…)")
    }
}

/// The keyed hash of a platform's id of a post, by which what is told of it later is found.
#[must_use]
pub fn post_key(post: &str, key: &TraceKey) -> TraceId {
    let mut hasher = blake3::Hasher::new_keyed(&key.0);
    // No kind of trace has this number.
    hasher.update(&[u8::MAX]);
    hasher.update(post.as_bytes());
    head(&hasher)
}

/// The keyed hash of what an event tells, by which it is known again when it is told again. A
/// part that is missing is another than an empty one.
#[must_use]
pub fn fact_key<'a>(parts: impl IntoIterator<Item = Option<&'a [u8]>>, key: &TraceKey) -> TraceId {
    let mut hasher = blake3::Hasher::new_keyed(&key.0);
    // No kind of trace has this number, nor has a post.
    hasher.update(&[u8::MAX - 1]);
    for part in parts {
        let length = part.map_or(u64::MAX, |part| part.len() as u64);
        hasher.update(&length.to_be_bytes());
        hasher.update(part.unwrap_or_default());
    }
    head(&hasher)
}

fn head(hasher: &blake3::Hasher) -> TraceId {
    let mut head = [0; 16];
    hasher.finalize_xof().fill(&mut head);
    TraceId(u128::from_be_bytes(head))
}

/// One trace: its kind and its keyed hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trace {
    /// What is shared.
    pub kind: TraceKind,
    /// The keyed hash of its normalised form.
    pub id: TraceId,
}

/// The hashtags and links of one post: the platform's lists where it gave them, else
/// those found in the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Found<'a> {
    /// Hashtags without the sign, folded by `text`. Empty ones are passed over.
    pub tags: &'a [String],
    /// Links as they stand in the post.
    pub links: &'a [&'a str],
}

/// What was not taken from one post, to be counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Traces beyond [`TRACES_PER_POST_MAX`], repeats not counted.
    pub over_limit: u64,
    /// Links that are no http or https address.
    pub invalid_links: u64,
}

/// Appends the traces of a post: its text, media, links, then hashtags, none twice.
///
/// The text comes first because a post stuffed with hashtags must not hide it. At most
/// [`TRACES_PER_POST_MAX`] are appended; the answer says what was left out. A post
/// without text, links, tags or hashed media has no trace, which is no error.
///
/// Cost: one keyed BLAKE3 per candidate and one URL parsed per link.
pub fn traces(
    post: &Post,
    folded_text: Option<&Folded>,
    found: &Found<'_>,
    key: &TraceKey,
    out: &mut Vec<Trace>,
) -> LeftOut {
    let start = out.len();
    let mut left_out = LeftOut::default();
    let mut beyond: Vec<Trace> = Vec::new();
    left_out.invalid_links = each_candidate(post, folded_text, found, |kind, form| {
        let trace = Trace { kind, id: trace_id(kind, form.bytes(), key) };
        if out[start..].contains(&trace) || beyond.contains(&trace) {
            return;
        }
        if out.len() - start < TRACES_PER_POST_MAX {
            out.push(trace);
        } else {
            beyond.push(trace);
        }
    });
    left_out.over_limit = crate::whole::count(beyond.len());
    left_out
}

/// The readable name of the trace with this id, if it is one of the post's.
///
/// `#tag` for a hashtag, the normalised address for a link, the first
/// [`NAME_CHARS_MAX`] characters of a text, `sha256:` and hexadecimal for media. No
/// table keeps names, so the post must be read again from the log.
///
/// Cost: as [`traces`].
#[must_use]
pub fn name_of(
    trace: TraceId,
    post: &Post,
    folded_text: Option<&Folded>,
    found: &Found<'_>,
    key: &TraceKey,
) -> Option<String> {
    let mut name = None;
    each_candidate(post, folded_text, found, |kind, form| {
        if name.is_none() && trace_id(kind, form.bytes(), key) == trace {
            name = Some(form.readable(kind));
        }
    });
    name
}

/// A link in the form in which links compare, or `None` if it is no http(s) address.
///
/// Scheme and host are lower-case, the default port, `www.`, credentials, the
/// fragment, `utm_` parameters and one slash at the end of the path are gone. The
/// order of other parameters stays, because some sites give it meaning.
#[must_use]
pub fn normalise_link(link: &str) -> Option<String> {
    let mut url = Url::parse(link.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let host = url.host_str()?;
    if let Some(bare) = host.strip_prefix("www.").filter(|bare| bare.contains('.')) {
        let bare = bare.to_owned();
        url.set_host(Some(&bare)).ok()?;
    }
    if let Some(query) = url.query() {
        let kept: Vec<&str> = query.split('&').filter(|part| !is_tracking(part)).collect();
        let kept = kept.join("&");
        url.set_query((!kept.is_empty()).then_some(kept.as_str()));
    }
    if let Some(path) = url.path().strip_suffix('/') {
        let path = path.to_owned();
        url.set_path(&path);
    }
    let text = String::from(url);
    // An empty path is written as `/`, which would differ from nothing else.
    Some(text)
}

fn is_tracking(parameter: &str) -> bool {
    parameter.is_empty()
        || parameter.as_bytes().get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"utm_"))
}

/// The normalised form of a candidate, from which both id and name are made.
enum Form<'a> {
    Words(&'a str),
    Digest(&'a [u8; 32]),
}

impl Form<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Words(words) => words.as_bytes(),
            Self::Digest(digest) => digest.as_slice(),
        }
    }

    fn readable(&self, kind: TraceKind) -> String {
        match self {
            Self::Words(words) if kind == TraceKind::Hashtag => format!("#{words}"),
            Self::Words(words) if kind == TraceKind::Text => {
                words.chars().take(NAME_CHARS_MAX).collect()
            }
            Self::Words(words) => (*words).to_owned(),
            Self::Digest(digest) => {
                let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("sha256:{hex}")
            }
        }
    }
}

/// Calls `take` for each candidate in order; answers how many links were invalid.
fn each_candidate(
    post: &Post,
    folded_text: Option<&Folded>,
    found: &Found<'_>,
    mut take: impl FnMut(TraceKind, &Form<'_>),
) -> u64 {
    if let Some(text) = folded_text.map(Folded::as_str).filter(|text| is_long_enough(text)) {
        take(TraceKind::Text, &Form::Words(text));
    }
    for digest in post.media.iter().filter_map(|media| media.sha256.as_ref()) {
        take(TraceKind::Media, &Form::Digest(digest));
    }
    let mut invalid = 0;
    for link in found.links {
        match normalise_link(link) {
            Some(link) => take(TraceKind::Link, &Form::Words(&link)),
            None => invalid += 1,
        }
    }
    for tag in found.tags.iter().filter(|tag| !tag.is_empty()) {
        take(TraceKind::Hashtag, &Form::Words(tag));
    }
    invalid
}

/// Short texts such as a greeting tie nobody together.
fn is_long_enough(text: &str) -> bool {
    text.split_whitespace().nth(TEXT_WORDS_MIN - 1).is_some()
        || text.chars().nth(TEXT_CHARS_MIN - 1).is_some()
}

fn trace_id(kind: TraceKind, form: &[u8], key: &TraceKey) -> TraceId {
    let mut hasher = blake3::Hasher::new_keyed(&key.0);
    hasher.update(&[kind.number()]);
    hasher.update(form);
    let mut head = [0; 16];
    hasher.finalize_xof().fill(&mut head);
    TraceId(u128::from_be_bytes(head))
}

#[cfg(test)]
mod tests {
    use super::*;
    use seawall_model::{MediaRef, PlatformId};

    const KEY: TraceKey = TraceKey([7; 32]);

    fn post(media: Vec<MediaRef>) -> Post {
        Post {
            id: PlatformId::new("p1").unwrap(),
            text: None,
            languages: Vec::new(),
            tags: Vec::new(),
            links: Vec::new(),
            mentions: Vec::new(),
            media,
            reply_to: None,
            quote_of: None,
            claimed_at: None,
            client: None,
            extra: Vec::new(),
        }
    }

    fn folded(text: &str) -> Folded {
        let map = (0..=u32::try_from(text.len()).unwrap()).collect();
        Folded::new(text.to_owned(), map)
    }

    fn check_link(link: &str, expect: Option<&str>) {
        assert_eq!(normalise_link(link).as_deref(), expect, "{link}");
    }

    #[test]
    fn links_that_lead_to_the_same_place_are_one() {
        let plain = Some("https://kettle.example/Tea");
        check_link("https://kettle.example/Tea", plain);
        check_link("HTTPS://WWW.Kettle.Example:443/Tea/#spout", plain);
        check_link("https://u:p@kettle.example/Tea?utm_source=x&UTM_Medium=y", plain);
        check_link(" https://kettle.example/Tea? ", plain);
        check_link("https://kettle.example", Some("https://kettle.example/"));
        check_link(
            "https://kettle.example/?b=2&utm_id=1&a=1",
            Some("https://kettle.example/?b=2&a=1"),
        );
        check_link("https://www.example/", Some("https://www.example/"));
        check_link("https://شاي.example/", Some("https://xn--mgbz8d.example/"));
    }

    #[test]
    fn what_is_no_web_address_is_no_link() {
        for link in ["", "kettle.example", "ftp://kettle.example", "https://", "javascript:1"] {
            check_link(link, None);
        }
    }

    #[test]
    fn a_post_gives_its_text_media_links_and_tags_once_each() {
        let media = MediaRef { sha256: Some([1; 32]), ..MediaRef::default() };
        let post = post(vec![media.clone(), media, MediaRef::default()]);
        let text = folded("the kettle league meets");
        let tags = ["kettle".to_owned(), String::new(), "kettle".to_owned()];
        let links = ["https://kettle.example", "nowhere", "https://www.kettle.example/#a"];
        let found = Found { tags: &tags, links: &links };
        let mut out = Vec::new();
        let left_out = traces(&post, Some(&text), &found, &KEY, &mut out);
        assert_eq!(left_out, LeftOut { over_limit: 0, invalid_links: 1 });
        let kinds: Vec<_> = out.iter().map(|trace| trace.kind.as_str()).collect();
        assert_eq!(kinds, ["text", "media", "link", "hashtag"]);
        let names: Vec<_> = out
            .iter()
            .map(|trace| name_of(trace.id, &post, Some(&text), &found, &KEY).unwrap())
            .collect();
        assert_eq!(names[0], "the kettle league meets");
        assert_eq!(names[1], format!("sha256:{}", "01".repeat(32)));
        assert_eq!(names[2..], ["https://kettle.example/", "#kettle"]);
        assert_eq!(name_of(TraceId(1), &post, Some(&text), &found, &KEY), None);
        insta::assert_snapshot!(out[3].id.to_string());
    }

    #[test]
    fn short_texts_are_no_trace() {
        for (text, expect) in [
            ("good morning all", 0),
            ("good morning to all", 1),
            ("nineteencharacters", 0),
            ("twenty_characters_ok", 1),
            ("", 0),
        ] {
            let mut out = Vec::new();
            traces(&post(Vec::new()), Some(&folded(text)), &Found::default(), &KEY, &mut out);
            assert_eq!(out.len(), expect, "{text}");
        }
    }

    #[test]
    fn a_post_stuffed_with_tags_keeps_its_text_and_tells_what_was_left_out() {
        let mut tags: Vec<String> = (0..40).map(|n| format!("kettle{n}")).collect();
        tags.extend_from_within(30..);
        let found = Found { tags: &tags, links: &[] };
        let mut out = vec![Trace { kind: TraceKind::Link, id: TraceId(1) }];
        let text = folded("a kettle for every hand");
        let left_out = traces(&post(Vec::new()), Some(&text), &found, &KEY, &mut out);
        assert_eq!(out.len(), 1 + TRACES_PER_POST_MAX);
        assert_eq!(out[1].kind, TraceKind::Text);
        assert_eq!(left_out.over_limit, 41 - 16);
    }

    #[test]
    fn ids_depend_on_key_and_kind_and_the_key_is_never_shown() {
        let id = |kind, key: &TraceKey| trace_id(kind, b"kettle", key);
        assert_ne!(id(TraceKind::Hashtag, &KEY), id(TraceKind::Text, &KEY));
        assert_ne!(id(TraceKind::Hashtag, &KEY), id(TraceKind::Hashtag, &TraceKey([8; 32])));
        assert_eq!(format!("{KEY:?}"), "TraceKey(…)");
    }

    #[test]
    fn kinds_keep_their_numbers_and_names() {
        for (index, kind) in TraceKind::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(kind.number()), index + 1);
            assert_eq!(TraceKind::from_number(kind.number()), Some(kind));
            assert_eq!(TraceKind::from_name(kind.as_str()), Some(kind));
        }
        assert_eq!(TraceKind::from_number(0), None);
    }
}
