//! Law 2: a file is not a post. What a copy of a decided file takes over from it.
//!
//! Leaves out how a copy is recognised, which is `media` and `text`.

use seawall_model::knowledge::FileClass;
use seawall_model::{DecisionId, WaveId};

/// What people ruled about a file in the wave it was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileRuling {
    /// Its posts are acted on.
    Act,
    /// Its posts stay: it documents, condemns, or breaks no policy.
    Keep,
}

/// How near two fingerprints are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Closeness {
    /// They are equal.
    Exact,
    /// They differ, in so many bits.
    Near {
        /// Bits that differ.
        distance_bits: u32,
    },
}

/// Whether an account stands in the protected register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protection {
    /// It does, and its ground has not expired.
    Protected,
    /// It does not.
    Unprotected,
    /// The register could not be asked. Counts as protected wherever it matters.
    Unknown,
}

/// A post that carries a file which people decided before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy {
    /// How near its file is to the decided one.
    pub closeness: Closeness,
    /// What the decided file is.
    pub class: FileClass,
    /// What was ruled about it.
    pub ruling: FileRuling,
    /// The decision that ruled so.
    pub decision: DecisionId,
    /// The wave the decision was about; `None` if it was about no wave.
    pub decided_in: Option<WaveId>,
    /// The wave whose member posted the copy; `None` if who posted it belongs to none.
    pub posted_in: Option<WaveId>,
    /// Whether who posted it is protected.
    pub poster: Protection,
}

/// What a copy takes over from the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inherits {
    /// The file's class and its verdict: an unprotected member of the same wave posted it.
    Verdict {
        /// What the file is.
        class: FileClass,
        /// What was ruled.
        ruling: FileRuling,
        /// The decision it rests on, and falls with.
        decision: DecisionId,
    },
    /// The file's class alone: the copy is a case with its own context.
    Class(FileClass),
    /// Nothing: it is no exact copy, and so a case.
    Nothing,
}

/// Says what a copy takes over from a file that people decided before.
///
/// An exact copy inherits the file's class. The verdict passes only to unprotected members
/// of the same wave. Every other copy is a case.
///
/// ```
/// use seawall_decision::law::{self, *};
/// use seawall_model::{DecisionId, Position, WaveId};
///
/// let wave = WaveId { opened_after: Position(1), ordinal: 0 };
/// let copy = law::Copy {
///     closeness: Closeness::Exact,
///     class: FileClass::Support,
///     ruling: FileRuling::Act,
///     decision: DecisionId(1),
///     decided_in: Some(wave),
///     posted_in: None,
///     poster: Protection::Unprotected,
/// };
/// assert_eq!(inherits(&copy), Inherits::Class(FileClass::Support));
/// ```
#[must_use]
pub fn inherits(copy: &Copy) -> Inherits {
    if copy.closeness != Closeness::Exact {
        return Inherits::Nothing;
    }
    let same_wave = copy.decided_in.is_some() && copy.decided_in == copy.posted_in;
    if same_wave && copy.poster == Protection::Unprotected {
        let Copy { class, ruling, decision, .. } = *copy;
        Inherits::Verdict { class, ruling, decision }
    } else {
        Inherits::Class(copy.class)
    }
}

#[cfg(test)]
mod tests {
    use seawall_model::Position;

    use super::*;

    fn wave(ordinal: u32) -> Option<WaveId> {
        Some(WaveId { opened_after: Position(7), ordinal })
    }

    fn copy(class: FileClass) -> Copy {
        Copy {
            closeness: Closeness::Exact,
            class,
            ruling: FileRuling::Act,
            decision: DecisionId(3),
            decided_in: wave(0),
            posted_in: wave(0),
            poster: Protection::Unprotected,
        }
    }

    #[test]
    fn an_exact_copy_inherits_the_files_class() {
        for class in FileClass::ALL {
            let elsewhere = Copy { posted_in: None, ..copy(class) };
            assert_eq!(inherits(&elsewhere), Inherits::Class(class));
        }
    }

    #[test]
    fn the_verdict_passes_to_unprotected_members_of_the_same_wave() {
        for ruling in [FileRuling::Act, FileRuling::Keep] {
            let class = FileClass::Support;
            let expect = Inherits::Verdict { class, ruling, decision: DecisionId(3) };
            assert_eq!(inherits(&Copy { ruling, ..copy(class) }), expect);
        }
    }

    #[test]
    fn every_other_copy_is_a_case() {
        let exact = copy(FileClass::Support);
        for other in [
            Copy { posted_in: wave(1), ..exact },
            Copy { posted_in: None, ..exact },
            Copy { decided_in: None, ..exact },
            Copy { decided_in: None, posted_in: None, ..exact },
            Copy { poster: Protection::Protected, ..exact },
            Copy { poster: Protection::Unknown, ..exact },
        ] {
            assert_eq!(inherits(&other), Inherits::Class(FileClass::Support), "{other:?}");
        }
        let near = Copy { closeness: Closeness::Near { distance_bits: 1 }, ..exact };
        assert_eq!(inherits(&near), Inherits::Nothing);
    }
}
