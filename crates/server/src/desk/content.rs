//! What a case is about, as people see it: a post, an account beside the one it resembles,
//! an entry of knowledge.
//!
//! All of it comes from outside and is shown isolated. Pictures are named, never fetched.

use seawall_model::journal::SubjectSeen;
use seawall_model::knowledge::{Known, RemovedProfile};
use seawall_model::{AccountId, EntryId, EventBody, EventKind, MediaRef, Post, Subject};
use seawall_review::Case;

use super::{Desk, DeskError, NAME_CHARS_MAX, Person, evidence, minute};
use crate::media::MARKED;
use crate::show;

/// Characters of a post that are shown.
const TEXT_CHARS_MAX: usize = 2_000;
/// Characters of a link or an id that are shown.
const LINK_CHARS_MAX: usize = 200;
/// Links, tags or files that are shown.
const SHOWN_MAX: usize = 16;
/// Hexadecimal digits of a hash that are shown.
const HASH_DIGITS: usize = 16;

impl Desk<'_> {
    /// The platform's id of the post at a position, told by whatever event is there; `None` if
    /// it is about none, or its content is gone.
    pub fn post_id(&mut self, position: u64) -> Option<String> {
        let id = match self.event(position)?.body {
            EventBody::PostCreated(post) | EventBody::PostEdited(post) => post.id,
            EventBody::Media(item) => item.post?,
            EventBody::Report(report) => match report.subject {
                Subject::Post(post) => post,
                Subject::Account(_) => return None,
            },
            _ => return None,
        };
        Some(id.as_str().to_owned())
    }

    /// The language of what a case is about, as the platform told it of its newest content; `None`
    /// if it did not.
    ///
    /// # Errors
    /// [`DeskError`] if the log cannot be read.
    pub fn language(&mut self, case: &Case) -> Result<Option<String>, DeskError> {
        let languages = match case.subject {
            SubjectSeen::Post { .. } => {
                self.newest(case)?.and_then(|event| Some(event.post()?.languages.clone()))
            }
            SubjectSeen::Account { account } => {
                let posts = self.posts_of(AccountId(account))?;
                posts.into_iter().next().map(|(_, post)| post.languages)
            }
            SubjectSeen::Entry { .. } => None,
        };
        Ok(languages.and_then(|languages| Some(languages.first()?.to_string())))
    }
}

/// What a case is about, a line each.
///
/// # Errors
/// [`DeskError`] if log or knowledge cannot be read.
pub fn lines(desk: &mut Desk<'_>, case: &Case) -> Result<Vec<String>, DeskError> {
    match case.subject {
        SubjectSeen::Post { account, .. } => {
            let mut lines = post_lines(desk, case)?;
            if let Some(account) = account {
                lines.extend(author_lines(&desk.person(AccountId(account))?));
            }
            Ok(lines)
        }
        SubjectSeen::Account { account } => {
            let person = person_of(desk, case, AccountId(account))?;
            let removed = match evidence::comebacks(case).first().and_then(|best| best.entry) {
                Some(entry) => removed(desk, entry)?.map(|profile| (entry, profile)),
                None => None,
            };
            let mut lines = account_lines(&person, removed.as_ref());
            lines.extend(newest_lines(desk, AccountId(account))?);
            Ok(lines)
        }
        SubjectSeen::Entry { entry } => entry_lines(desk, entry),
    }
}

/// The profile of a removed account, if it is still kept.
///
/// # Errors
/// [`DeskError`] if log or knowledge cannot be read.
pub fn removed(desk: &Desk<'_>, entry: u64) -> Result<Option<RemovedProfile>, DeskError> {
    Ok(match desk.entry(entry)?.map(|knowledge| knowledge.known) {
        Some(Known::Removed(removed)) => Some(removed.profile),
        _ => None,
    })
}

fn post_lines(desk: &mut Desk<'_>, case: &Case) -> Result<Vec<String>, DeskError> {
    let mut lines = Vec::new();
    match desk.newest(case)? {
        Some(event) => {
            lines.push(format!("{} at {}", kind_words(event.kind()), minute(event.at)));
            event.post().into_iter().for_each(|post| of_post(post, &mut lines));
        }
        None if case.content == 0 => {
            lines.push("(the post itself was not told: there is nothing to see)".into());
        }
        None => lines.push("(its content is gone: there is nothing to see any more)".into()),
    }
    if let Some(item) = desk.file(case)? {
        lines.push(format!("told apart from it: {}", media_line(&item.media)));
    }
    if case.is_deleted {
        lines.push("(it was deleted since: this is what it said last)".into());
    }
    Ok(lines)
}

/// What an account posted last, the newest first.
fn newest_lines(desk: &mut Desk<'_>, account: AccountId) -> Result<Vec<String>, DeskError> {
    let posts = desk.posts_of(account)?;
    if posts.is_empty() {
        return Ok(vec!["posts    none is here".into()]);
    }
    let mut lines = vec![format!("its newest posts ({})", posts.len())];
    for (at, post) in &posts {
        lines.push(format!("posted at {}", minute(*at)));
        of_post(post, &mut lines);
    }
    Ok(lines)
}

fn kind_words(kind: EventKind) -> &'static str {
    match kind {
        EventKind::PostCreated => "posted",
        EventKind::PostEdited => "edited",
        _ => "told",
    }
}

fn of_post(post: &Post, lines: &mut Vec<String>) {
    lines.push(format!("id       {}", show::foreign(post.id.as_str(), LINK_CHARS_MAX)));
    let text = post.text.as_deref().unwrap_or("(no text)");
    lines.push(format!("text     {}", show::foreign(text, TEXT_CHARS_MAX)));
    for tag in post.tags.iter().take(SHOWN_MAX) {
        lines.push(format!("tag      {}", show::foreign(tag, NAME_CHARS_MAX)));
    }
    for link in post.links.iter().take(SHOWN_MAX) {
        lines.push(format!("link     {}", show::foreign(link, LINK_CHARS_MAX)));
    }
    lines.extend(post.media.iter().take(SHOWN_MAX).map(media_line));
    for (word, other) in [("answers", &post.reply_to), ("quotes", &post.quote_of)] {
        if let Some(other) = other {
            lines.push(format!("{word:<8} {}", show::foreign(other.as_str(), LINK_CHARS_MAX)));
        }
    }
}

fn media_line(media: &MediaRef) -> String {
    format!("media    {}", media_words(media))
}

fn media_words(media: &MediaRef) -> String {
    if media.mime.as_deref() == Some(MARKED) {
        return "(marked as suspected child abuse: it is not shown)".into();
    }
    let id = media.id.as_ref().map(|id| show::foreign(id.as_str(), LINK_CHARS_MAX));
    let hash = media.sha256.map(|hash| format!("sha256 {}…", digits(&hash)));
    let pdq = media.pdq.map(|hash| format!("pdq {}…", digits(&hash)));
    let words: Vec<String> = [id, hash, pdq].into_iter().flatten().collect();
    if words.is_empty() { "(no id and no hash)".into() } else { words.join("  ") }
}

fn digits(hash: &[u8]) -> String {
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.chars().take(HASH_DIGITS).collect()
}

fn author_lines(person: &Person) -> Vec<String> {
    let mut lines = Vec::new();
    let foreign = |text: &String| show::foreign(text, NAME_CHARS_MAX);
    lines.push(format!("by       {}", person.handle.as_ref().map_or("(not told)".into(), foreign)));
    if let Some(name) = &person.name {
        lines.push(format!("named    {}", foreign(name)));
    }
    if let Some(id) = &person.id {
        lines.push(format!("account  {}", foreign(id)));
    }
    lines.extend(platform_line(person));
    lines
}

/// What the platform itself did to the account last, in a line.
fn platform_line(person: &Person) -> Option<String> {
    let (kind, at) = person.standing?;
    let did = match kind {
        EventKind::AccountSuspended => "suspended by the platform",
        EventKind::AccountReinstated => "reinstated by the platform",
        _ => "deleted",
    };
    Some(format!("since    {did} at {}", minute(at)))
}

/// The account of a case; where its profile tells no picture, with the one that was told apart and
/// that a bank knows.
///
/// # Errors
/// [`DeskError`] if the log cannot be read.
pub(super) fn person_of(
    desk: &mut Desk<'_>,
    case: &Case,
    account: AccountId,
) -> Result<Person, DeskError> {
    let mut person = desk.person(account)?;
    let matches = case.evidence.iter().rev().filter(|piece| piece.kind == "bank_match");
    for piece in matches {
        if person.avatar.is_some() {
            break;
        }
        if let Some(EventBody::Media(item)) = desk.event(piece.position).map(|event| event.body) {
            person.avatar = Some(item.media);
        }
    }
    Ok(person)
}

/// An account, each field beside the one of the removed account it resembles.
fn account_lines(person: &Person, removed: Option<&(u64, RemovedProfile)>) -> Vec<String> {
    let foreign = |text: &str, most| show::foreign(text, most);
    let told =
        |text: Option<&str>| text.map_or("(not told)".into(), |t| foreign(t, NAME_CHARS_MAX));
    let links = |links: &[&str]| {
        let shown = links.iter().take(SHOWN_MAX).map(|link| foreign(link, LINK_CHARS_MAX));
        let shown: Vec<String> = shown.collect();
        if shown.is_empty() { "(none)".into() } else { shown.join(" ") }
    };
    let person_links: Vec<&str> = person.links.iter().map(String::as_str).collect();
    let mut rows: Vec<(&str, String, Option<String>)> = vec![
        ("handle", told(person.handle.as_deref()), None),
        ("name", told(person.name.as_deref()), None),
        ("picture", person.avatar.as_ref().map_or("(not told)".into(), media_words), None),
        ("links", links(&person_links), None),
    ];
    if let Some((_, profile)) = removed {
        let avatar = MediaRef {
            sha256: profile.avatar_sha256,
            pdq: profile.avatar_pdq,
            ..MediaRef::default()
        };
        let has_avatar = avatar.sha256.is_some() || avatar.pdq.is_some();
        let removed_links: Vec<&str> = profile.links.iter().map(|link| &**link).collect();
        rows[0].2 = Some(told(profile.handle.as_deref()));
        rows[1].2 = Some(told(profile.name.as_deref()));
        rows[2].2 = Some(if has_avatar { media_words(&avatar) } else { "(not told)".into() });
        rows[3].2 = Some(links(&removed_links));
    }
    let mut lines = Vec::new();
    for (name, now, before) in rows {
        lines.push(format!("{name:<8} {now}"));
        if let (Some(before), Some((entry, _))) = (before, removed) {
            lines.push(format!("  k{entry:<5} {before}"));
        }
    }
    if let Some(bio) = &person.bio {
        lines.push(format!("about    {}", foreign(bio, TEXT_CHARS_MAX)));
    }
    if let Some(id) = &person.id {
        lines.push(format!("account  {}", foreign(id, NAME_CHARS_MAX)));
    }
    if let Some(at) = person.created_at {
        lines.push(format!("created  {}", minute(at)));
    }
    lines.extend(platform_line(person));
    lines
}

fn entry_lines(desk: &Desk<'_>, entry: u64) -> Result<Vec<String>, DeskError> {
    let mut lines = vec![desk.entry_called(entry)?];
    // Where an entry of the register comes from is read with a key, as the rest of it.
    let is_register = |known: &Known| matches!(known, Known::Protected(_));
    if let Some(knowledge) = desk.entry(entry)?.filter(|entry| !is_register(&entry.known)) {
        lines.push(format!("source   {}", show::foreign(&knowledge.source, LINK_CHARS_MAX)));
    }
    let supporters = desk.judge().supports().supporters(EntryId(entry));
    let supporters: Vec<String> = supporters.map(|decision| decision.to_string()).collect();
    lines.push(match supporters.as_slice() {
        [] => "no decision stands for it".into(),
        some => format!("stands on {}", some.join(", ")),
    });
    Ok(lines)
}
