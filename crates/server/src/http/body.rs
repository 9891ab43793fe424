//! A JSON body, read strictly: what is wrong with it is told by its place.
//!
//! A field that does not fit is told with a pointer (RFC 6901), what was expected there, and an
//! example: from the schema that the document of the API has of it, so that both say the same.
//! What was sent is never repeated, but for names of fields.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};
use utoipa::ToSchema;

use super::App;
use super::problem::{Code, Problem};

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned + ToSchema> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|k| k.to_str().ok());
        let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            let detail = "send the body as application/json";
            return Err(Problem::new(Code::MediaType, detail).at("content-type"));
        }
        let bytes = whole(request, app).await?;
        read(&bytes).map(Self)
    }
}

/// All of a body, within its limit.
pub(crate) async fn whole(request: Request, app: &App) -> Result<Bytes, Problem> {
    Bytes::from_request(request, app).await.map_err(|refused| {
        let code = match refused.status().as_u16() {
            413 => Code::TooLarge,
            _ => Code::Malformed,
        };
        Problem::new(code, "the body is too large, or ended before its time")
    })
}

/// Reads a body that came as JSON.
fn read<T: DeserializeOwned + ToSchema>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let given = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let steps = steps(error.path());
        unfit::<T>(&steps, error.inner())
    })?;
    json.end().map_err(|error| unfit::<T>(&[], &error))?;
    Ok(given)
}

/// The way to a value, as a pointer has it.
fn steps(path: &Path) -> Vec<String> {
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().filter_map(step).collect()
}

/// What is wrong with a body.
fn unfit<T: ToSchema>(steps: &[String], error: &serde_json::Error) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    if error.classify() != Category::Data {
        let detail = format!("the body is no JSON at {place}: send an object such as {{}}");
        return Problem::new(Code::Malformed, detail);
    }
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    let mut steps = steps.to_vec();
    if let Some(field) = named(words, "missing field `") {
        steps.push(field.to_owned());
        let detail = format!("`{field}` is missing{}", expected::<T>(&steps));
        return Problem::new(Code::Missing, detail).at(pointer(&steps));
    }
    if let Some(field) = named(words, "unknown field `") {
        if steps.last().is_none_or(|last| last != field) {
            steps.push(field.to_owned());
        }
        return Problem::new(Code::Invalid, format!("{words} ({place})")).at(pointer(&steps));
    }
    if let Some(field) = named(words, "duplicate field `") {
        if steps.last().is_none_or(|last| last != field) {
            steps.push(field.to_owned());
        }
        return Problem::new(Code::Invalid, format!("`{field}` is there twice: send it once"))
            .at(pointer(&steps));
    }
    // The rest of serde's words quotes what was sent.
    let is_serde = ["invalid ", "unknown variant "].iter().any(|lead| words.starts_with(lead));
    let wanted = words.rsplit_once(", expected ").filter(|_| is_serde);
    let wanted = wanted.map_or("of another type", |(_, wanted)| in_words(wanted));
    let lead = if wanted == "of another type" { "is" } else { "is not" };
    let detail = format!("this {lead} {wanted} ({place}){}", expected::<T>(&steps));
    let problem = Problem::new(Code::Invalid, detail);
    if steps.is_empty() { problem } else { problem.at(pointer(&steps)) }
}

/// What serde expected, in words where it names a type of Rust.
fn in_words(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 that fits",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number that fits",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        "a boolean" => "true or false",
        _ if wanted.starts_with("struct ") => "an object",
        other => other,
    }
}

/// What stands between the lead and the next backtick.
fn named<'a>(words: &'a str, lead: &str) -> Option<&'a str> {
    words.strip_prefix(lead)?.split('`').next()
}

fn pointer(steps: &[String]) -> String {
    steps.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
}

/// What the document of the API says of the value at a place, with an example; empty where it says
/// nothing.
fn expected<T: ToSchema>(steps: &[String]) -> String {
    let mut all = Vec::new();
    T::schemas(&mut all);
    let all: Vec<(String, Value)> = all
        .into_iter()
        .filter_map(|(name, schema)| Some((name, serde_json::to_value(schema).ok()?)))
        .collect();
    let Ok(root) = serde_json::to_value(T::schema()) else { return String::new() };
    let (mut at, mut told) = (resolved(&root, &all), None);
    for step in steps {
        let next = match step.parse::<usize>() {
            Ok(_) if at["items"].is_object() => &at["items"],
            _ if at["properties"][step].is_object() => &at["properties"][step],
            _ => &at["additionalProperties"],
        };
        if !next.is_object() {
            return String::new();
        }
        told = next["description"].as_str().or(told);
        at = resolved(next, &all);
    }
    let told = told.map(|told| told.split_whitespace().collect::<Vec<_>>().join(" "));
    let told = told.map(|told| format!(": {}", told.trim_end_matches('.'))).unwrap_or_default();
    format!("{told}; {}", example(at, &all))
}

/// A schema behind its references; of several, the first that is not null.
fn resolved<'a>(schema: &'a Value, all: &'a [(String, Value)]) -> &'a Value {
    let several = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    let several = several.or(schema["allOf"].as_array());
    let schema = several
        .and_then(|several| several.iter().find(|one| one["type"] != "null"))
        .unwrap_or(schema);
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    let found = name.and_then(|name| all.iter().find(|(known, _)| known == name));
    found.map_or(schema, |(_, found)| found)
}

/// What a value looks like, in words and as an example.
fn example(schema: &Value, all: &[(String, Value)]) -> String {
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").and_then(Value::as_str),
        kind => kind.as_str(),
    };
    let (words, like) = match kind {
        Some("string") => ("a text", "\"text\"".to_owned()),
        Some("integer") => ("a whole number", "1".to_owned()),
        Some("number") => ("a number", "0.5".to_owned()),
        Some("boolean") => ("true or false", "true".to_owned()),
        Some("array") => ("a list", "[…]".to_owned()),
        _ => ("an object", object(schema, all)),
    };
    let given = [&schema["example"], &schema["examples"][0]].into_iter().find(|e| !e.is_null());
    let like = given.map_or(like, ToString::to_string);
    format!("give {words}, such as {like}")
}

/// An object with the fields that it must have.
fn object(schema: &Value, all: &[(String, Value)]) -> String {
    let fields = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let fields = fields.map(|field| {
        let like = example(resolved(&schema["properties"][field], all), &[]);
        let like = like.split_once(", such as ").map_or("…", |(_, like)| like).to_owned();
        format!("{field:?}: {like}")
    });
    format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::keys::KeyAsked;
    use super::super::people::Invitation;
    use super::super::reports::ReportAsked;
    use super::*;
    use axum::response::IntoResponse;

    fn check<T: DeserializeOwned + ToSchema>(body: &str, at: &str, says: &[&str]) {
        let Err(problem) = read::<T>(body.as_bytes()) else { panic!("{body} was taken") };
        let status = problem.clone().into_response().status().as_u16();
        let told = format!("{problem:?}");
        assert!(matches!(status, 400 | 422), "{status}: {told}");
        let pointer = format!("pointer: Some(\"{at}\")");
        assert!(told.contains(if at.is_empty() { "pointer: None" } else { &pointer }), "{told}");
        for word in says {
            assert!(told.contains(word), "{word}: {told}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told_by_its_place_with_what_to_give() {
        let key = |rest: &str| format!(r#"{{"name":"a","scopes":["events:write"]{rest}}}"#);
        check::<KeyAsked>(
            &key(""),
            "/expires_at",
            &[
                "`expires_at` is missing",
                "RFC 3339",
                "give a text, such as",
                "2027-06-01T00:00:00Z",
            ],
        );
        check::<KeyAsked>(&key(r#","expires_at":5"#), "/expires_at", &["is not a string", "2027"]);
        let says = ["unknown field `expiry`, expected one of `name`, `scopes`, `expires_at`"];
        check::<KeyAsked>(&key(r#","expiry":5"#), "/expiry", &says);
        check::<KeyAsked>(r#"{"scopes":[1]}"#, "/scopes/0", &["is not a string", "give a text"]);
        check::<KeyAsked>(r#"{"scopes":"x"}"#, "/scopes", &["a list", "events:write"]);
        check::<KeyAsked>(&key(r#","name":"b""#), "/name", &["`name` is there twice"]);
        check::<KeyAsked>("[]", "", &["expires_at"]);
        check::<KeyAsked>("{", "", &["no JSON at line 1"]);
        check::<KeyAsked>("{} {}", "/name", &["missing"]);
    }

    #[test]
    fn a_place_within_another_is_named_whole() {
        let invited = |rest: &str| {
            format!(r#"{{"login":"a","shown_name":"b","roles":[],"clearance":{{{rest}}}}}"#)
        };
        let at = "/clearance/severity_max";
        check::<Invitation>(
            &invited(r#""severity_max":"x""#),
            at,
            &["is not a whole number from 0"],
        );
        check::<Invitation>(&invited(r#""a/b":1"#), "/clearance/a~1b", &["unknown field"]);
        let report = r#"{"id":"r","at":"2026-05-20T09:40:00Z","subject":{"post":[]}}"#;
        check::<ReportAsked>(report, "/subject/post", &["is not a string"]);
        check::<ReportAsked>(r#"{"id":"r","at":"t"}"#, "/subject", &["`subject` is missing"]);
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let body = r#"{"name":{"marker-5f0c2a":1},"scopes":[],"expires_at":"x"}"#;
        let Err(problem) = read::<KeyAsked>(body.as_bytes()) else { panic!("it was taken") };
        assert!(!format!("{problem:?}").contains("marker"), "{problem:?}");
        let body = r#"{"scopes":"marker, expected marker"}"#;
        let Err(problem) = read::<KeyAsked>(body.as_bytes()) else { panic!("it was taken") };
        assert!(!format!("{problem:?}").contains("marker"), "{problem:?}");
    }
}
