//! Lists of entries of knowledge: what they say, what supports them, whether they count.

use std::collections::BTreeSet;

use seawall_model::knowledge::{Knowledge, KnowledgeKind};
use seawall_model::{EntryId, Timestamp};
use serde_json::{Map, Value, json};

use super::super::{Ended, show};
use super::Desk;

/// How an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Standing {
    /// It counts.
    InForce,
    /// It is laid down, and too few people stand for it.
    Waiting,
    /// Its time is over.
    Lapsed,
    /// It was withdrawn, or what supported it was overturned.
    Withdrawn,
}

impl Standing {
    fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Waiting => "waiting",
            Self::Lapsed => "lapsed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What an entry is, in a list: the list, bank or id it belongs to, and what it says.
pub(in crate::command) struct Row {
    /// The list, bank, policy or ground.
    pub(in crate::command) of: String,
    /// What it says, fit for a terminal.
    pub(in crate::command) what: String,
    /// What it says, for programs.
    pub(in crate::command) fields: Map<String, Value>,
}

/// How an entry stands.
pub(in crate::command) fn standing(desk: &Desk, id: EntryId, knowledge: &Knowledge) -> Standing {
    let judge = desk.opened.derivation.pipeline().judge();
    let is_over = knowledge.expires.is_some_and(|at| at <= desk.now);
    match (desk.in_force(id), judge.supports().entry(id)) {
        (_, Some(_)) if is_over => Standing::Lapsed,
        (true, _) => Standing::InForce,
        (false, None) => Standing::Waiting,
        (false, Some(_)) => Standing::Withdrawn,
    }
}

/// Lists the entries of a kind for which `row` has one.
pub(in crate::command) fn run(
    desk: &Desk,
    kind: KnowledgeKind,
    form: Form,
    row: &dyn Fn(&Knowledge) -> Option<Row>,
) -> anyhow::Result<Ended> {
    let (mut count, mut in_force) = (0, 0);
    let base = desk.opened.derivation.knowledge();
    for id in base.of_kind(kind)? {
        let Some(knowledge) = base.read(id)? else { continue };
        let Some(row) = row(&knowledge) else { continue };
        let standing = standing(desk, id, &knowledge);
        count += 1;
        in_force += u64::from(standing == Standing::InForce);
        match form {
            Form::Json => say!("{}", object(desk, id, &knowledge, row, standing))?,
            Form::Text => say!("{}", line(desk, id, &knowledge, &row, standing))?,
        }
    }
    if form == Form::Text {
        let counted = show::counted(count, "entry", "entries");
        say!("{counted}, {} in force", show::count(in_force))?;
    }
    Ok(Ended::Fine)
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Form {
    /// For people.
    Text,
    /// JSON lines.
    Json,
}

impl From<&super::super::args::Listing> for Form {
    fn from(listing: &super::super::args::Listing) -> Self {
        if listing.json { Self::Json } else { Self::Text }
    }
}

fn supports(desk: &Desk, id: EntryId) -> Vec<String> {
    let supports = desk.opened.derivation.pipeline().judge().supports();
    supports.supporters(id).map(|decision| decision.to_string()).collect()
}

/// How many people signed the decisions that stand for an entry. Of a profile of a removed
/// account nobody says that they saw what it was removed for, so that nobody confirmed it.
fn signed_by(desk: &Desk, id: EntryId) -> usize {
    let judge = desk.opened.derivation.pipeline().judge();
    let made = judge.supports().supporters(id).filter_map(|decision| judge.decision(decision));
    made.flat_map(|made| &made.reviewers).collect::<BTreeSet<_>>().len()
}

fn object(desk: &Desk, id: EntryId, knowledge: &Knowledge, row: Row, standing: Standing) -> Value {
    let mut object = Map::new();
    object.insert("entry".into(), json!(id.to_string()));
    object.extend(row.fields);
    object.insert("source".into(), json!(knowledge.source));
    object.insert("supports".into(), json!(supports(desk, id)));
    object.insert("confirmed_by".into(), json!(desk.confirmed_by(&(id.0..=id.0))));
    object.insert("signed_by".into(), json!(signed_by(desk, id)));
    object.insert("expires".into(), json!(knowledge.expires.map(|at| at.to_string())));
    object.insert("standing".into(), json!(standing.as_str()));
    Value::Object(object)
}

fn line(desk: &Desk, id: EntryId, knowledge: &Knowledge, row: &Row, standing: Standing) -> String {
    let standing = match standing {
        Standing::InForce => "in force",
        Standing::Waiting => "waiting: too few stand for it",
        Standing::Lapsed => "lapsed",
        Standing::Withdrawn => "withdrawn",
    };
    let stood_for = match knowledge.known.kind() {
        KnowledgeKind::Removed => format!("signed by {}", signed_by(desk, id)),
        _ => format!("confirmed by {}", desk.confirmed_by(&(id.0..=id.0))),
    };
    let supports = supports(desk, id);
    let supports = if supports.is_empty() { "nothing".to_owned() } else { supports.join(", ") };
    format!(
        "{:<6} {standing:<9}  {}  {}\n       source {}; supported by {supports}; {stood_for}; {}",
        id.to_string(),
        show::foreign(&row.of, 64),
        row.what,
        show::foreign(&knowledge.source, 200),
        until(knowledge.expires)
    )
}

/// When something lapses, in words.
pub(in crate::command) fn until(expires: Option<Timestamp>) -> String {
    expires.map_or_else(|| "without expiry".into(), |at| format!("until {at}"))
}
