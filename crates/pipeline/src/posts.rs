//! Whose posts are, and where their newest content is told.
//!
//! Reports, and files that are told apart from their post, name a post by its id alone. Of the
//! newest posts is kept who wrote them, so that a case about one names its author. It is a fold
//! of the log alone. Left out: what posts say.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use seawall_model::codec::{CodecError, Reader, Writer};
use seawall_model::{AccountId, TraceId};
use seawall_review::{Change, Content};

/// Held where an author is not known: nobody has this number.
const NOBODY: AccountId = AccountId(u64::MAX);
/// Held where the author was erased: whoever tells of the post again is not taken for them.
const ERASED: AccountId = AccountId(u64::MAX - 1);
/// Bytes of one post in a snapshot.
const POST_BYTES: usize = 16 + 8 + 8 + 1;

/// What is known of one post. Twenty-four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    author: AccountId,
    /// Position of the event with its newest content; 0 where only its deletion is known.
    pub(crate) content: u64,
    /// Whether it was deleted since.
    pub(crate) is_deleted: bool,
    /// Whether another account told the same id to be its own post: the id alone says nothing.
    pub(crate) is_contested: bool,
}

impl Known {
    /// Whose it is: who told it first.
    pub(crate) fn author(&self) -> Option<AccountId> {
        Some(self.author).filter(|author| ![NOBODY, ERASED].contains(author))
    }

    /// Whether what an account tells of the post is about a post of its own under the same id.
    fn is_others(&self, by: Option<AccountId>, tells: Tells) -> bool {
        let is_other = self.author().is_some_and(|author| by != Some(author));
        is_other
            && match tells {
                Tells::Creation => true,
                Tells::Change => self.is_contested,
                Tells::Mention => false,
            }
    }
}

/// What an event tells of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tells {
    /// That the account posted it.
    Creation = 0,
    /// That it was edited or deleted, by whoever.
    Change = 1,
    /// That it is reported or has a file: whoever tells that, it is of the post of that id.
    Mention = 2,
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

    /// Whether what an account tells of a post is about another one, of its own, whose id was
    /// given before.
    pub(crate) fn is_others(&self, post: TraceId, by: Option<AccountId>, tells: Tells) -> bool {
        self.get(post).is_some_and(|known| known.is_others(by, tells))
    }

    /// Takes in what happened to a post. Who created it is its author, and nobody else: an edit
    /// may come from a moderator of the platform. Where two accounts tell to have created the same
    /// id, the first one's post stays as it is.
    ///
    /// At most `posts_max` are kept, and at least half as many of the newest. Gives what is known
    /// now; `None` if the event is about another post than the one of this id.
    pub(crate) fn note(
        &mut self,
        change: &Change,
        by: Option<AccountId>,
        tells: Tells,
        posts_max: u64,
    ) -> Option<Known> {
        let nothing = Known { author: NOBODY, content: 0, is_deleted: false, is_contested: false };
        let mut known = self.get(change.post).copied().unwrap_or(nothing);
        let is_others = known.is_others(by, tells);
        if is_others {
            known.is_contested = true;
        } else {
            known.is_deleted = change.content == Content::Deleted;
            if let Content::At(position) = change.content {
                known.content = position;
            }
            if let (Some(by), Tells::Creation, NOBODY) = (by, tells, known.author) {
                known.author = by;
            }
        }
        let share = usize::try_from(posts_max / 2).unwrap_or(usize::MAX);
        if self.young.len() >= share && !self.young.contains_key(&change.post) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(change.post, known);
        (!is_others).then_some(known)
    }

    /// Forgets the posts of accounts whose content was erased.
    pub(crate) fn forget(&mut self, accounts: &BTreeSet<AccountId>) {
        for generation in [&mut self.young, &mut self.old] {
            for known in generation.values_mut().filter(|known| accounts.contains(&known.author)) {
                known.author = ERASED;
            }
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
                writer.u64(known.content);
                writer.u8(u8::from(known.is_deleted) | u8::from(known.is_contested) << 1);
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
                let (author, content) = (AccountId(reader.u64()?), reader.u64()?);
                let marks = reader.u8()?;
                let (is_deleted, is_contested) = (marks & 1 > 0, marks & 2 > 0);
                generation.insert(post, Known { author, content, is_deleted, is_contested });
            }
        }
        Ok(posts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(post: u128, position: u64, content: Content) -> Change {
        Change { post: TraceId(post), position, content }
    }

    fn by(account: u64) -> Option<AccountId> {
        Some(AccountId(account))
    }

    #[test]
    fn who_created_it_is_the_author_and_what_came_last_is_the_content() {
        let mut posts = Posts::default();
        for (position, content, by, tells) in [
            (3, Content::At(3), by(8), Tells::Change),
            (4, Content::At(4), by(7), Tells::Creation),
            (5, Content::At(5), by(8), Tells::Change),
            (6, Content::Deleted, by(9), Tells::Change),
        ] {
            let known = posts.note(&change(1, position, content), by, tells, 10).unwrap();
            assert_eq!(known.author().is_some(), position > 3, "an edit makes nobody the author");
        }
        let known = *posts.get(TraceId(1)).unwrap();
        assert_eq!((known.author(), known.content, known.is_deleted), (by(7), 5, true));
        posts.note(&change(1, 9, Content::At(9)), by(7), Tells::Creation, 10);
        let again = *posts.get(TraceId(1)).unwrap();
        assert_eq!(again, Known { content: 9, is_deleted: false, ..known });
        posts.forget(&BTreeSet::from([AccountId(7)]));
        posts.note(&change(1, 10, Content::At(10)), by(8), Tells::Creation, 10);
        assert_eq!(posts.get(TraceId(1)).unwrap().author(), None, "nobody takes their place");
    }

    #[test]
    fn of_two_who_created_the_same_id_the_first_ones_post_stays_as_it_is() {
        let mut posts = Posts::default();
        posts.note(&change(1, 3, Content::At(3)), by(7), Tells::Creation, 10);
        assert!(posts.is_others(TraceId(1), by(8), Tells::Creation));
        assert!(!posts.is_others(TraceId(1), by(8), Tells::Change), "a moderator may edit");
        let other = posts.note(&change(1, 4, Content::At(4)), by(8), Tells::Creation, 10);
        assert_eq!(other, None);
        let other = posts.note(&change(1, 5, Content::At(5)), by(8), Tells::Change, 10);
        assert_eq!(other, None, "of a contested id, only the author edits");
        let known = posts.get(TraceId(1)).unwrap();
        assert_eq!((known.author(), known.content, known.is_contested), (by(7), 3, true));
        assert!(posts.note(&change(1, 6, Content::At(6)), by(7), Tells::Change, 10).is_some());
    }

    #[test]
    fn the_newest_are_known_and_a_snapshot_holds_them() {
        let mut posts = Posts::default();
        for n in 1..=1_005 {
            let told = change(n.into(), n, Content::At(n));
            posts.note(&told, by(n), Tells::Creation, 100);
            // What is told of anew stays young.
            posts.note(&Change { post: TraceId(1), ..told }, by(1), Tells::Change, 100);
            posts.note(&told, by(2_000), Tells::Creation, 100);
        }
        let is_known = |n: u64| posts.get(TraceId(n.into())).is_some();
        assert!((956..=1_005).all(is_known) && is_known(1) && !is_known(900));
        let mut writer = Writer::new();
        posts.encode(&mut writer);
        let bytes = writer.into_bytes();
        let read = Posts::decode(&mut Reader::new(&bytes)).unwrap();
        assert_eq!((read.young, read.old), (posts.young, posts.old));
    }
}
