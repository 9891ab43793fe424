//! A rule set compiled: one flat list of nodes, each after those it reads.
//!
//! Evaluation goes through the list once for each file that runs; nothing here recurses,
//! so a rule set's shape cannot cost more than its size. Left out: names and types, which
//! are gone by now.

use std::ops::Range;
use std::sync::Arc;

use regex::Regex;

use crate::catalogue::Builtin;
use crate::datum::Datum;
use crate::observe::Observed;
use crate::path::Path;
use crate::source::Place;
use crate::syntax::ast::{Arithmetic, Comparator, Junction};
use crate::types::Type;

/// Index of a node.
pub(crate) type NodeId = usize;

/// One expression.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) op: Op,
    pub(crate) place: Place,
}

/// What a node does.
#[derive(Debug)]
pub(crate) enum Op {
    Constant(Datum),
    Json(Json),
    Entity { kind: Arc<str>, id: NodeId },
    Binary { operator: Arithmetic, left: NodeId, right: NodeId },
    Negate(NodeId),
    Not(NodeId),
    Compare { operator: Comparator, left: NodeId, right: NodeId },
    Junction { operator: Junction, operands: Box<[NodeId]> },
    List(Box<[NodeId]>),
    Format(Box<[Piece]>),
    Call { builtin: Builtin, arguments: Box<[Option<NodeId>]>, prepared: Prepared },
    Observe(Question),
    Rule { rule: usize, signals: NodeId, description: NodeId },
    When { rules: NodeId, then: NodeId },
    Require { file: NodeId, condition: Option<NodeId>, candidates: Box<[usize]> },
}

impl Op {
    /// Calls `on` for each node whose value may change this one's: what only words a
    /// description is passed over.
    fn for_each_read(&self, mut on: impl FnMut(NodeId)) {
        match self {
            Self::Constant(_) | Self::Observe(_) => {}
            Self::Json(json) => json.required.into_iter().chain(json.coerce).for_each(on),
            Self::Entity { id, .. } => on(*id),
            Self::Binary { left, right, .. } | Self::Compare { left, right, .. } => {
                [*left, *right].into_iter().for_each(on);
            }
            Self::Negate(operand) | Self::Not(operand) => on(*operand),
            Self::Junction { operands, .. } | Self::List(operands) => {
                operands.iter().copied().for_each(on);
            }
            Self::Format(pieces) => pieces.iter().for_each(|piece| match piece {
                Piece::Node(node) => on(*node),
                Piece::Text(_) => {}
            }),
            Self::Call { arguments, .. } => arguments.iter().copied().flatten().for_each(on),
            Self::Rule { signals, .. } => on(*signals),
            Self::When { rules, .. } => on(*rules),
            Self::Require { file, condition, .. } => {
                condition.iter().chain([file]).copied().for_each(on);
            }
        }
    }
}

/// Reads the event's data.
#[derive(Debug)]
pub(crate) struct Json {
    pub(crate) path: Path,
    pub(crate) from: From,
    pub(crate) kind: Type,
    /// The entity's type, if one is made.
    pub(crate) entity: Option<Arc<str>>,
    pub(crate) required: Option<NodeId>,
    pub(crate) coerce: Option<NodeId>,
}

/// Which part of an event is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Data,
    Secret,
}

/// A piece of an f-string.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(Arc<str>),
    Node(NodeId),
}

/// What a function was given as literals, made ready.
#[derive(Debug)]
pub(crate) enum Prepared {
    None,
    /// A text must match.
    One(Regex),
    /// How many match a text.
    Count(Box<[Regex]>),
    /// Every text of a list must match.
    AllOf(Regex),
    /// One text of a list must match.
    AnyOf(Regex),
}

/// What a detector is asked.
#[derive(Debug)]
pub(crate) enum Question {
    TermMatches(Arc<str>),
    BankDistance(Arc<str>),
    ComebackBits,
    SignalNumber(Arc<str>),
}

impl Question {
    /// As detectors are asked.
    pub(crate) fn observed(&self) -> Observed<'_> {
        match self {
            Self::TermMatches(list) => Observed::TermMatches { list },
            Self::BankDistance(bank) => Observed::BankDistance { bank },
            Self::ComebackBits => Observed::ComebackBits,
            Self::SignalNumber(kind) => Observed::SignalNumber { kind },
        }
    }
}

/// One file.
#[derive(Debug)]
pub(crate) struct FilePlan {
    pub(crate) path: Arc<str>,
    /// Its nodes.
    pub(crate) nodes: Range<NodeId>,
    /// Files that it imports.
    pub(crate) imports: Box<[usize]>,
    /// Its place in an order in which each file comes after those it imports.
    pub(crate) rank: usize,
    /// Features that it stores.
    pub(crate) features: Box<[FeaturePlan]>,
    /// Rules that it defines.
    pub(crate) rules: Box<[usize]>,
}

/// One feature that is stored.
#[derive(Debug)]
pub(crate) struct FeaturePlan {
    pub(crate) name: Arc<str>,
    pub(crate) node: NodeId,
}

/// A rule set that can be evaluated; read-only, and shared between threads.
#[derive(Debug)]
pub struct Ruleset {
    pub(crate) nodes: Vec<Node>,
    /// The entry first.
    pub(crate) files: Vec<FilePlan>,
    pub(crate) rules: Vec<Arc<str>>,
    pub(crate) digest: [u8; 32],
}

impl Ruleset {
    /// SHA-256 of the sources, see [`crate::Sources::digest`].
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Names of all rules, by file and place.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(AsRef::as_ref)
    }

    /// Names of all features that can be stored.
    pub fn features(&self) -> impl Iterator<Item = &str> {
        self.files.iter().flat_map(|file| file.features.iter().map(|feature| &*feature.name))
    }

    /// What the rules ask the detectors, each with its file and place.
    ///
    /// So that a caller can refuse a list, bank or signal that it does not have.
    pub fn questions(&self) -> impl Iterator<Item = (Observed<'_>, &str, Place)> {
        self.placed().filter_map(|(path, node)| match &node.op {
            Op::Observe(question) => Some((question.observed(), path, node.place)),
            _ => None,
        })
    }

    /// What a rule asks the detectors, itself or through what it reads; of all rules of this
    /// name. That a file of rules is required only where something was found is left out.
    ///
    /// Cost: one visit to each node that the rule reads.
    #[must_use]
    pub fn asked_by(&self, rule: &str) -> Vec<Observed<'_>> {
        let is_it = |node: &Node| match &node.op {
            Op::Rule { rule: number, .. } => {
                self.rules.get(*number).is_some_and(|of| **of == *rule)
            }
            _ => false,
        };
        let mut left: Vec<NodeId> =
            (0..self.nodes.len()).filter(|id| is_it(&self.nodes[*id])).collect();
        let mut seen = std::collections::BTreeSet::new();
        let mut asked = Vec::new();
        while let Some(id) = left.pop() {
            let Some(node) = self.nodes.get(id).filter(|_| seen.insert(id)) else { continue };
            match &node.op {
                Op::Observe(question) => asked.push(question.observed()),
                op => op.for_each_read(|read| left.push(read)),
            }
        }
        asked
    }

    /// Policies that the rules open cases under, each with its file and place.
    pub fn policies(&self) -> impl Iterator<Item = (&str, &str, Place)> {
        self.placed().filter_map(|(path, node)| {
            let Op::Call { builtin: Builtin::OpenCase, arguments, .. } = &node.op else {
                return None;
            };
            match &self.nodes.get(arguments.first().copied()??)?.op {
                Op::Constant(Datum::Str(policy)) => Some((&**policy, path, node.place)),
                _ => None,
            }
        })
    }

    fn placed(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.files.iter().flat_map(|file| {
            let nodes = self.nodes.get(file.nodes.clone()).unwrap_or(&[]);
            nodes.iter().map(|node| (&*file.path, node))
        })
    }

    /// How many nodes one event costs at most.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }
}
