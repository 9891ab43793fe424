//! Records of the Bluesky lexicons: `app.bsky.feed.post` and `app.bsky.actor.profile`.
//!
//! Reads what a post says and carries. The byte ranges of facets are not used: what a
//! facet points to counts, not what it underlines, so a false range cannot hurt.

use seawall_model::{
    Extra, Limits, MediaRef, PlatformId, Post, Profile, Rejection, RejectionCode, Timestamp,
};

use super::{is_post, kept};
use crate::compact;
use crate::json::{self, At, Object};

/// Reads a post's record.
pub(super) fn post(
    record: &str,
    id: PlatformId,
    cid: Option<&str>,
    at: &At<'_>,
    limits: &Limits,
) -> Result<Post, Rejection> {
    let mut record = Object::read(record, at, limits)?;
    let mut post = Post {
        id,
        text: record.text("text")?,
        languages: record.shorts("langs")?,
        tags: Vec::new(),
        links: Vec::new(),
        mentions: Vec::new(),
        media: Vec::new(),
        reply_to: None,
        quote_of: None,
        claimed_at: claimed_at(&mut record),
        client: None,
        extra: Extra::new(),
    };
    let tags_at = at.key("tags");
    for tag in record.shorts("tags")? {
        push_tag(&mut post, &tag, &tags_at, limits)?;
    }
    if let Some(facets) = record.take("facets") {
        let at = at.key("facets");
        json::list(facets, &at, limits, |facet, at| read_facet(facet, at, limits, &mut post))?;
    }
    let mut root = None;
    record.object("reply", |mut reply| {
        post.reply_to = reply.object("parent", |mut parent| parent.id("uri"))?.flatten();
        root = reply.object("root", |mut root| root.id("uri"))?.flatten();
        Ok(())
    })?;
    if let Some(embed) = record.take("embed") {
        read_embed(embed, &at.key("embed"), limits, &mut post)?;
    }
    if let Some(cid) = cid {
        post.extra.push(("cid".into(), compact::string(cid).into()));
    }
    if let Some(root) = root.filter(|root| Some(root) != post.reply_to.as_ref()) {
        post.extra.push(("reply_root".into(), compact::string(root.as_str()).into()));
    }
    post.extra.extend(kept(record)?);
    post.extra.sort_unstable();
    Ok(post)
}

/// Reads a profile's record.
///
/// Its `createdAt` is what the owner's client wrote into the record, at any later time
/// and to any value, so it never becomes the account's age; it is kept as `claimed_at`.
pub(super) fn profile(record: &str, at: &At<'_>, limits: &Limits) -> Result<Profile, Rejection> {
    let mut record = Object::read(record, at, limits)?;
    let mut profile = Profile {
        name: record.short("displayName")?,
        bio: record.text("description")?,
        avatar: record.object("avatar", blob)?,
        banner: record.object("banner", blob)?,
        links: record.short("website")?.into_iter().collect(),
        ..Profile::default()
    };
    if let Some(claimed) = claimed_at(&mut record) {
        let claimed = compact::string(&claimed.to_string());
        profile.extra.push(("claimed_at".into(), claimed.into()));
    }
    profile.extra.extend(kept(record)?);
    Ok(profile)
}

/// When the author's client says the record was written; nothing if it says no time.
fn claimed_at(record: &mut Object<'_, '_>) -> Option<Timestamp> {
    let value = record.take("createdAt")?;
    json::time(value, &At::ROOT).ok()
}

fn read_facet(facet: &str, at: &At<'_>, limits: &Limits, post: &mut Post) -> Result<(), Rejection> {
    let mut facet = Object::read(facet, at, limits)?;
    let Some(features) = facet.take("features") else { return Ok(()) };
    let at = at.key("features");
    json::list(features, &at, limits, |feature, at| {
        let mut feature = Object::read(feature, at, limits)?;
        match feature.word("$type")?.as_deref() {
            Some("app.bsky.richtext.facet#link") => match feature.short("uri")? {
                Some(link) => push_new(&mut post.links, link, at, limits),
                None => Ok(()),
            },
            Some("app.bsky.richtext.facet#mention") => match feature.id("did")? {
                Some(did) => push_new(&mut post.mentions, did, at, limits),
                None => Ok(()),
            },
            Some("app.bsky.richtext.facet#tag") => match feature.short("tag")? {
                Some(tag) => push_tag(post, &tag, at, limits),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    })?;
    Ok(())
}

fn push_tag(post: &mut Post, tag: &str, at: &At<'_>, limits: &Limits) -> Result<(), Rejection> {
    let tag = tag.strip_prefix(['#', '＃']).unwrap_or(tag);
    if tag.is_empty() {
        return Ok(());
    }
    push_new(&mut post.tags, tag.into(), at, limits)
}

/// Appends what is not there yet, within the limit of lists.
fn push_new<T: PartialEq>(
    list: &mut Vec<T>,
    item: T,
    at: &At<'_>,
    limits: &Limits,
) -> Result<(), Rejection> {
    if list.contains(&item) {
        return Ok(());
    }
    if list.len() >= limits.list_items_max {
        let detail = format!("the post has more than {} of these", limits.list_items_max);
        return Err(at.reject(RejectionCode::TooLarge, detail, "raise the limit list_items_max"));
    }
    list.push(item);
    Ok(())
}

/// Reads what a post carries. What has no place in a post is kept whole as `embed`.
fn read_embed(text: &str, at: &At<'_>, limits: &Limits, post: &mut Post) -> Result<(), Rejection> {
    let mut embed = Object::read(text, at, limits)?;
    let kind = embed.word("$type")?.unwrap_or_default();
    let whole = match &*kind {
        "app.bsky.embed.record" => !read_quote(&mut embed, post)?,
        "app.bsky.embed.recordWithMedia" => {
            let quoted = embed.object("record", |mut record| read_quote(&mut record, post))?;
            let media = embed.object("media", |mut media| {
                let kind = media.word("$type")?.unwrap_or_default();
                read_media(&mut media, &kind, post)
            })?;
            quoted != Some(true) || media != Some(Shown::Fully)
        }
        _ => read_media(&mut embed, &kind, post)? == Shown::Partly,
    };
    if whole {
        post.extra.push(("embed".into(), compact::compact(text, at)?));
    }
    Ok(())
}

/// Whether the fields of a post hold all that an embed shows.
#[derive(PartialEq, Eq)]
enum Shown {
    Fully,
    Partly,
}

/// Reads pictures, a film, or a link.
fn read_media(embed: &mut Object<'_, '_>, kind: &str, post: &mut Post) -> Result<Shown, Rejection> {
    let limits = embed.limits;
    match kind {
        "app.bsky.embed.images" => {
            post.media = embed.list("images", |image, at| {
                picture(&mut Object::read(image, at, limits)?, "image")
            })?;
            Ok(Shown::Fully)
        }
        "app.bsky.embed.video" => {
            post.media.push(picture(embed, "video")?);
            Ok(Shown::Fully)
        }
        "app.bsky.embed.external" => {
            let link = embed.object("external", |mut external| external.short("uri"))?.flatten();
            if let Some(link) = link {
                push_new(&mut post.links, link, embed.at, limits)?;
            }
            // Title and description are content that the post shows.
            Ok(Shown::Partly)
        }
        _ => Ok(Shown::Partly),
    }
}

/// Reads `record.uri`; whether it is a quoted post.
fn read_quote(embed: &mut Object<'_, '_>, post: &mut Post) -> Result<bool, Rejection> {
    let uri = embed.object("record", |mut record| record.id("uri"))?.flatten();
    let uri = uri.filter(|uri| is_post(uri.as_str()));
    let quoted = uri.is_some();
    post.quote_of = uri.or(post.quote_of.take());
    Ok(quoted)
}

/// A picture or film with its description.
fn picture(object: &mut Object<'_, '_>, name: &str) -> Result<MediaRef, Rejection> {
    let alt = object.text("alt")?;
    let media = object.object(name, blob)?.unwrap_or_default();
    Ok(MediaRef { alt, ..media })
}

/// A blob: its content id and type, in the present or the oldest spelling.
fn blob(mut blob: Object<'_, '_>) -> Result<MediaRef, Rejection> {
    let id = match blob.object("ref", |mut link| link.id("$link"))?.flatten() {
        Some(id) => Some(id),
        None => blob.id("cid")?,
    };
    Ok(MediaRef { id, mime: blob.short("mimeType")?, ..MediaRef::default() })
}
