//! `WhenRules` and `Require`: what follows from rules and conditions.
//!
//! Failed rules are passed over, failed effects do not fire, the rest goes on.

use std::sync::Arc;

use super::{Run, joined_rests};
use crate::datum::{Datum, Slot};
use crate::ir::{NodeId, Op};
use crate::outcome::{Block, Fired, Rests};

impl Run<'_> {
    pub(super) fn when(&mut self, node: NodeId, rules: NodeId, then: NodeId) -> (Datum, Rests) {
        let set = self.set;
        let mut block = Block {
            path: Arc::clone(&set.files[self.file].path),
            place: set.nodes[node].place,
            evaluated: Vec::new(),
            matched: Vec::new(),
            failed: Vec::new(),
            effects: 0,
            effects_failed: 0,
            rests_on_missing: Rests::No,
        };
        let names = self.rule_names(rules);
        let slots = self.elements(rules).unwrap_or_else(|| vec![Slot::Failed]);
        let mut verdicts = Vec::with_capacity(slots.len());
        for (index, slot) in slots.iter().enumerate() {
            match slot {
                Slot::Done(Datum::Rule(rule, matched), rests) => {
                    let name = &set.rules[*rule];
                    block.evaluated.push(Arc::clone(name));
                    if *matched {
                        block.matched.push(Arc::clone(name));
                    }
                    verdicts.push((*matched, *rests));
                }
                _ => {
                    block.failed.extend(names.get(index).cloned().flatten());
                    verdicts.push((false, Rests::Yes));
                }
            }
        }
        let (fires, rests) = joined_rests(verdicts);
        let rests = rests.or(self.rests);
        block.rests_on_missing = rests;
        if fires {
            self.fire(then, rests, &mut block);
        }
        self.out.blocks.push(block);
        (Datum::Null, rests)
    }

    fn fire(&mut self, then: NodeId, rests: Rests, block: &mut Block) {
        for slot in self.elements(then).unwrap_or_default() {
            match slot {
                Slot::Done(Datum::Effect(effect), inner) => {
                    block.effects += 1;
                    self.out.effects.push(Fired {
                        effect: (*effect).clone(),
                        rules: block.matched.clone(),
                        rests_on_missing: rests.or(inner),
                    });
                }
                _ => block.effects_failed += 1,
            }
        }
    }

    /// Names of the rules in a written-out list, where they can be read off.
    fn rule_names(&self, list: NodeId) -> Vec<Option<Arc<str>>> {
        let Op::List(items) = &self.set.nodes[list].op else { return Vec::new() };
        let name = |item: &NodeId| match &self.set.nodes[*item].op {
            Op::Rule { rule, .. } => Some(Arc::clone(&self.set.rules[*rule])),
            _ => None,
        };
        items.iter().map(name).collect()
    }

    /// Runs another file later, if its condition holds.
    ///
    /// A file that is not there is passed over, as its name may come from the event. Files
    /// that perhaps should run, had nothing been missing, are remembered.
    pub(super) fn require(
        &mut self,
        file: NodeId,
        condition: Option<NodeId>,
        candidates: &[usize],
    ) {
        let (holds, one) = match condition.map(|condition| &self.slots[condition]) {
            None => (true, Rests::No),
            Some(Slot::Done(datum, rests)) => (datum.truth() == Some(true), *rests),
            Some(Slot::Failed | Slot::Unset) => (false, Rests::Yes),
        };
        let (path, other) = match &self.slots[file] {
            Slot::Done(datum, rests) => (datum.text(), *rests),
            Slot::Failed | Slot::Unset => (None, Rests::Yes),
        };
        let rests = match (holds, one) {
            // Certainly not: which file it would have been does not matter.
            (false, Rests::No) => Rests::No,
            _ => one.or(other),
        };
        if rests == Rests::Yes {
            for candidate in candidates {
                self.doubted[*candidate] = true;
            }
        }
        let found = path.filter(|_| holds).and_then(|path| {
            candidates.iter().find(|candidate| *self.set.files[**candidate].path == *path)
        });
        if let Some(found) = found {
            self.queue.push_back((*found, rests.or(self.rests)));
        }
    }
}
