//! Reading a post: its normalised text, its hashtags and links, and so its traces.
//!
//! Normalising is done once here and handed on, so that every stage sees the same.

use seawall_model::{Folded, Post, TraceId};
use seawall_wave::{Found, LeftOut, Trace, TraceKey};

/// A post, read.
#[derive(Debug)]
pub struct Reading<'a> {
    post: &'a Post,
    folded: Option<Folded>,
    tags: Vec<String>,
    links: Vec<&'a str>,
}

impl<'a> Reading<'a> {
    /// Normalises a post's text and finds its hashtags and links.
    ///
    /// Where the platform lists hashtags or links, its list is taken; else they are
    /// found in the text.
    #[must_use]
    pub fn new(post: &'a Post) -> Self {
        let text = post.text.as_deref();
        let fold = |tag: &str| seawall_text::fold(tag).as_str().to_owned();
        let tags = if post.tags.is_empty() {
            text.map(|text| seawall_text::tags(text).map(fold).collect()).unwrap_or_default()
        } else {
            post.tags.iter().map(|tag| fold(tag)).collect()
        };
        let links = if post.links.is_empty() {
            text.map(|text| seawall_text::links(text).collect()).unwrap_or_default()
        } else {
            post.links.iter().map(|link| &**link).collect()
        };
        Self { post, folded: text.map(seawall_text::fold), tags, links }
    }

    /// Appends the post's traces; says what was left out.
    pub fn traces(&self, key: &TraceKey, out: &mut Vec<Trace>) -> LeftOut {
        let found = Found { tags: &self.tags, links: &self.links };
        seawall_wave::traces(self.post, self.folded.as_ref(), &found, key, out)
    }

    /// The post's normalised text; `None` if it came without one.
    #[must_use]
    pub fn folded(&self) -> Option<&Folded> {
        self.folded.as_ref()
    }

    /// The post's links.
    #[must_use]
    pub fn links(&self) -> &[&'a str] {
        &self.links
    }

    /// The readable name of a trace, if this post carries it.
    #[must_use]
    pub fn name_of(&self, trace: TraceId, key: &TraceKey) -> Option<String> {
        let found = Found { tags: &self.tags, links: &self.links };
        seawall_wave::name_of(trace, self.post, self.folded.as_ref(), &found, key)
    }
}

/// The readable name of a trace, looked up in a post that carries it.
#[must_use]
pub fn trace_name(trace: TraceId, post: &Post, key: &TraceKey) -> Option<String> {
    Reading::new(post).name_of(trace, key)
}
