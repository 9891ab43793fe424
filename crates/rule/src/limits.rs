//! Every bound of the rule language, with its unit; what exceeds one is refused or fails.
//!
//! Left out: the size of an event, which is bounded where it is decoded.

/// Bytes of one source file.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;
/// Files of one rule set.
pub const FILES_MAX: usize = 20_000;
/// Bytes of all source files of one rule set.
pub const SOURCES_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Levels of a tree of an expression, an annotation or a configuration.
pub const DEPTH_MAX: u32 = 150;
/// Levels of brackets, and of signs before a value; parsing takes far more of the stack
/// for each than walking the tree does.
pub const NESTING_MAX: u32 = 64;
/// Brackets that nothing closes, after each of which one file is read on.
pub const UNCLOSED_MAX: usize = 20;
/// Levels of indentation in text that is skipped.
pub const INDENTS_MAX: usize = 100;
/// Diagnostics of one rule set; what lies beyond is counted.
pub const DIAGNOSTICS_MAX: usize = 1_000;
/// Names that one unknown name is compared with in search of a similar one.
pub const SIMILAR_NAMES_MAX: usize = 2_000;
/// Unknown names for which a similar one is sought.
pub const SIMILAR_SEARCHES_MAX: usize = 20;
/// Bytes that one compiled regular expression may take.
pub const REGEX_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Levels to which a regular expression may nest.
pub const REGEX_DEPTH_MAX: u32 = 100;
/// Steps of one path into an event's data.
pub const PATH_STEPS_MAX: usize = 64;
/// Bytes of one string that an expression makes.
pub const STRING_BYTES_MAX: usize = 1024 * 1024;
/// Elements of one list that an expression makes.
pub const LIST_ITEMS_MAX: usize = 100_000;
/// Values of an event's data that one path may visit.
pub const PATH_VISITS_MAX: usize = 200_000;
/// Steps of evaluation for one event: one for each node, and one for each 64 bytes or
/// 8 elements that a node reads or makes.
pub const STEPS_MAX: u64 = 20_000_000;
/// Arguments of one call.
pub const ARGUMENTS_MAX: usize = 100;
/// Bits of the largest shift and of the largest integer.
pub const INTEGER_BITS: u32 = 127;
