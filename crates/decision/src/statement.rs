//! Statements of reasons: what is told to the person whom a decision concerns.
//!
//! [`statement`] takes [`Facts`], which cannot carry what law 8 forbids, and writes a
//! letter in Arabic or English with what Article 17 of the Digital Services Act asks for:
//! the restriction, its scope and duration, facts and circumstances, how it came, automated
//! means, the ground, and redress. Leaves out sending, and what is filed in public
//! databases (`comply`).

mod facts;
mod phrase;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

use seawall_model::Timestamp;

pub use facts::{
    AppealOutcome, Appealed, Circumstance, Country, Detection, Facts, Initiative, Lasting, Measure,
    Ordered, OutOfCourt, Policy, Posts, Redress, Restored, RestrictedBy, Scope, Taken, Territory,
    UnattendedHours, Undone, Why,
};
pub use phrase::{NothingToShow, PHRASE_CHARS_MAX, Phrase};
pub use words::{Digits, Language};
use words::{Value, fill};

/// A notice as its reader sees it.
///
/// Text from outside stands between U+2068 and U+2069, so that it keeps its own direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it is about, in one line.
    pub subject_line: String,
    /// The letter.
    pub paragraphs: Vec<String>,
    /// Before when it must not be sent, because an order forbids it.
    pub not_before: Option<Timestamp>,
}

impl fmt::Display for Statement {
    /// The subject line and the paragraphs, an empty line between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.subject_line)?;
        self.paragraphs.iter().try_for_each(|paragraph| write!(f, "\n\n{paragraph}"))
    }
}

/// Writes the statement of reasons.
///
/// Names no other account, reporter, list, threshold or detector: [`Facts`] cannot hold
/// one. The same facts give the same letter.
///
/// Cost: a few kilobytes of text. Source: Regulation (EU) 2022/2065, Article 17(3);
/// Regulation (EU) 2021/784, Article 11; plural forms from CLDR.
#[must_use]
pub fn statement(facts: &Facts<'_>, language: Language) -> Statement {
    match facts {
        Facts::Taken(taken) => told_taken(taken, language),
        Facts::Ordered(ordered) => told_ordered(ordered, language),
        Facts::Restored(restored) => told_restored(restored, language),
        Facts::Appealed(appealed) => told_appealed(appealed, language),
    }
}

/// A letter being written.
struct Letter<'a> {
    language: Language,
    values: Vec<(&'static str, Value<'a>)>,
    paragraphs: Vec<String>,
}

impl<'a> Letter<'a> {
    fn new(language: Language, values: Vec<(&'static str, Value<'a>)>) -> Self {
        let mut letter = Self { language, values, paragraphs: Vec::new() };
        letter.paragraph(&["greeting"]);
        letter
    }

    fn line(&self, key: &str) -> String {
        fill(self.language, key, &self.values)
    }

    /// A paragraph of these sentences.
    fn paragraph(&mut self, keys: &[&str]) {
        let sentences: Vec<String> = keys.iter().map(|key| self.line(key)).collect();
        self.paragraphs.push(sentences.join(" "));
    }

    fn end(mut self, subject: &str, not_before: Option<Timestamp>) -> Statement {
        self.paragraph(&["closing"]);
        let subject_line = self.line(subject);
        Statement { subject_line, paragraphs: self.paragraphs, not_before }
    }
}

fn told_taken(taken: &Taken<'_>, language: Language) -> Statement {
    let name = measure_name(taken.measure);
    let scope = taken.measure.scope();
    let number = taken.action.to_string();
    let mut values = vec![
        ("number", Value::Foreign(&number)),
        ("date", Value::Date(taken.taken_at)),
        ("title", Value::Foreign(taken.policy.title.as_str())),
        ("version", Value::Foreign(taken.policy.version.as_str())),
        ("reference", Value::Foreign(taken.policy.reference.as_str())),
    ];
    let (duration, days) = duration(taken.measure);
    values.extend(days);
    if let Scope::Posts(posts) = scope {
        values.push(("posts", Value::Count(posts.get())));
    }
    if let Some(excerpt) = taken.excerpt {
        values.push(("excerpt", Value::Foreign(excerpt.as_str())));
    }
    let territory = territory(taken.territory, &mut values);
    let mut letter = Letter::new(language, values);
    let what = format!("what.{name}");
    let excerpt = taken.excerpt.map(|_| excerpt_key(scope));
    letter.paragraph(&[what.as_str()].into_iter().chain(excerpt).collect::<Vec<_>>());
    if matches!(taken.measure, Measure::Share(_) | Measure::Destroy(_)) {
        letter.paragraph(&[duration]);
    } else {
        letter.paragraph(&[territory, duration]);
    }
    let facts = match taken.circumstance {
        _ if is_by_rule(taken.measure) => "facts.copy",
        Circumstance::Seen => "facts.seen",
        Circumstance::Copy => "facts.copy",
        Circumstance::Alike => "facts.alike",
        Circumstance::Return => "facts.return",
    };
    letter.paragraph(&[facts, "policy.text"]);
    let initiative = match taken.initiative {
        Initiative::Own => "initiative.own",
        Initiative::Notice => "initiative.notice",
    };
    letter.paragraph(&[initiative, automation(taken)]);
    redress(taken.redress, &mut letter, &["redress.number"], &[]);
    letter.end(&format!("subject.{name}"), None)
}

fn automation(taken: &Taken<'_>) -> &'static str {
    match taken.detection {
        _ if is_by_rule(taken.measure) => "automation.both",
        Detection::Automated => "automation.detection",
        Detection::People => "automation.none",
    }
}

fn is_by_rule(measure: Measure) -> bool {
    matches!(measure, Measure::Restrict { by: RestrictedBy::Rule(_), .. })
}

/// How the templates call a measure.
fn measure_name(measure: Measure) -> &'static str {
    match (measure, measure.scope()) {
        (Measure::Restrict { .. }, Scope::Account) => "restrict.account",
        (Measure::Restrict { .. }, Scope::Posts(_)) => "restrict.posts",
        (Measure::Label(_), Scope::Account) => "label.account",
        (Measure::Label(_), Scope::Posts(_)) => "label.posts",
        (Measure::Interstitial(_), _) => "interstitial",
        (Measure::Remove(_), _) => "remove",
        (Measure::Suspend(_), _) => "suspend",
        (Measure::Share(_), _) => "share",
        (Measure::Destroy(_), _) => "destroy",
    }
}

/// The sentence about how long, and the number it tells.
fn duration(measure: Measure) -> (&'static str, Option<(&'static str, Value<'static>)>) {
    let for_hours = |hours| ("duration.hours", Some(("hours", Value::Count(hours))));
    match measure {
        Measure::Restrict { by: RestrictedBy::Rule(hours), .. } => for_hours(hours.get()),
        Measure::Restrict { by: RestrictedBy::People(lasting), .. } | Measure::Suspend(lasting) => {
            match lasting {
                Lasting::Hours(hours) => for_hours(hours),
                Lasting::Days(days) => ("duration.days", Some(("days", Value::Count(days)))),
                Lasting::Open => ("duration.open", None),
            }
        }
        Measure::Interstitial(_) | Measure::Label(_) | Measure::Remove(_) => {
            ("duration.open", None)
        }
        Measure::Share(_) => ("duration.shared", None),
        Measure::Destroy(_) => ("duration.final", None),
    }
}

fn territory(territory: Territory, values: &mut Vec<(&'static str, Value<'_>)>) -> &'static str {
    match territory {
        Territory::Everywhere => "territory.everywhere",
        Territory::Union => "territory.union",
        Territory::Country(country) => {
            values.push(("country", Value::Country(country)));
            "territory.country"
        }
    }
}

fn excerpt_key(scope: Scope) -> &'static str {
    match scope {
        Scope::Account => "excerpt.account",
        Scope::Posts(posts) if posts.get() == 1 => "excerpt.single",
        Scope::Posts(_) => "excerpt.among",
    }
}

/// The paragraph about appeal, other bodies and courts, with more sentences after the first and
/// before the last.
fn redress(redress: Redress, letter: &mut Letter<'_>, appeal: &[&str], more: &[&str]) {
    // The days of the appeal, not those the measure lasts.
    letter.values.retain(|(name, _)| *name != "days");
    letter.values.push(("days", Value::Count(redress.appeal_days.get())));
    let mut keys = vec!["redress.appeal"];
    keys.extend(appeal);
    keys.extend((redress.out_of_court == OutOfCourt::Open).then_some("redress.out_of_court"));
    keys.extend(more);
    keys.push("redress.court");
    letter.paragraph(&keys);
}

fn told_ordered(ordered: &Ordered<'_>, language: Language) -> Statement {
    let mut values =
        vec![("date", Value::Date(ordered.taken_at)), ("posts", Value::Count(ordered.posts.get()))];
    values.extend(ordered.excerpt.map(|post| ("excerpt", Value::Foreign(post.as_str()))));
    values.extend(ordered.law.map(|law| ("law", Value::Foreign(law.as_str()))));
    values.extend(ordered.withheld_until.map(|until| ("until", Value::Date(until))));
    let territory = territory(ordered.territory, &mut values);
    let mut letter = Letter::new(language, values);
    let mut what = vec!["order.what"];
    what.extend(ordered.excerpt.map(|_| excerpt_key(Scope::Posts(ordered.posts))));
    letter.paragraph(&what);
    letter.paragraph(&[territory, "duration.open"]);
    // From here on the country is the one whose authority ordered it.
    letter.values.retain(|(name, _)| *name != "country");
    letter.values.push(("country", Value::Country(ordered.jurisdiction)));
    let mut why = vec!["order.why"];
    why.extend(ordered.law.map(|_| "order.law"));
    why.push("order.automation");
    letter.paragraph(&why);
    if ordered.withheld_until.is_some() {
        letter.paragraph(&["order.withheld"]);
    }
    redress(ordered.redress, &mut letter, &[], &["order.redress"]);
    letter.end("subject.order", ordered.withheld_until)
}

fn told_restored(restored: &Restored, language: Language) -> Statement {
    let (name, posts) = match restored.undone {
        Undone::Restrict(Scope::Account) => ("restrict.account", None),
        Undone::Restrict(Scope::Posts(posts)) => ("restrict.posts", Some(posts)),
        Undone::Interstitial(posts) => ("interstitial", Some(posts)),
        Undone::Label(Scope::Account) => ("label.account", None),
        Undone::Label(Scope::Posts(posts)) => ("label.posts", Some(posts)),
        Undone::Remove(posts) => ("remove", Some(posts)),
        Undone::Suspend => ("suspend", None),
        Undone::Share(posts) => ("share", Some(posts)),
    };
    let mut values = vec![
        ("date", Value::Date(restored.restored_at)),
        ("taken", Value::Date(restored.taken_at)),
    ];
    values.extend(posts.map(|posts| ("posts", Value::Count(posts.get()))));
    let mut letter = Letter::new(language, values);
    letter.paragraph(&[&format!("restored.{name}"), "restored.decision"]);
    let (why, end) = match restored.why {
        Why::Appeal => ("why.appeal", "restored.sorry"),
        Why::Review => ("why.review", "restored.sorry"),
        Why::Support => ("why.support", "restored.sorry"),
        Why::Order => ("why.order", "restored.thanks"),
        Why::Lapsed => ("why.lapsed", "restored.thanks"),
    };
    letter.paragraph(&[why]);
    letter.paragraph(&[end]);
    letter.end(&format!("subject.restored.{name}"), None)
}

fn told_appealed(appealed: &Appealed<'_>, language: Language) -> Statement {
    let number = appealed.action.to_string();
    let mut values = vec![
        ("number", Value::Foreign(&number)),
        ("taken", Value::Date(appealed.taken_at)),
        ("appealed", Value::Date(appealed.appealed_at)),
    ];
    let AppealOutcome::Upheld { at, policy, out_of_court } = appealed.outcome else {
        let mut letter = Letter::new(language, values);
        letter.paragraph(&["appeal.brought"]);
        letter.paragraph(&["appeal.ended"]);
        letter.paragraph(&["restored.thanks"]);
        return letter.end("subject.appeal", None);
    };
    values.extend([
        ("date", Value::Date(at)),
        ("title", Value::Foreign(policy.title.as_str())),
        ("version", Value::Foreign(policy.version.as_str())),
        ("reference", Value::Foreign(policy.reference.as_str())),
    ]);
    let mut letter = Letter::new(language, values);
    letter.paragraph(&["appeal.brought"]);
    letter.paragraph(&["appeal.upheld", "policy.text"]);
    letter.paragraph(&["appeal.automation", "appeal.stands"]);
    let mut keys = vec!["appeal.once"];
    keys.extend((out_of_court == OutOfCourt::Open).then_some("appeal.out_of_court"));
    keys.push("redress.court");
    letter.paragraph(&keys);
    letter.end("subject.appeal", None)
}
