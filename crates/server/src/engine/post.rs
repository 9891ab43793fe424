//! The post that a case is about: whether it is in the log, and what it says now.
//!
//! A case may come of a report, or of a file that was told apart from its post: where the
//! post's own event is, the pipeline knows. Left out: showing it.

use seawall_model::journal::SubjectSeen;
use seawall_model::{Embedded, Event, EventBody, MediaItem, Position};
use seawall_review::Case;
use seawall_store::LogReader;

use super::EngineError;
use super::people::opened;

/// The event that has the newest content of the post a case is about, and its position.
///
/// `None` if the case is about no post, or there is nothing to see: the post itself was never
/// told, too many newer ones were told since, or it was erased. What cannot be seen was not
/// seen.
///
/// # Errors
/// [`EngineError`] if the log cannot be read.
///
/// Cost: one event.
pub fn post_of(
    reader: &mut LogReader,
    case: &Case,
) -> Result<Option<(Position, Event)>, EngineError> {
    if case.content == 0 {
        return Ok(None);
    }
    let position = Position(case.content);
    let event = event_at(reader, position)?.filter(|event| event.post().is_some());
    Ok(event.map(|event| (position, event)))
}

/// The file that a case came of, where it was told apart from its post; none that stands on a
/// profile.
///
/// # Errors
/// [`EngineError`] if the log cannot be read.
pub fn file_of(reader: &mut LogReader, case: &Case) -> Result<Option<MediaItem>, EngineError> {
    let SubjectSeen::Post { position, .. } = case.subject else { return Ok(None) };
    let told = event_at(reader, Position(position))?.map(|event| event.body);
    Ok(match told {
        Some(EventBody::Media(item)) if !is_of_profile(item.embedded) => Some(*item),
        _ => None,
    })
}

fn is_of_profile(embedded: Embedded) -> bool {
    matches!(embedded, Embedded::Avatar | Embedded::Banner)
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
