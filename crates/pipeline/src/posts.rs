//! Whose posts are, and where their newest content is told.
//!
//! Reports, and files that are told apart from their post, name a post by its id alone. Of the
//! newest posts is kept who wrote them, so that a case about one names its author. It is a fold
//! of the log alone. Left out: what posts say.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{AccountId, Timestamp, TraceId};
use seawall_review::{Change, Content};

/// Held where an author is not known: nobody has this number.
const NOBODY: AccountId = AccountId(u64::MAX);
/// Bytes of one post in a snapshot.
const POST_BYTES: usize = 16 + 8 + 4 + 8 + 1;

/// What is known of one post. Twenty-four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    author: AccountId,
    /// Position of the event with its newest content; 0 where only its deletion is known.
    pub(crate) content: u64,
    /// Seconds since 1970 at which the author's account was created; 0 where not known.
    created: u32,
    /// Whether it was deleted since.
    pub(crate) is_deleted: bool,
}

impl Known {
    /// Whose it is: who told it first.
    pub(crate) fn author(&self) -> Option<AccountId> {
        Some(self.author).filter(|author| *author != NOBODY)
    }

    /// When the author's account was created, as known when the post was told.
    pub(crate) fn created_at(&self) -> Option<Timestamp> {
        let micros = i64::from(self.created) * 1_000_000;
        Some(micros).filter(|micros| *micros > 0).and_then(|at| Timestamp::from_micros(at).ok())
    }
}

/// The newest posts, by the keyed hash of the platform's id, in two generations.
///
/// Cost: one look-up per post; when the younger is full, the older is let go whole.
#[derive(Debug, Default)]
pub(crate) struct Posts {
    young: HashMap<TraceId, Known>,
    old: HashMap<TraceId, Known>,
}

impl Posts {
    /// What is known of a post.
    pub(crate) fn get(&self, post: TraceId) -> Option<&Known> {
        self.young.get(&post).or_else(|| self.old.get(&post))
    }

    /// Takes in what happened to a post. Who told it first is its author: an edit by somebody
    /// else, such as a moderator of the platform, is an edit of the author's post.
    ///
    /// At most `posts_max` are kept, and at least half as many of the newest. Gives the author,
    /// where known.
    pub(crate) fn note(&mut self, change: &Change, posts_max: u64) -> Option<AccountId> {
        let nothing = Known { author: NOBODY, content: 0, created: 0, is_deleted: false };
        let mut known = self.get(change.post).copied().unwrap_or(nothing);
        known.is_deleted = change.content == Content::Deleted;
        if let Content::At(position) = change.content {
            known.content = position;
            if let (Some(author), NOBODY) = (change.author, known.author) {
                known.author = author;
                let seconds = change.created_at.map_or(0, |at| at.micros() / 1_000_000);
                known.created = u32::try_from(seconds).unwrap_or(0);
            }
        }
        let share = usize::try_from(posts_max / 2).unwrap_or(usize::MAX);
        if self.young.len() >= share && !self.young.contains_key(&change.post) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(change.post, known);
        known.author()
    }

    /// Forgets the posts of accounts whose content was erased.
    pub(crate) fn forget(&mut self, accounts: &BTreeSet<AccountId>) {
        for generation in [&mut self.young, &mut self.old] {
            generation.retain(|_, known| !accounts.contains(&known.author));
        }
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        for generation in [&self.young, &self.old] {
            let mut posts: Vec<_> = generation.iter().collect();
            posts.sort_unstable_by_key(|(post, _)| **post);
            writer.len(posts.len());
            for (post, known) in posts {
                writer.u128(post.0);
                writer.u64(known.author.0);
                writer.u32(known.created);
                writer.u64(known.content);
                writer.u8(u8::from(known.is_deleted));
            }
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut posts = Self::default();
        for generation in [&mut posts.young, &mut posts.old] {
            let count = reader.len(POST_BYTES)?;
            generation.reserve(count);
            for _ in 0..count {
                let post = TraceId(reader.u128()?);
                let (author, created) = (AccountId(reader.u64()?), reader.u32()?);
                let (content, is_deleted) = (reader.u64()?, reader.u8()? == 1);
                generation.insert(post, Known { author, content, created, is_deleted });
            }
        }
        Ok(posts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(post: u128, position: u64, content: Content, author: u64) -> Change {
        let (post, author) = (TraceId(post), Some(AccountId(author)).filter(|id| id.0 > 0));
        Change { post, position, content, author, created_at: None }
    }

    #[test]
    fn who_told_it_first_is_the_author_and_what_came_last_is_the_content() {
        let mut posts = Posts::default();
        for (position, content, author) in [
            (3, Content::At(3), 0),
            (4, Content::At(4), 7),
            (5, Content::At(5), 8),
            (6, Content::Deleted, 9),
        ] {
            posts.note(&change(1, position, content, author), 10);
        }
        let known = *posts.get(TraceId(1)).unwrap();
        assert_eq!((known.author(), known.created_at()), (Some(AccountId(7)), None));
        assert_eq!((known.content, known.is_deleted), (5, true));
        posts.note(&change(1, 9, Content::At(9), 7), 10);
        let again = *posts.get(TraceId(1)).unwrap();
        assert_eq!(again, Known { content: 9, is_deleted: false, ..known });
        posts.forget(&BTreeSet::from([AccountId(7)]));
        assert_eq!(posts.get(TraceId(1)), None);
    }

    #[test]
    fn the_newest_are_known_and_a_snapshot_holds_them() {
        let mut posts = Posts::default();
        for n in 1..=1_005 {
            let created_at = Some(Timestamp::from_micros(86_400_000_000).unwrap());
            let change = Change { created_at, ..change(n.into(), n, Content::At(n), n) };
            posts.note(&change, 100);
            // What is asked for newly stays young.
            posts.note(&Change { post: TraceId(1), ..change }, 100);
        }
        let is_known = |n: u64| posts.get(TraceId(n.into())).is_some();
        assert!((956..=1_005).all(is_known) && is_known(1) && !is_known(900));
        let known = posts.get(TraceId(1)).unwrap();
        assert_eq!(known.created_at().unwrap().micros(), 86_400_000_000);
        let mut writer = Writer::new();
        posts.encode(&mut writer);
        let bytes = writer.into_bytes();
        let read = Posts::decode(&mut Reader::new(&bytes)).unwrap();
        assert_eq!((read.young, read.old), (posts.young, posts.old));
    }
}
