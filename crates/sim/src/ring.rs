//! The newest posts of a community or a network, from which others choose what to answer.

use std::collections::VecDeque;

use crate::account::Moment;
use crate::chance::Chance;
use crate::class::PostClass;
use crate::item::PostKey;

/// A post that can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recent {
    /// Its author.
    pub account: u32,
    /// Which of the author's posts.
    pub number: u32,
    /// When it was posted.
    pub at: Moment,
    /// What it is.
    pub class: PostClass,
}

/// The newest posts, so many at most.
#[derive(Clone, Debug)]
pub struct Ring {
    posts: VecDeque<Recent>,
    most: usize,
}

impl Ring {
    /// An empty one.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { posts: VecDeque::new(), most }
    }

    /// Adds the newest.
    pub fn push(&mut self, post: Recent) {
        if self.posts.len() == self.most {
            self.posts.pop_front();
        }
        self.posts.push_back(post);
    }

    /// Takes a post out, so that nobody comes upon it any more.
    pub fn forget(&mut self, (account, number): PostKey) {
        self.posts.retain(|post| (post.account, post.number) != (account, number));
    }

    /// One of them, a newer one rather than an older one; `None` if there is none.
    pub fn pick(&self, chance: &mut Chance) -> Option<Recent> {
        let newest = self.posts.len().checked_sub(1)?;
        let back = chance.ranked(self.posts.len());
        self.posts.get(newest - back).copied()
    }
}
