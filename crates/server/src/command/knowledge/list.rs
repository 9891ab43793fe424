//! Lists of entries of knowledge, as text and as JSON lines.

use seawall_model::EntryId;
use seawall_model::Timestamp;
use seawall_model::knowledge::{Knowledge, KnowledgeKind};
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::{Ended, show};
use super::Desk;
use crate::desk::knowledge::view::{EntryView, Standing, view};

/// What an entry is, in a list: the list, bank or id it belongs to, and what it says.
pub(in crate::command) struct Row {
    /// The list, bank, policy or ground.
    pub(in crate::command) of: String,
    /// What it says, fit for a terminal.
    pub(in crate::command) what: String,
    /// What it says, for programs.
    pub(in crate::command) fields: Map<String, Value>,
}

/// What an entry says, for programs.
pub(in crate::command) fn fields(said: impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(said) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
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
        let fields = row.fields.clone();
        let told = view(&desk.opened.derivation, id, &knowledge, fields, desk.now);
        count += 1;
        in_force += u64::from(told.standing == Standing::InForce);
        match form {
            Form::Json => say!("{}", serde_json::to_value(&told)?)?,
            Form::Text => say!("{}", line(id, &knowledge, &row, &told))?,
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

fn line(
    id: EntryId,
    knowledge: &Knowledge,
    row: &Row,
    told: &EntryView<Map<String, Value>>,
) -> String {
    let standing = match told.standing {
        Standing::InForce => "in force",
        Standing::Waiting => "waiting: too few stand for it",
        Standing::Lapsed => "lapsed",
        Standing::Withdrawn => "withdrawn",
    };
    let stood_for = match knowledge.known.kind() {
        KnowledgeKind::Removed => format!("signed by {}", told.signed_by),
        _ => format!("confirmed by {}", told.confirmed_by),
    };
    let supports = match told.supports.as_slice() {
        [] => "nothing".to_owned(),
        supports => supports.join(", "),
    };
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
