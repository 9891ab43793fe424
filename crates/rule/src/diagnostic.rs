//! What is wrong with a rule set, where, and what to do; all at once.
//!
//! Leaves out deciding what is wrong: each check pushes its findings here.

use std::collections::BTreeMap;
use std::fmt;

use crate::limits::DIAGNOSTICS_MAX;
use crate::source::{Lines, Place, Sources, Span};

/// Which check found it, by the name that rule authors know from Osprey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Validator {
    /// The text is not of the language.
    Parse,
    /// `config.yaml` and `config/*.yaml`.
    Config,
    /// Imports in a circle.
    ImportsMustNotHaveCycles,
    /// Locals that nothing reads.
    NoUnusedLocals,
    /// Names defined twice.
    UniqueStoredNames,
    /// What functions are given.
    ValidateCallKwargs,
    /// Where functions stand.
    ValidateCallRValue,
    /// Functions whose result has no type of its own.
    ValidateDynamicCallsHaveAnnotatedRValue,
    /// Types.
    ValidateStaticTypes,
    /// Names without definition.
    VariablesMustBeDefined,
    /// What this version does not evaluate.
    Available,
}

impl Validator {
    /// Its stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Config => "ConfigValidator",
            Self::ImportsMustNotHaveCycles => "ImportsMustNotHaveCycles",
            Self::NoUnusedLocals => "NoUnusedLocals",
            Self::UniqueStoredNames => "UniqueStoredNames",
            Self::ValidateCallKwargs => "ValidateCallKwargs",
            Self::ValidateCallRValue => "ValidateCallRValue",
            Self::ValidateDynamicCallsHaveAnnotatedRValue => {
                "ValidateDynamicCallsHaveAnnotatedRValue"
            }
            Self::ValidateStaticTypes => "ValidateStaticTypes",
            Self::VariablesMustBeDefined => "VariablesMustBeDefined",
            Self::Available => "available",
        }
    }
}

/// A place in a file with a word about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub path: Box<str>,
    /// First byte in the file, and the byte after the last.
    pub bytes: std::ops::Range<u32>,
    /// Line and column of the first byte.
    pub place: Place,
    /// What to say there; may be empty.
    pub hint: String,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which check found it.
    pub validator: Validator,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where, and a hint.
    pub at: Location,
    /// What joins [`Diagnostic::related`]; may be empty.
    pub related_message: &'static str,
    /// Places that have to do with it.
    pub related: Vec<Location>,
    source_line: Box<str>,
    related_lines: Vec<Box<str>>,
}

/// Everything that is wrong with a rule set, by path, line and column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rule set has {} errors", .found.len() + .left_out)]
pub struct Diagnostics {
    /// At least one, at most [`DIAGNOSTICS_MAX`].
    pub found: Vec<Diagnostic>,
    /// How many more there are.
    pub left_out: usize,
}

impl Diagnostics {
    /// Everything as text: messages, places, the lines with a caret.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        for diagnostic in &self.found {
            text.push_str(&format!("{diagnostic}\n\n"));
        }
        if self.left_out > 0 {
            text.push_str(&format!("and {} more\n", self.left_out));
        }
        text
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        excerpt(f, "", &self.at, &self.source_line)?;
        if !self.related_message.is_empty() {
            write!(f, "\n~~~ {}", self.related_message)?;
        }
        for (index, (location, line)) in self.related.iter().zip(&self.related_lines).enumerate() {
            excerpt(f, &format!("({}) ", index + 1), location, line)?;
        }
        Ok(())
    }
}

/// The line of a place with a caret and the hint below it.
fn excerpt(f: &mut fmt::Formatter<'_>, mark: &str, at: &Location, line: &str) -> fmt::Result {
    let Place { line: number, column } = at.place;
    write!(f, "\n--> {mark}{}:{number}:{column}\n     |\n{number:4} | {line}", at.path)?;
    let before = usize::try_from(column).unwrap_or(usize::MAX).min(line.len());
    let before = &line[..line.floor_char_boundary(before)];
    let blank: String = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let mut hints = at.hint.lines();
    write!(f, "\n     | {blank}^")?;
    if let Some(first) = hints.next() {
        write!(f, " {first}")?;
    }
    for hint in hints {
        write!(f, "\n     | {blank}  {hint}")?;
    }
    Ok(())
}

/// A finding that does not know its lines yet.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) validator: Validator,
    pub(crate) message: String,
    pub(crate) hint: String,
    pub(crate) path: Box<str>,
    pub(crate) span: Span,
    pub(crate) related_message: &'static str,
    pub(crate) related: Vec<(Box<str>, Span, String)>,
}

impl Finding {
    pub(crate) fn new(
        validator: Validator,
        path: &str,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            validator,
            message: message.into(),
            hint: hint.into(),
            path: path.into(),
            span,
            related_message: "",
            related: Vec::new(),
        }
    }

    /// Adds a place that has to do with it.
    #[must_use]
    pub(crate) fn and(mut self, path: &str, span: Span, hint: impl Into<String>) -> Self {
        self.related.push((path.into(), span, hint.into()));
        self
    }

    /// Says what the related places are.
    #[must_use]
    pub(crate) fn joined(mut self, message: &'static str) -> Self {
        self.related_message = message;
        self
    }
}

/// Sorts findings and looks up their lines.
pub(crate) fn collect(sources: &Sources, mut findings: Vec<Finding>) -> Diagnostics {
    let key = |finding: &Finding| (finding.path.clone(), finding.span.start, finding.validator);
    findings.sort_by_cached_key(key);
    let left_out = findings.len().saturating_sub(DIAGNOSTICS_MAX);
    findings.truncate(DIAGNOSTICS_MAX);
    let mut lines = BTreeMap::new();
    let resolve = |finding| resolve(sources, &mut lines, finding);
    let mut found: Vec<Diagnostic> = findings.into_iter().map(resolve).collect();
    found.dedup();
    Diagnostics { found, left_out }
}

fn resolve(
    sources: &Sources,
    lines: &mut BTreeMap<Box<str>, Lines>,
    finding: Finding,
) -> Diagnostic {
    let mut locate = |path: Box<str>, span: Span, hint: String| {
        let text = sources.text(&path).unwrap_or("");
        let place = lines.entry(path.clone()).or_insert_with(|| Lines::of(text)).place(span.start);
        let line = line_of(text, span.start);
        (Location { path, bytes: span.start..span.end, place, hint }, line)
    };
    let (at, source_line) = locate(finding.path, finding.span, finding.hint);
    let related = finding.related.into_iter().map(|(path, span, hint)| locate(path, span, hint));
    let (related, related_lines) = related.unzip();
    Diagnostic {
        validator: finding.validator,
        message: finding.message,
        at,
        related_message: finding.related_message,
        related,
        source_line,
        related_lines,
    }
}

/// The line around a byte, cut to a length that a terminal can show.
fn line_of(text: &str, at: u32) -> Box<str> {
    const SHOWN_BYTES_MAX: usize = 400;
    let at = text.floor_char_boundary(usize::try_from(at).unwrap_or(0).min(text.len()));
    let start = text[..at].rfind(['\n', '\r']).map_or(0, |newline| newline + 1);
    let end = text[start..].find(['\n', '\r']).map_or(text.len(), |length| start + length);
    let line = &text[start..end];
    line[..line.floor_char_boundary(SHOWN_BYTES_MAX)].into()
}
