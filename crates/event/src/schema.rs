//! The JSON Schema of the canonical form, version 1.
//!
//! Written by hand beside the reader, because half of what it says depends on the type
//! of event, which derives cannot say. Tests hold it to the reader both ways. It states
//! what a schema can: limits of an operator and names that stand twice are left out.

use seawall_model::{EngagementKind, EventKind};
use serde_json::{Map, Value, json};

/// The JSON Schema (2020-12) of one canonical event, as published in
/// `docs/reference/event.schema.json`.
#[must_use]
pub fn schema() -> Value {
    let kinds = EventKind::ALL.map(EventKind::as_str);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://seawall.example/schema/event-1.json",
        "title": "Seawall event, version 1",
        "description": "Something that happened on a platform. Fields that are not named here \
                        are kept as they come; null is as good as missing.",
        "type": "object",
        "required": ["type", "id", "at"],
        "properties": {
            "v": { "description": "Version of the form.", "enum": [1, null] },
            "type": { "description": "What happened.", "enum": kinds },
            "id": id("The platform's id of the event; a repeat is known by it."),
            "at": time("When it happened."),
            "account": or_null("The account that acted.", "id"),
            "profile": or_null("What the platform says of the acting account.", "profile"),
        },
        "allOf": EventKind::ALL.map(of_kind),
        "$defs": definitions(),
    })
}

/// What events of one type have besides.
fn of_kind(kind: EventKind) -> Value {
    use EventKind::{AccountReinstated, AccountSuspended, PostDeleted, PostEdited};
    let (body, definition) = match kind {
        EventKind::AccountCreated | EventKind::AccountUpdated | EventKind::AccountDeleted => {
            ("", "")
        }
        AccountSuspended | AccountReinstated => ("standing", "standing"),
        EventKind::PostCreated | PostEdited => ("post", "post"),
        PostDeleted => ("post", "deleted_post"),
        EventKind::Follow => ("follow", "follow"),
        EventKind::Engagement => ("engagement", "engagement"),
        EventKind::Report => ("report", "report"),
        EventKind::Media => ("media", "media_item"),
        EventKind::FieldEvent => ("field_event", "field_event"),
        EventKind::Appeal => ("appeal", "appeal"),
    };
    let mut required = Vec::new();
    let mut properties = Map::new();
    match kind {
        AccountSuspended | AccountReinstated => {
            properties.insert(body.into(), or_null("How the account stands.", definition));
        }
        _ if body.is_empty() => {}
        _ => {
            required.push(body);
            properties.insert(body.into(), reference(definition));
        }
    }
    match kind {
        EventKind::Engagement | EventKind::Report | EventKind::Media => {}
        EventKind::FieldEvent => {
            properties.insert("account".into(), json!({ "type": "null" }));
        }
        _ => {
            required.push("account");
            properties.insert("account".into(), reference("id"));
        }
    }
    let mut then = json!({ "required": required, "properties": properties });
    if kind == EventKind::Engagement {
        then["anyOf"] = json!([
            { "required": ["account"], "properties": { "account": { "$ref": "#/$defs/id" } } },
            { "properties": { "engagement": {
                "required": ["count"],
                "properties": { "count": { "type": "integer", "minimum": 2 } },
            } } },
            { "properties": { "engagement": { "properties": { "kind": { "const": "view" } } } } },
        ]);
    }
    json!({
        "if": { "required": ["type"], "properties": { "type": { "const": kind.as_str() } } },
        "then": then,
    })
}

fn definitions() -> Value {
    json!({
        "id": {
            "description": "1 to 512 bytes without control characters.",
            "type": "string",
            "minLength": 1,
            "maxLength": 512,
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$",
        },
        "time": {
            "description": "RFC 3339 with a zone, between 1970 and 9999; cut to microseconds.",
            "type": "string",
            "format": "date-time",
            "pattern": "^[0-9]{4}-",
        },
        "count": { "type": "integer", "minimum": 0, "maximum": u64::MAX },
        "hash": {
            "description": "32 bytes as hexadecimal digits.",
            "type": "string",
            "pattern": "^[0-9a-fA-F]{64}$",
        },
        "profile": profile(),
        "standing": object(&[], &[
            ("status", text("The platform's word for the state.")),
            ("reason", text("The reason in words.")),
            ("policy", text("The policy named.")),
        ]),
        "post": post(),
        "deleted_post": object(&["id"], &[("id", id("The post's id."))]),
        "media": object(&[], &media()),
        "media_item": media_item(),
        "follow": follow(),
        "engagement": engagement(),
        "report": report(),
        "field_event": object(&["name"], &[
            ("name", json!({ "type": "string", "pattern": "\\S", "description":
                "What people call it." })),
            ("place", text("Where it happened, in words.")),
            ("source", text("Who says so.")),
            ("ends_at", or_null("When it ended.", "time")),
        ]),
        "appeal": appeal(),
    })
}

fn profile() -> Value {
    object(
        &[],
        &[
            ("handle", text("The unique name others address it by.")),
            ("name", text("The display name.")),
            ("bio", text("The biography.")),
            ("location", text("Where the account says it is.")),
            ("avatar", or_null("The profile picture.", "media")),
            ("banner", or_null("The banner picture.", "media")),
            ("links", list("Links on the profile.", json!({ "type": "string" }))),
            ("created_at", or_null("When the account was created.", "time")),
            ("followers", or_null("Accounts that follow it.", "count")),
            ("following", or_null("Accounts it follows.", "count")),
            ("posts", or_null("Posts it has published.", "count")),
            ("language", text("Its language, as a BCP 47 tag.")),
            ("client", text("The client software.")),
        ],
    )
}

fn post() -> Value {
    object(
        &["id"],
        &[
            ("id", id("The post's id.")),
            ("text", text("Its text.")),
            ("languages", list("BCP 47 tags.", json!({ "type": "string" }))),
            ("tags", list("Hashtags, without the sign.", json!({ "type": "string" }))),
            ("links", list("Links.", json!({ "type": "string" }))),
            ("mentions", list("Accounts mentioned.", reference("id"))),
            ("media", list("Media attached.", reference("media"))),
            ("reply_to", or_null("The post it answers.", "id")),
            ("quote_of", or_null("The post it quotes.", "id")),
            ("claimed_at", or_null("When its author's client says it was written.", "time")),
            ("client", text("The client software.")),
        ],
    )
}

fn media() -> Vec<(&'static str, Value)> {
    vec![
        ("id", or_null("Its id or address on the platform.", "id")),
        ("sha256", or_null("SHA-256 of its bytes.", "hash")),
        ("pdq", or_null("PDQ hash of the picture.", "hash")),
        ("mime", text("Its media type.")),
        ("alt", text("The description for people who cannot see it.")),
    ]
}

fn media_item() -> Value {
    let mut fields = media();
    fields.extend([
        ("post", or_null("The post that carries it.", "id")),
        ("for", json!({ "enum": ["post", "avatar", "banner", null] })),
        ("bytes", or_null("Size of the file in bytes.", "count")),
        ("width", or_null("Width in pixels.", "count")),
        ("height", or_null("Height in pixels.", "count")),
    ]);
    let mut item = object(&[], &fields);
    item["anyOf"] = json!([present("id"), present("sha256"), present("pdq")]);
    item
}

fn follow() -> Value {
    let mut follow = object(
        &[],
        &[
            ("target", or_null("Who is followed.", "id")),
            ("of", or_null("The follow's own id.", "id")),
            ("withdrawn", withdrawn()),
        ],
    );
    follow["anyOf"] = json!([present("target"), withdrawn_by_own_id()]);
    follow
}

fn engagement() -> Value {
    let kinds = EngagementKind::ALL.map(EngagementKind::as_str);
    let mut engagement = object(
        &["kind"],
        &[
            ("kind", json!({ "enum": kinds })),
            ("post", or_null("The post.", "id")),
            ("of", or_null("The engagement's own id.", "id")),
            (
                "count",
                json!({
                    "description": "How many; 1 if missing.",
                    "type": ["integer", "null"],
                    "minimum": 1,
                    "maximum": u64::MAX,
                }),
            ),
            ("withdrawn", withdrawn()),
        ],
    );
    engagement["anyOf"] = json!([present("post"), withdrawn_by_own_id()]);
    engagement
}

fn report() -> Value {
    let subject = json!({
        "description": "An account or a post, not both.",
        "type": "object",
        "properties": { "account": or_null("", "id"), "post": or_null("", "id") },
        "oneOf": [present("account"), present("post")],
    });
    object(
        &["subject"],
        &[
            ("subject", subject),
            ("reason", text("The platform's category.")),
            ("text", text("The reporter's words.")),
        ],
    )
}

fn appeal() -> Value {
    let action = json!({
        "description": "The action that is appealed against, as its notice names it.",
        "type": "string",
        "pattern": "^a[1-9][0-9]{0,15}$",
    });
    object(&["action"], &[("action", action), ("text", text("What they say."))])
}

fn present(name: &str) -> Value {
    json!({ "required": [name], "properties": { name: { "not": { "type": "null" } } } })
}

fn withdrawn() -> Value {
    json!({ "description": "Taken back.", "type": ["boolean", "null"] })
}

fn withdrawn_by_own_id() -> Value {
    let mut own = present("of");
    own["properties"]["withdrawn"] = json!({ "const": true });
    own["required"] = json!(["of", "withdrawn"]);
    own
}

fn object(required: &[&str], fields: &[(&str, Value)]) -> Value {
    let fields = fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone()));
    let properties: Map<String, Value> = fields.collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn reference(definition: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{definition}") })
}

fn described(mut schema: Value, description: &str) -> Value {
    if !description.is_empty() {
        schema["description"] = description.into();
    }
    schema
}

fn id(description: &str) -> Value {
    described(reference("id"), description)
}

fn time(description: &str) -> Value {
    described(reference("time"), description)
}

fn or_null(description: &str, definition: &str) -> Value {
    described(json!({ "anyOf": [reference(definition), { "type": "null" }] }), description)
}

fn text(description: &str) -> Value {
    json!({ "description": description, "type": ["string", "null"] })
}

fn list(description: &str, items: Value) -> Value {
    json!({ "description": description, "type": ["array", "null"], "items": items })
}
