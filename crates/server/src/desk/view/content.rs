//! What a case is about as data: a post, an account beside the one it resembles, an entry.
//!
//! Content, as it came. Pictures are named, never fetched.

use seawall_model::journal::SubjectSeen;
use seawall_model::knowledge::{Known, RemovedProfile};
use seawall_model::{AccountId, EntryId, MediaRef, Post, Timestamp};
use seawall_review::Case;
use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::{Desk, DeskError, Person, content, evidence};
use crate::media::MARKED;

/// What a case is about. Which of the three it is, its subject says.
#[derive(Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ContentView {
    /// A post.
    Post {
        /// The post as it is now; null once its content is gone, and where the post itself is not
        /// in the log.
        post: Option<Box<PostView>>,
        /// Whether it was deleted since: then this is what it said last.
        deleted: bool,
        /// The file that an event told apart from its post.
        file: Option<MediaView>,
        /// Its author, where told.
        account: Option<Box<AccountView>>,
    },
    /// An account.
    Account {
        /// The account.
        account: Box<AccountView>,
        /// What it posted last, the newest first.
        posts: Vec<PostView>,
        /// The removed account that it resembles most.
        resembles: Option<Box<ResemblesView>>,
    },
    /// An entry of knowledge.
    Entry {
        /// Its number, such as `k9`.
        entry: String,
        /// In words.
        called: String,
        /// Where it comes from; null for the protected register, and once it was destroyed.
        source: Option<String>,
        /// The decisions that stand for it.
        stands_on: Vec<String>,
    },
}

/// A post.
#[derive(Clone, Serialize, ToSchema)]
pub struct PostView {
    /// The platform's id.
    pub id: String,
    /// When the event that told it happened.
    pub at: String,
    /// Its text.
    pub text: Option<String>,
    /// Its hashtags.
    pub tags: Vec<String>,
    /// Its links.
    pub links: Vec<String>,
    /// Its files.
    pub media: Vec<MediaView>,
    /// The platform's id of the post it answers.
    pub reply_to: Option<String>,
    /// The platform's id of the post it quotes.
    pub quote_of: Option<String>,
}

/// A file.
#[derive(Clone, Serialize, ToSchema)]
pub struct MediaView {
    /// The platform's id.
    pub id: Option<String>,
    /// SHA-256, hexadecimal.
    pub sha256: Option<String>,
    /// PDQ, hexadecimal.
    pub pdq: Option<String>,
    /// Whether it was marked as suspected child abuse: then nothing else of it is told.
    pub marked: bool,
}

/// An account as the platform last told of it.
#[derive(Clone, Serialize, ToSchema)]
pub struct AccountView {
    /// The platform's id; null once it was erased.
    pub id: Option<String>,
    /// Its handle.
    pub handle: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// What it says of itself.
    pub bio: Option<String>,
    /// Its picture.
    pub avatar: Option<MediaView>,
    /// Links of its profile.
    pub links: Vec<String>,
    /// When it was made, where told.
    pub created_at: Option<String>,
    /// What the platform itself did to it last.
    pub platform: Option<PlatformView>,
}

/// What a platform did to an account.
#[derive(Clone, Serialize, ToSchema)]
pub struct PlatformView {
    /// The kind of the event, such as `account.suspended`.
    pub kind: &'static str,
    /// When.
    pub at: String,
}

/// The profile of a removed account.
#[derive(Clone, Serialize, ToSchema)]
pub struct ResemblesView {
    /// The entry of knowledge, such as `k9`.
    pub entry: Option<String>,
    /// Its handle.
    pub handle: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its picture.
    pub avatar: Option<MediaView>,
    /// Links of its profile.
    pub links: Vec<String>,
}

/// What a case is about.
pub(super) fn of(desk: &mut Desk<'_>, case: &Case) -> Result<ContentView, DeskError> {
    match case.subject {
        SubjectSeen::Post { account, .. } => of_post(desk, case, account),
        SubjectSeen::Account { account } => of_account(desk, case, AccountId(account)),
        SubjectSeen::Entry { entry } => of_entry(desk, entry),
    }
}

fn of_post(
    desk: &mut Desk<'_>,
    case: &Case,
    account: Option<u64>,
) -> Result<ContentView, DeskError> {
    let newest = desk.newest(case)?;
    let told = newest.as_ref().and_then(|event| Some(PostView::of(event.post()?, event.at)));
    let (post, deleted) = (told.map(Box::new), case.is_deleted);
    let file = desk.file(case)?.map(|item| MediaView::from(&item.media));
    let person = account.map(|account| desk.person(AccountId(account))).transpose()?;
    let account = person.as_ref().map(|person| Box::new(AccountView::from(person)));
    Ok(ContentView::Post { post, deleted, file, account })
}

fn of_account(
    desk: &mut Desk<'_>,
    case: &Case,
    account: AccountId,
) -> Result<ContentView, DeskError> {
    let entry = evidence::comebacks(case).first().and_then(|best| best.entry);
    let removed = match entry {
        Some(entry) => content::removed(desk, entry)?,
        None => None,
    };
    let posts = desk.posts_of(account)?;
    Ok(ContentView::Account {
        account: Box::new(AccountView::from(&content::person_of(desk, case, account)?)),
        posts: posts.iter().map(|(at, post)| PostView::of(post, *at)).collect(),
        resembles: removed.map(|profile| Box::new(ResemblesView::of(entry, profile))),
    })
}

fn of_entry(desk: &Desk<'_>, entry: u64) -> Result<ContentView, DeskError> {
    // Where an entry of the register comes from is read with a key, as the rest of it.
    let knowledge = desk.entry(entry)?;
    let told = knowledge.filter(|entry| !matches!(entry.known, Known::Protected(_)));
    let stands_on = desk.judge().supports().supporters(EntryId(entry));
    Ok(ContentView::Entry {
        entry: EntryId(entry).to_string(),
        called: desk.entry_called(entry)?,
        source: told.map(|entry| entry.source.to_string()),
        stands_on: stands_on.map(|decision| decision.to_string()).collect(),
    })
}

impl PostView {
    fn of(post: &Post, at: Timestamp) -> Self {
        Self {
            id: post.id.to_string(),
            at: at.to_string(),
            text: post.text.as_deref().map(str::to_owned),
            tags: post.tags.iter().map(ToString::to_string).collect(),
            links: post.links.iter().map(ToString::to_string).collect(),
            media: post.media.iter().map(MediaView::from).collect(),
            reply_to: post.reply_to.as_ref().map(ToString::to_string),
            quote_of: post.quote_of.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&MediaRef> for MediaView {
    fn from(media: &MediaRef) -> Self {
        Self {
            id: media.id.as_ref().map(ToString::to_string),
            sha256: media.sha256.map(|hash| hex(&hash)),
            pdq: media.pdq.map(|hash| hex(&hash)),
            marked: media.mime.as_deref() == Some(MARKED),
        }
    }
}

impl From<&Person> for AccountView {
    fn from(person: &Person) -> Self {
        let platform = |(kind, at): (seawall_model::EventKind, Timestamp)| PlatformView {
            kind: kind.as_str(),
            at: at.to_string(),
        };
        Self {
            id: person.id.clone(),
            handle: person.handle.clone(),
            name: person.name.clone(),
            bio: person.bio.clone(),
            avatar: person.avatar.as_ref().map(MediaView::from),
            links: person.links.clone(),
            created_at: person.created_at.map(|at| at.to_string()),
            platform: person.standing.map(platform),
        }
    }
}

impl ResemblesView {
    fn of(entry: Option<u64>, profile: RemovedProfile) -> Self {
        let avatar = MediaRef {
            sha256: profile.avatar_sha256,
            pdq: profile.avatar_pdq,
            ..MediaRef::default()
        };
        let has_avatar = avatar.sha256.is_some() || avatar.pdq.is_some();
        Self {
            entry: entry.map(|entry| EntryId(entry).to_string()),
            handle: profile.handle.map(String::from),
            name: profile.name.map(String::from),
            avatar: has_avatar.then(|| MediaView::from(&avatar)),
            links: profile.links.into_iter().map(String::from).collect(),
        }
    }
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
