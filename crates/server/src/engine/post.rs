//! The post that a case is about: whether it is in the log, and what it says now.
//!
//! A case may come of a report, or of a file that was told apart from its post: then the post
//! itself is looked for among the events of its account. Left out: showing it.

use seawall_model::journal::SubjectSeen;
use seawall_model::{AccountId, Embedded, Event, EventBody, EventKind, PlatformId, Position};
use seawall_review::Case;
use seawall_store::LogReader;

use super::EngineError;
use super::people::opened;

/// Events of an account among which a post is looked for: the newest.
const POSTS_LOOKED_AT: u32 = 1_000;

/// The event that has the newest content of the post a case is about, and its position.
///
/// `None` if the case is about no post, or there is nothing to see: the post itself was never
/// told, nobody knows whose it is, or it was erased. What cannot be seen was not seen.
///
/// # Errors
/// [`EngineError`] if the log cannot be read.
///
/// Cost: one event; up to 1,000 of the account where the case came of something else.
pub fn post_of(
    reader: &mut LogReader,
    case: &Case,
) -> Result<Option<(Position, Event)>, EngineError> {
    let SubjectSeen::Post { account, .. } = case.subject else { return Ok(None) };
    let Some(event) = event_at(reader, Position(case.content))? else { return Ok(None) };
    let wanted = match &event.body {
        EventBody::PostCreated(_) | EventBody::PostEdited(_) => {
            return Ok(Some((Position(case.content), event)));
        }
        EventBody::Media(item) if is_of_post(&item.embedded) => item.post.clone(),
        _ => None,
    };
    match (wanted, account) {
        (Some(post), Some(account)) => newest(reader, AccountId(account), &post),
        _ => Ok(None),
    }
}

/// Whether a file stands in a post, and not on a profile.
pub(super) fn is_of_post(embedded: &Embedded) -> bool {
    !matches!(embedded, Embedded::Avatar | Embedded::Banner)
}

/// The event at a position; `None` if there is none, or its content was erased.
pub(super) fn event_at(
    reader: &mut LogReader,
    position: Position,
) -> Result<Option<Event>, EngineError> {
    let before = Position(position.0.saturating_sub(1));
    let stored = reader.chunk(before, position, 1)?;
    Ok(stored.first().map(opened).transpose()?.flatten())
}

/// The newest event of an account that has the content of one of its posts.
fn newest(
    reader: &mut LogReader,
    account: AccountId,
    post: &PlatformId,
) -> Result<Option<(Position, Event)>, EngineError> {
    let told = [EventKind::PostCreated, EventKind::PostEdited];
    for stored in reader.newest_of(account, &told, POSTS_LOOKED_AT)? {
        let Some(event) = opened(&stored)? else { continue };
        if event.post().is_some_and(|told| told.id == *post) {
            return Ok(Some((stored.placed.position, event)));
        }
    }
    Ok(None)
}
