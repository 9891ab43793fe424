//! Rules over HTTP: checked, tried on events, put in force, withdrawn.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use seawall_event::{Decoded, Format};
use seawall_model::knowledge::{KnowledgeKind, Known};
use seawall_model::{EntryId, Limits};
use seawall_rule::{Diagnostics, ENTRY, Place, Ruleset};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::super::App;
use super::super::body::Body;
use super::super::caller::Caller;
use super::super::problem::{Code, Problem, ProblemTold};
use super::{
    AddedAnswer, Adding, ConfirmedAnswer, EntriesAsked, EntriesPage, EntriesQuery, Origin, Sift,
    WithdrawnAnswer,
};
use crate::desk::knowledge::rules::{
    Missing, RuleFiles, are_current, current, unknown_names, unknown_signals,
};
use crate::desk::knowledge::trial::{EffectTold, RuleTold, Trial};
use crate::desk::knowledge::view::{EntryView, RulesSaid, RulesTexts};
use crate::media::Marks;

/// Events of one trial, at most.
const EVENTS_MAX: usize = 1_000;
/// Bytes of a name in a rule that is told back, at most.
const NAME_BYTES_MAX: usize = 80;

/// Rules that are to be put in force.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesAsked {
    /// The text of each file by its path; evaluation begins at `main.sml`.
    pub files: BTreeMap<String, String>,
    /// The version that was read and is replaced, such as `k5`; null, or left out, if none is
    /// in force.
    #[serde(default)]
    pub replaces: Option<String>,
    /// Where they come from, in words.
    pub source: String,
}

/// Rules that are to be checked.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesToCheck {
    /// The text of each file by its path; evaluation begins at `main.sml`.
    pub files: BTreeMap<String, String>,
}

/// Rules that are to be tried, and on what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesToTry {
    /// The text of each file by its path; evaluation begins at `main.sml`.
    pub files: BTreeMap<String, String>,
    /// Canonical events, at most 1,000. Nothing of them is kept.
    #[schema(value_type = Vec<Object>, max_items = 1_000)]
    pub events: Vec<Box<RawValue>>,
}

/// What a check of rules found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RulesChecked {
    /// Whether they could be put in force now.
    pub sound: bool,
    /// Names of the rules; empty where they cannot be read.
    pub rules: Vec<String>,
    /// What is wrong, by path and place.
    pub diagnostics: Vec<DiagnosticTold>,
    /// How much more is wrong.
    pub left_out: usize,
}

/// One thing that is wrong with rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DiagnosticTold {
    /// Which check found it, such as `ValidateStaticTypes`; `names` for what is not in force.
    pub check: &'static str,
    /// What is wrong.
    pub message: String,
    /// The file.
    pub path: String,
    /// Its line, from 1.
    pub line: u32,
    /// Its column, from 0, in bytes of UTF-8.
    pub column: u32,
    /// First byte in the file and the byte after the last, where it is known.
    pub bytes: Option<[u32; 2]>,
    /// What to do there; may be empty.
    pub hint: String,
    /// Other places that have to do with it.
    pub related: Vec<RelatedTold>,
}

/// A place that has to do with something that is wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RelatedTold {
    /// The file.
    pub path: String,
    /// Its line, from 1.
    pub line: u32,
    /// Its column, from 0, in bytes of UTF-8.
    pub column: u32,
    /// A word about it.
    pub hint: String,
}

/// What rules said of events, each judged by itself: what asks for knowledge or for counts is
/// Unknown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RulesTried {
    /// Events judged.
    pub events: u64,
    /// Events that could not be read.
    pub refused: Vec<EventRefused>,
    /// Events on which something failed.
    pub failed: u64,
    /// What each rule said.
    pub rules: Vec<RuleTold>,
    /// What rules asked for.
    pub effects: Vec<EffectTold>,
}

/// An event that could not be read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventRefused {
    /// Its place in the request, from 0.
    pub index: usize,
    /// Why, and what to do.
    pub detail: String,
}

/// Lists every version of the rules, without texts.
#[utoipa::path(
    get,
    path = "/v1/rules",
    tag = "knowledge",
    params(EntriesQuery),
    responses((status = 200, description = "In order", body = EntriesPage<RulesSaid>)),
    extensions(("x-operation" = json!("rules.read"))),
)]
pub async fn get_rules(
    State(app): State<App>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<EntriesPage<RulesSaid>>, Problem> {
    let page = super::list(&app, KnowledgeKind::Rules, query, |known, _| match known {
        Known::Rules(files) => {
            let said = RulesSaid::from(&**files);
            Some((said.digest_start.clone(), said))
        }
        _ => None,
    });
    Ok(Json(page.await?))
}

/// Reads a version of the rules with its files; `current` is the one that events are judged by.
#[utoipa::path(
    get,
    path = "/v1/rules/{entry}",
    tag = "knowledge",
    params(("entry" = String, Path, description = "Its number, or `current`", example = "k3")),
    responses((status = 200, description = "The rules", body = EntryView<RulesTexts>)),
    extensions(("x-operation" = json!("rules.read"))),
)]
pub async fn get_rules_entry(
    State(app): State<App>,
    Path(entry): Path<String>,
) -> Result<Json<EntryView<RulesTexts>>, Problem> {
    let said = |known: &Known, _: &Marks| match known {
        Known::Rules(files) => Some(RulesTexts::from(&**files)),
        _ => None,
    };
    if entry != "current" {
        return Ok(Json(super::show(&app, KnowledgeKind::Rules, &entry, said).await?));
    }
    let found = super::look(&app, move |derivation, _, now| {
        let Some(id) = current(derivation)? else { return Ok(None) };
        super::one(derivation, KnowledgeKind::Rules, id, now, &said).map(Some)
    });
    let detail = "no rules are in force: nothing opens a case";
    Ok(Json(found.await?.ok_or_else(|| Problem::new(Code::NotFound, detail))?))
}

/// Checks rules with the knowledge in force, and keeps nothing of them.
#[utoipa::path(
    post,
    path = "/v1/rules/check",
    tag = "knowledge",
    request_body = RulesToCheck,
    responses((status = 200, description = "What was found", body = RulesChecked)),
    extensions(("x-operation" = json!("rules.check"))),
)]
pub async fn post_rules_check(
    State(app): State<App>,
    Body(given): Body<RulesToCheck>,
) -> Result<Json<RulesChecked>, Problem> {
    let rules = match load(files(&given.files)?).await? {
        Ok(rules) => rules,
        Err(found) => return Ok(Json(unsound(&found, &given.files))),
    };
    let missing = missing(&app, &rules).await?;
    let diagnostics: Vec<DiagnosticTold> = missing.iter().map(not_there).collect();
    Ok(Json(RulesChecked {
        sound: diagnostics.is_empty() && rules.rules().next().is_some(),
        rules: rules.rules().map(str::to_owned).collect(),
        diagnostics,
        left_out: 0,
    }))
}

/// Tries rules on events, and keeps nothing of either.
#[utoipa::path(
    post,
    path = "/v1/rules/run",
    tag = "knowledge",
    request_body = RulesToTry,
    responses((status = 200, description = "What the rules said", body = RulesTried)),
    extensions(("x-operation" = json!("rules.check"))),
)]
pub async fn post_rules_run(
    State(app): State<App>,
    Body(given): Body<RulesToTry>,
) -> Result<Json<RulesTried>, Problem> {
    if given.events.len() > EVENTS_MAX {
        let detail = format!("a request tries at most {EVENTS_MAX} events: send the rest next");
        return Err(Problem::new(Code::TooLarge, detail).at("/events"));
    }
    let loaded = load(files(&given.files)?).await?;
    let rules = loaded.map_err(|found| of_diagnostics(&found, &given.files))?;
    let limits = app.limits().clone();
    let tried = tokio::task::spawn_blocking(move || tried(&rules, &given.events, &limits)).await;
    Ok(Json(tried.map_err(|error| Problem::defect(&error))?))
}

/// Puts rules in force, from the next event on, in place of those before.
#[utoipa::path(
    post,
    path = "/v1/rules",
    tag = "knowledge",
    request_body = RulesAsked,
    responses(
        (status = 200, description = "They are in force already", body = AddedAnswer),
        (status = 201, description = "In force", body = AddedAnswer),
        (status = 202, description = "Waits for a person to confirm it", body = AddedAnswer),
        (status = 409, description = "Others are in force than were read", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("rules.write"))),
)]
pub async fn post_rules(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<RulesAsked>,
) -> Result<Response, Problem> {
    let origin = Origin::of(&app, &given.source, None)?;
    let replaces = given.replaces.as_deref().map(|text| {
        let why = "a version of the rules is named like `k5`";
        EntryId::parse(text).ok_or_else(|| Problem::new(Code::Invalid, why).at("/replaces"))
    });
    let replaces = replaces.transpose()?;
    let files = files(&given.files)?;
    let known = Known::Rules(files.files.clone());
    let rules = load(files).await?;
    let rules = rules.map_err(|found| of_diagnostics(&found, &given.files))?;
    if rules.rules().next().is_none() {
        let detail = format!("there is no rule: {ENTRY} and what it imports hold none");
        return Err(Problem::new(Code::Invalid, detail).at("/files"));
    }
    if let Some(missing) = missing(&app, &rules).await?.first() {
        let Place { line, column } = missing.place;
        let detail = format!("{missing} (line {line}, column {column})");
        return Err(Problem::new(Code::Invalid, detail).at(pointer(&missing.path)));
    }
    let (kind, sift) = (KnowledgeKind::Rules, in_place_of(replaces));
    let entries = vec![origin.entry(known)];
    super::add(&app, &caller, Adding { kind, entries, sift }).await
}

/// Stands for versions of the rules that a machine added.
#[utoipa::path(
    post,
    path = "/v1/rules/confirmations",
    tag = "knowledge",
    request_body = EntriesAsked,
    responses((status = 200, description = "Stood for", body = ConfirmedAnswer)),
    extensions(("x-operation" = json!("rules.write"))),
)]
pub async fn post_rules_confirmation(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<EntriesAsked>,
) -> Result<Response, Problem> {
    super::confirm(&app, &caller, KnowledgeKind::Rules, given).await
}

/// Takes versions of the rules out of force; the newest that is left applies.
#[utoipa::path(
    post,
    path = "/v1/rules/withdrawals",
    tag = "knowledge",
    request_body = EntriesAsked,
    responses(
        (status = 200, description = "Out of force", body = WithdrawnAnswer),
        (status = 409, description = "One is not in force", body = ProblemTold,
            content_type = "application/problem+json"),
    ),
    extensions(("x-operation" = json!("rules.write"))),
)]
pub async fn post_rules_withdrawal(
    State(app): State<App>,
    caller: Caller,
    Body(given): Body<EntriesAsked>,
) -> Result<Response, Problem> {
    super::withdraw(&app, &caller, KnowledgeKind::Rules, given).await
}

/// Refuses rules where others are in force than were read, and leaves those out that are.
fn in_place_of(replaces: Option<EntryId>) -> Box<Sift> {
    Box::new(move |changing, entries| {
        let there = current(changing.derivation)?;
        let Some(entry) = entries.first() else { return Ok(Ok(Vec::new())) };
        if are_current(changing.derivation, &entry.known)? {
            entries.clear();
            return Ok(Ok(there.into_iter().collect()));
        }
        if there == replaces {
            return Ok(Ok(Vec::new()));
        }
        let there = there.map_or("none".to_owned(), |there| there.to_string());
        let detail = format!("in force is {there}: read it, and name it in `replaces`");
        Ok(Err(Problem::new(Code::Stale, detail).at("/replaces")))
    })
}

fn files(given: &BTreeMap<String, String>) -> Result<RuleFiles, Problem> {
    let mut files = RuleFiles::default();
    for (path, text) in given {
        let inserted = files.insert(path, text);
        inserted.map_err(|error| Problem::new(Code::Invalid, error.to_string()).at("/files"))?;
    }
    match files.has_entry() {
        true => Ok(files),
        false => {
            let detail = format!("there is no {ENTRY}: rules begin there");
            Err(Problem::new(Code::Missing, detail).at("/files"))
        }
    }
}

async fn load(files: RuleFiles) -> Result<Result<Arc<Ruleset>, Diagnostics>, Problem> {
    let load = move || seawall_rule::load(&files.sources).map(Arc::new);
    let loaded = tokio::task::spawn_blocking(load).await;
    loaded.map_err(|error| Problem::defect(&error))
}

/// What rules ask for that there is not now.
async fn missing(app: &App, rules: &Arc<Ruleset>) -> Result<Vec<Missing>, Problem> {
    let mut missing = unknown_signals(rules);
    let rules = rules.clone();
    let names = super::look(app, move |derivation, _, _| {
        Ok(unknown_names(&rules, derivation.pipeline().active()))
    });
    missing.extend(names.await?);
    Ok(missing)
}

fn tried(rules: &Ruleset, events: &[Box<RawValue>], limits: &Limits) -> RulesTried {
    let (mut trial, mut refused) = (Trial::default(), Vec::new());
    for (index, event) in events.iter().enumerate() {
        match seawall_event::decode(event.get().as_bytes(), Format::Canonical, limits) {
            Ok(Decoded::Event(event)) => trial.judge(rules, &event),
            Ok(Decoded::Ignored(_)) => {}
            Err(rejection) => {
                refused.push(EventRefused { index, detail: rejection.to_string() });
            }
        }
    }
    RulesTried {
        events: trial.events(),
        refused,
        failed: trial.failures(),
        rules: trial.rules(rules),
        effects: trial.effects(),
    }
}

fn unsound(found: &Diagnostics, texts: &BTreeMap<String, String>) -> RulesChecked {
    let told = |diagnostic: &seawall_rule::Diagnostic| DiagnosticTold {
        check: diagnostic.validator.as_str(),
        message: named(diagnostic, texts),
        path: diagnostic.at.path.to_string(),
        line: diagnostic.at.place.line,
        column: diagnostic.at.place.column,
        bytes: Some([diagnostic.at.bytes.start, diagnostic.at.bytes.end]),
        hint: hint(diagnostic, texts),
        related: diagnostic.related.iter().map(related).collect(),
    };
    RulesChecked {
        sound: false,
        rules: Vec::new(),
        diagnostics: found.found.iter().map(told).collect(),
        left_out: found.left_out,
    }
}

/// What stands at a place, if it is short: a name, mostly.
fn standing<'a>(
    at: &seawall_rule::Location,
    texts: &'a BTreeMap<String, String>,
) -> Option<&'a str> {
    let (start, end) = (usize::try_from(at.bytes.start).ok()?, usize::try_from(at.bytes.end).ok()?);
    let text = texts.get(&*at.path)?.get(start..end)?;
    let is_name = (1..=NAME_BYTES_MAX).contains(&text.len()) && !text.contains(['\n', '\r']);
    is_name.then_some(text)
}

/// What is wrong, with the name that it is wrong with: the command shows the line instead.
fn named(diagnostic: &seawall_rule::Diagnostic, texts: &BTreeMap<String, String>) -> String {
    match standing(&diagnostic.at, texts) {
        Some(name) if !diagnostic.message.contains(name) => {
            format!("{}: `{name}`", diagnostic.message)
        }
        _ => diagnostic.message.clone(),
    }
}

/// What to do there, with a name that is close if there is one.
fn hint(diagnostic: &seawall_rule::Diagnostic, texts: &BTreeMap<String, String>) -> String {
    let mut hint = diagnostic.at.hint.replace('\n', "; ");
    let elsewhere = diagnostic.related.first().filter(|_| !diagnostic.related_message.is_empty());
    if let Some(at) = elsewhere {
        let Place { line, column } = at.place;
        let name = standing(at, texts).map(|name| format!("`{name}`, ")).unwrap_or_default();
        let lead = if hint.is_empty() { "" } else { "; " };
        hint.push_str(&format!(
            "{lead}{} {name}{}, line {line}, column {column}",
            diagnostic.related_message, at.path
        ));
    }
    hint
}

fn related(at: &seawall_rule::Location) -> RelatedTold {
    let Place { line, column } = at.place;
    RelatedTold { path: at.path.to_string(), line, column, hint: at.hint.clone() }
}

fn not_there(missing: &Missing) -> DiagnosticTold {
    DiagnosticTold {
        check: "names",
        message: missing.to_string(),
        path: missing.path.clone(),
        line: missing.place.line,
        column: missing.place.column,
        bytes: None,
        hint: String::new(),
        related: Vec::new(),
    }
}

/// Unsound rules as a problem: the first fault, in its file.
fn of_diagnostics(found: &Diagnostics, texts: &BTreeMap<String, String>) -> Problem {
    let count = found.found.len() + found.left_out;
    let Some(first) = found.found.first() else {
        return Problem::new(Code::Invalid, "the rules are not sound").at("/files");
    };
    let Place { line, column } = first.at.place;
    let hint = Some(hint(first, texts)).filter(|hint| !hint.is_empty());
    let hint = hint.map(|hint| format!(": {hint}")).unwrap_or_default();
    let more = match count {
        1 => String::new(),
        _ => format!("; {count} faults in all, which `POST /v1/rules/check` tells"),
    };
    let what = named(first, texts);
    let detail = format!("{what} ({}, line {line}, column {column}){hint}{more}", first.at.path);
    Problem::new(Code::Invalid, detail).at(pointer(&first.at.path))
}

/// The pointer to a file in the body (RFC 6901).
fn pointer(path: &str) -> String {
    format!("/files/{}", path.replace('~', "~0").replace('/', "~1"))
}
