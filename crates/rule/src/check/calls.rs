//! Calls: functions that exist, their arguments by name, and where each may stand.
//!
//! Leaves out the types of arguments (`types`).

use super::annotations::{self, Annotated};
use super::{Definition, Program, is_local};
use crate::catalogue::{
    Builtin, Constancy, Function, Outcome, Parameter, ParameterKind, Presence, absent, present,
};
use crate::diagnostic::{Finding, Validator};
use crate::path::Path;
use crate::pattern;
use crate::syntax::ast::{Assign, Call, Expr, ExprKind, Statement};
use crate::types::Type;

/// Where a call stands.
#[derive(Clone, Copy)]
enum Stand<'p> {
    /// Alone in its line.
    Statement,
    /// The whole value of a definition.
    Assigned(&'p Assign),
    /// Part of another expression.
    Inside,
}

struct Checker<'p, 'f> {
    program: &'p Program,
    at: Definition,
    findings: &'f mut Vec<Finding>,
}

/// Checks every call of every file.
pub(crate) fn check(program: &Program, findings: &mut Vec<Finding>) {
    for (at, statement) in program.statements() {
        let mut checker = Checker { program, at, findings };
        match statement {
            Statement::Assign(assign) => {
                checker.expr(&assign.value, Stand::Assigned(assign));
            }
            Statement::Call(call) => checker.expr(call, Stand::Statement),
        }
    }
}

impl<'p> Checker<'p, '_> {
    fn report(
        &mut self,
        validator: Validator,
        expr: &Expr,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let path = self.program.path(self.at.module);
        self.findings.push(Finding::new(validator, path, expr.span, message, hint));
    }

    fn kwargs(&mut self, expr: &Expr, message: impl Into<String>, hint: impl Into<String>) {
        self.report(Validator::ValidateCallKwargs, expr, message, hint);
    }

    fn expr(&mut self, expr: &'p Expr, stand: Stand<'p>) {
        if let ExprKind::Call(call) = &expr.kind {
            self.call(expr, call, stand);
        }
        for child in expr.children() {
            self.expr(child, Stand::Inside);
        }
    }

    fn call(&mut self, expr: &'p Expr, call: &'p Call, stand: Stand<'p>) {
        let name = &*call.function;
        let Some(function) = present(name) else {
            match absent(name) {
                Some(remedy) => {
                    let message =
                        format!("function `{name}` of SML is not available in this version");
                    self.report(Validator::Available, expr, message, remedy);
                }
                None => self.kwargs(expr, format!("unknown function: `{name}`"), "called here"),
            }
            return;
        };
        self.place(expr, function, stand);
        self.arguments(expr, call, function);
        self.particular(expr, call, function, stand);
    }

    /// Statements give nothing, everything else gives something that must be used.
    fn place(&mut self, expr: &Expr, function: &Function, stand: Stand<'p>) {
        let name = function.name;
        match (function.result, stand) {
            (Outcome::Nothing, Stand::Assigned(_) | Stand::Inside) => {
                let message = "you cannot store the result of this function call because it has \
                               no return value";
                let hint = format!(
                    "this cannot appear to the right of a `=`, e.g.:\n- `{name}(...)` is OK\n- \
                     `X = {name}(...)` is not OK"
                );
                self.report(Validator::ValidateCallRValue, expr, message, hint);
            }
            (Outcome::Nothing, Stand::Statement) => {}
            (_, Stand::Statement) => {
                let message = "you must use the result of this function call";
                let hint = format!(
                    "this must not be used as a statement of its own, e.g.:\n- `Foo = \
                     {name}(...)` is OK\n- `SomeOtherFunction(argument={name}(...))` is OK\n- \
                     `{name}(...)` is not OK"
                );
                self.report(Validator::ValidateCallRValue, expr, message, hint);
            }
            (Outcome::Annotated | Outcome::AnnotatedEntity, stand) => {
                self.annotated(expr, function, stand);
            }
            _ => {}
        }
    }

    /// What comes from the event's data has the type that its annotation says.
    fn annotated(&mut self, expr: &Expr, function: &Function, stand: Stand<'p>) {
        let validator = Validator::ValidateDynamicCallsHaveAnnotatedRValue;
        let name = function.name;
        let annotation = match stand {
            Stand::Assigned(assign) => assign.annotation.as_ref(),
            _ => None,
        };
        let Some(annotation) = annotation else {
            let message =
                format!("the result of `{name}(...)` must be assigned with an annotation");
            let hint = format!("its type is not known otherwise: `Foo: str = {name}(...)`");
            return self.report(validator, expr, message, hint);
        };
        let path = self.program.path(self.at.module);
        match annotations::read(annotation) {
            Err(refused) => {
                let (message, hint) = (refused.message, refused.hint);
                self.findings.push(Finding::new(validator, path, refused.span, message, hint));
            }
            Ok(Annotated { kind, .. }) => {
                let entity = matches!(kind, Type::Entity(_));
                if function.result == Outcome::AnnotatedEntity && !entity {
                    let message = "annotation is incompatible with generic return type";
                    let hint = format!(
                        "annotation is incompatible with `{name}` return type `Entity[~_T]`"
                    );
                    let finding = Finding::new(validator, path, annotation.span, message, hint);
                    self.findings.push(finding);
                }
            }
        }
    }

    fn arguments(&mut self, expr: &'p Expr, call: &'p Call, function: &'static Function) {
        for argument in &call.arguments {
            let Some((_, parameter)) = function.parameter(&argument.name) else {
                if &*argument.name == "extra_arguments" {
                    self.kwargs(&argument.value, "kwargs is a reserved argument name", "");
                    continue;
                }
                let names: Vec<String> =
                    function.parameters.iter().map(|known| format!("`{}`", known.name)).collect();
                let message = format!("unknown keyword argument: `{}`", argument.name);
                let hint = format!("valid keyword arguments are: [{}]", names.join(", "));
                self.kwargs(&argument.value, message, hint);
                continue;
            };
            if parameter.constancy == Constancy::Literal {
                self.literal(&argument.value, parameter);
            }
        }
        let given = |name: &str| call.arguments.iter().any(|argument| &*argument.name == name);
        let missing: Vec<String> = function
            .parameters
            .iter()
            .filter(|parameter| {
                matches!(parameter.presence, Presence::Required | Presence::RequiredOptional)
                    && !given(parameter.name)
            })
            .map(|parameter| format!("`{}`", parameter.name))
            .collect();
        if !missing.is_empty() {
            let message = format!("{} missing keyword argument(s)", missing.len());
            let hint = format!(
                "the following keyword arguments were not provided: [{}]",
                missing.join(", ")
            );
            self.kwargs(expr, message, hint);
        }
    }

    /// An argument that must be a literal, or a name bound to one.
    fn literal(&mut self, given: &'p Expr, parameter: &Parameter) {
        let (found, value) = self.program.one_step(self.at, given);
        let undefined = matches!(&given.kind, ExprKind::Name(_)) && std::ptr::eq(given, value);
        if undefined {
            return;
        }
        let (expected, wrong) = match parameter.kind {
            ParameterKind::Int => {
                let negative = match &value.kind {
                    ExprKind::Negate(inner) => {
                        matches!(inner.kind, ExprKind::Int(_) | ExprKind::Float(_))
                    }
                    _ => false,
                };
                let number =
                    negative || matches!(value.kind, ExprKind::Int(_) | ExprKind::Float(_));
                ("Number", (!number).then_some(value))
            }
            ParameterKind::Bool => {
                ("Boolean", (!matches!(value.kind, ExprKind::Bool(_))).then_some(value))
            }
            ParameterKind::StrList => match &value.kind {
                ExprKind::List(items) => {
                    let wrong = items.iter().find(|item| !matches!(item.kind, ExprKind::Text(_)));
                    ("String", wrong)
                }
                _ => ("List", Some(value)),
            },
            _ => ("String", (!matches!(value.kind, ExprKind::Text(_))).then_some(value)),
        };
        if let Some(wrong) = wrong {
            let message = format!("invalid argument type: `{}`", wrong.kind_name());
            let hint = format!("expected type `{expected}`");
            let path = self.program.path(found.module);
            let validator = Validator::ValidateCallKwargs;
            self.findings.push(Finding::new(validator, path, wrong.span, message, hint));
        }
    }

    /// What one function asks beyond its signature.
    fn particular(
        &mut self,
        expr: &'p Expr,
        call: &'p Call,
        function: &Function,
        stand: Stand<'p>,
    ) {
        let program = self.program;
        let at = self.at;
        let given = |name: &str| {
            let argument = call.arguments.iter().find(|argument| &*argument.name == name)?;
            Some((&argument.value, &program.one_step(at, &argument.value).1.kind))
        };
        let case = match given("case_insensitive") {
            Some((_, ExprKind::Bool(true))) => pattern::Case::Insensitive,
            _ => pattern::Case::Sensitive,
        };
        match function.builtin {
            Builtin::Rule => self.rule(expr, call, stand),
            Builtin::JsonData | Builtin::EntityJson => {
                if let Some((value, ExprKind::Text(path))) = given("path")
                    && let Err(error) = Path::parse(path)
                {
                    let message =
                        format!("failed to validate argument `path` for `{}(...)`", function.name);
                    self.kwargs(value, message, format!("error: {error}"));
                }
            }
            Builtin::RegexMatch | Builtin::RegexMatchMap => {
                if let Some((value, ExprKind::Text(text))) = given("pattern")
                    && let Err(error) = pattern::compile(text, case)
                {
                    self.kwargs(value, error.headline(), format!("error: {error}"));
                }
                if let Some((value, ExprKind::Text(mode))) = given("mode")
                    && !matches!(&**mode, "any" | "all")
                {
                    self.kwargs(value, "invalid `mode`", "`mode` must be `any` or `all`");
                }
            }
            Builtin::CountRegexMatches => {
                let Some((list, ExprKind::List(items))) = given("patterns") else { return };
                for item in items {
                    if let ExprKind::Text(text) = &item.kind
                        && let Err(error) = pattern::compile(text, case)
                    {
                        self.kwargs(list, format!("invalid regex pattern '{text}': {error}"), "");
                    }
                }
            }
            Builtin::StringSlice => self.slice(given("start"), given("end")),
            Builtin::GetTimestampBucket => {
                if let Some((value, ExprKind::Int(seconds))) = given("granularity_seconds")
                    && *seconds < 3600
                {
                    let hint = "granularity_seconds can not be less than 3600 (1 hour)";
                    self.kwargs(value, "invalid `granularity_seconds`", hint);
                }
            }
            _ => {}
        }
    }

    fn slice(
        &mut self,
        start: Option<(&'p Expr, &'p ExprKind)>,
        end: Option<(&'p Expr, &'p ExprKind)>,
    ) {
        for (name, given) in [("start", start), ("end", end)] {
            if let Some((_, ExprKind::Negate(value))) = given {
                let hint = format!("`{name}` must be a non-negative integer");
                self.kwargs(value, format!("invalid `{name}`"), hint);
            }
        }
    }

    /// Rules have a name that others see, and say in words what they found.
    fn rule(&mut self, expr: &'p Expr, call: &'p Call, stand: Stand<'p>) {
        match stand {
            Stand::Assigned(assign) if is_local(&assign.name) => {
                let hint = format!(
                    "this rule is being stored in the local variable `{}`\nrules must be in \
                     non-local features (eg that don't start with `_`)",
                    assign.name
                );
                let path = self.program.path(self.at.module);
                let message = "rules must be stored in non-local features";
                let (validator, span) = (Validator::ValidateCallKwargs, assign.name_span);
                self.findings.push(Finding::new(validator, path, span, message, hint));
            }
            Stand::Assigned(_) => {}
            Stand::Statement | Stand::Inside => {
                let hint = "assign it to a variable before using it:\n`SomeRule = Rule(...)`";
                self.kwargs(expr, "`Rule(...)` must be assigned to a variable", hint);
            }
        }
        let given = call.arguments.iter().find(|argument| &*argument.name == "description");
        let Some(description) = given.map(|argument| &argument.value) else { return };
        match &description.kind {
            ExprKind::Format(_) => {}
            ExprKind::Text(text) => {
                if let Some(name) = interpolated(text) {
                    let hint = format!(
                        "this string contains what looks like variable interpolation, but is not \
                         an f-string\nfound: `{name}`\nconsider prefixing with `f`"
                    );
                    let message = "variable interpolation attempted in non-format string";
                    self.kwargs(description, message, hint);
                }
            }
            _ => {
                let message = format!("invalid argument type: `{}`", description.kind_name());
                let hint = "expected type `String` or `FormatString`";
                self.kwargs(description, message, hint);
            }
        }
    }
}

/// The first `{Name}` in a text.
fn interpolated(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let name = after.split_once('}').map(|(name, _)| name);
        let is_name = |name: &&str| {
            name.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        };
        if let Some(name) = name.filter(is_name) {
            return Some(name);
        }
        rest = after;
    }
    None
}

/// The literal that an argument is, one step away; `None` if it is none.
pub(crate) fn literal<'p>(
    program: &'p Program,
    at: Definition,
    call: &'p Call,
    name: &str,
) -> Option<&'p ExprKind> {
    let argument = call.arguments.iter().find(|argument| &*argument.name == name)?;
    Some(&program.one_step(at, &argument.value).1.kind)
}
