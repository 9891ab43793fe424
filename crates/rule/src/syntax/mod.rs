//! Text to the language's tree: scanned, parsed by Python's grammar, refused where SML is less.
//!
//! Leaves out names, modules and types, which need more than one file.

pub(crate) mod ast;
mod atom;
mod expression;
mod lower;
mod number;
mod scan;
mod statement;
mod string;
mod token;
mod tree;

pub(crate) use token::Fault;

/// Reads one file; what can be understood is kept, so that later checks see it too.
pub(crate) fn parse(text: &str) -> (ast::File, Vec<Fault>) {
    let mut faults = Vec::new();
    let tokens = scan::scan(text, &mut faults);
    let lines = statement::statements(&tokens, &mut faults);
    let mut statements = Vec::with_capacity(lines.len());
    for line in lines {
        match lower::statement(line) {
            Ok(statement) => statements.push(statement),
            Err(fault) => faults.push(fault),
        }
    }
    (ast::File { statements }, faults)
}
