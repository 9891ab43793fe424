//! What is refused at load: where, in which words, and everything at once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use seawall_rule::{Diagnostics, Sources, Validator, load};

fn refused(files: &[(&str, &str)]) -> Diagnostics {
    let mut sources = Sources::new();
    for (path, text) in files {
        sources.insert(path, text).unwrap();
    }
    load(&sources).map(|_| ()).expect_err("a rule set that is refused")
}

/// `path:line:column message` of each diagnostic.
fn shown(files: &[(&str, &str)]) -> Vec<String> {
    let place = |found: &seawall_rule::Diagnostic| {
        let place = found.at.place;
        format!("{}:{}:{} {}", found.at.path, place.line, place.column, found.message)
    };
    refused(files).found.iter().map(place).collect()
}

fn check(main: &str, expect: &[&str]) {
    assert_eq!(shown(&[("main.sml", main)]), expect, "{main}");
}

/// Functions of Osprey 1.1.0 that are not evaluated here.
const ABSENT: [&str; 26] = [
    "Base64Decode",
    "Base64Encode",
    "DomainChopper",
    "DomainTld",
    "EmailDomain",
    "EmailSubdomain",
    "Experiment",
    "ExperimentWhen",
    "ExperimentsBucketAssignment",
    "ExtractCookie",
    "GetSnowflakeBucket",
    "GetTimedeltaBucket",
    "HasLabel",
    "HashMd5",
    "HashSha1",
    "IpNetwork",
    "LabelAdd",
    "LabelRemove",
    "MXLookup",
    "PhoneCountry",
    "PhonePrefix",
    "RandomBool",
    "RandomInt",
    "StringClean",
    "StringExtractDomains",
    "StringExtractURLs",
];

#[test]
fn every_function_that_is_lacking_is_refused_by_its_name() {
    for name in ABSENT {
        let text = format!("A = 1 + 1\nB = StringLength(s={name}(x=A))\n");
        let diagnostics = refused(&[("main.sml", &text)]);
        let [found] = diagnostics.found.as_slice() else { panic!("{}", diagnostics.render()) };
        let message = format!("function `{name}` of SML is not available in this version");
        assert_eq!(found.message, message);
        assert_eq!((found.at.place.line, found.at.place.column), (2, 19));
        assert_eq!(found.validator, Validator::Available);
        assert!(!found.at.hint.is_empty(), "{name} has no remedy");
    }
    let unknown = refused(&[("main.sml", "A = NoSuchThing(x=1)\n")]);
    assert_eq!(unknown.found[0].message, "unknown function: `NoSuchThing`");
    assert_eq!(unknown.found[0].validator, Validator::ValidateCallKwargs);
}

#[test]
fn everything_is_told_at_once_and_in_order() {
    let main = "for x in y:\n    A = 1\nB = (1 +\n  2) @ 3\nC = Nope\nC = 'a' + 1\nD = [1, (2, 3)]\nE = F(1)\n";
    check(
        main,
        &[
            "main.sml:1:0 unexpected node type `For`",
            "main.sml:3:4 unsupported operator `MatMult` encountered",
            "main.sml:5:0 features must be unique across all rule files",
            "main.sml:5:4 unknown identifier",
            "main.sml:6:4 unsupported operand types for `+`",
            "main.sml:7:8 unexpected node type `Tuple`",
            "main.sml:8:4 functions with non-keyword arguments are not supported",
        ],
    );
}

#[test]
fn a_bracket_that_nothing_closes_costs_one_statement() {
    check(
        "A = StringLength(\n  s='a'\nB = [1,\n  2]\nC = [(1,\nD = ~1\n",
        &[
            "main.sml:1:16 '(' was never closed",
            "main.sml:5:5 '(' was never closed",
            "main.sml:6:4 unsupported unary operator `Invert` encountered",
        ],
    );
}

#[test]
fn python_that_is_not_sml_is_known_by_name() {
    for (text, expect) in [
        ("async def f():\n  pass\n", "1:0 unexpected node type `AsyncFunctionDef`"),
        ("with x as y:\n  pass\n", "1:0 unexpected node type `With`"),
        ("from a import b\n", "1:0 unexpected node type `ImportFrom`"),
        ("A += 1\n", "1:0 unexpected node type `AugAssign`"),
        ("A = 1 if True else 2\n", "1:4 unexpected node type `IfExp`"),
        ("A = (x for x in [1])\n", "1:4 unexpected node type `GeneratorExp`"),
        ("A = {x: 1 for x in [1] if x}\n", "1:4 unexpected node type `DictComp`"),
        ("A = {*x, 1}\n", "1:4 unexpected node type `Set`"),
        ("A = await x\n", "1:4 unexpected node type `Await`"),
        ("A = (yield x)\n", "1:5 unexpected node type `Yield`"),
        ("A = 1 < 2 < 3\n", "1:4 only binary comparisons are supported"),
        ("A = ...\n", "1:4 unexpected constant `Ellipsis`"),
        ("A = 1j\n", "1:4 unexpected constant `1j`"),
        ("A, B = 1, 2\n", "1:0 expected `Name`, got `Tuple`"),
        ("A = Foo.Bar\n", "1:4 attributes are not available"),
        ("A = F(**x)\n", "1:6 `**` in a call is not supported"),
        ("1 = 2\n", "1:0 cannot assign to literal"),
        ("if True: A = 1\nelif x:\n  B = 2\nelse:\n  C = 3\n", "1:0 unexpected node type `If`"),
        ("match = 1 + 1\nA = match + ~1\n", "2:12 unsupported unary operator `Invert` encountered"),
        ("A = 1 +\n", "1:7 invalid syntax"),
        ("A = (1]\n", "1:6 closing parenthesis ']' does not match opening parenthesis '('"),
        ("A = 1)\n", "1:5 unmatched ')'"),
        ("A = 'a\n", "1:4 unterminated string literal (detected at line 1)"),
        ("A = 1 $ 2\n", "1:6 invalid syntax"),
        (
            "A = 0123\n",
            "1:4 leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
        ),
        ("A = f'{}'\n", "1:7 f-string: empty expression not allowed"),
        ("é = 1\nA = 'é' + ~1\n", "2:11 unsupported unary operator `Invert` encountered"),
    ] {
        check(text, &[&format!("main.sml:{expect}")]);
    }
}

#[test]
fn modules_are_checked() {
    let cycle = shown(&[
        ("main.sml", "Import(rules=['a.sml'])\n"),
        ("a.sml", "Import(rules=['b.sml'])\n"),
        ("b.sml", "Import(rules=['a.sml'])\n"),
    ]);
    assert_eq!(cycle, ["b.sml:1:14 import cycle detected here"]);
    check("Import(rules=['x.sml'])\n", &["main.sml:1:14 unknown rule file: `x.sml`"]);
    check("Require(rule='x.sml')\n", &["main.sml:1:13 unknown rule file: `x.sml`"]);
    check(
        "A = 'x'\nRequire(rule=f'a/{A}.sml')\n",
        &["main.sml:2:13 no rule file can match this path"],
    );
    check("_a = 1 + 1\n", &["main.sml:1:0 unused local variable"]);
    check("A = A + 1\n", &["main.sml:1:4 unknown identifier"]);
    assert_eq!(shown(&[("a.sml", "A = 1\n")]), ["main.sml:1:0 the rule set has no `main.sml`"]);
}

#[test]
fn patterns_that_are_not_linear_are_refused_with_a_remedy() {
    for (pattern, message) in [
        ("(?=a)b", "look-around in a regex pattern is not available in this version"),
        ("(?<!a)b", "look-around in a regex pattern is not available in this version"),
        ("(a)\\\\1", "a back-reference in a regex pattern is not available in this version"),
        ("((a{200}){200}){200}", "invalid regex pattern"),
    ] {
        let text = format!("A = RegexMatch(target='a', pattern='{pattern}')\n");
        let diagnostics = refused(&[("main.sml", &text)]);
        assert_eq!(diagnostics.found[0].message, message, "{pattern}");
        assert!(diagnostics.found[0].at.hint.starts_with("error: "));
    }
}

#[test]
fn configuration_is_checked() {
    let files = |config: &'static str| [("main.sml", "A = 1 + 1\n"), ("config.yaml", config)];
    assert_eq!(shown(&files("a: [\n")).len(), 1);
    assert_eq!(shown(&files("- a\n")), ["config.yaml:1:0 the configuration is not a mapping"]);
    assert_eq!(
        shown(&files("labels: {}\nétoile: &x 1\nb: *x\n")),
        ["config.yaml:3:3 anchors and aliases are not available"]
    );
    let twice = [
        ("main.sml", "A = 1 + 1\n"),
        ("config/a.yaml", "labels:\n  x: {valid_for: [Account]}\n"),
        ("config/b.yaml", "labels:\n  x: {valid_for: [Account]}\n"),
    ];
    assert_eq!(shown(&twice), ["config/b.yaml:2:2 config value at `labels.x` is given twice"]);
}

#[test]
fn a_diagnostic_shows_its_line_with_a_caret() {
    let files = [("main.sml", "X: Optional[int] = JsonData(path='$.x')\nA = X + 1\n")];
    let expect = "error: unsupported operand types for `+`
--> main.sml:2:4
     |
   2 | A = X + 1
     |     ^ no implementation for `int | None + int`
--> (1) main.sml:2:4
     |
   2 | A = X + 1
     |     ^ has type `int | None`
--> (2) main.sml:1:0
     |
   1 | X: Optional[int] = JsonData(path='$.x')
     | ^ variable `X` with incompatible type `int | None` originally defined here
--> (3) main.sml:2:8
     |
   2 | A = X + 1
     |         ^ has type `int`

";
    assert_eq!(refused(&files).render(), expect);
    let long = "A = 1 +\n".repeat(seawall_rule::limits::DIAGNOSTICS_MAX + 5);
    let diagnostics = refused(&[("main.sml", &long)]);
    assert_eq!(diagnostics.left_out, 5);
    assert!(diagnostics.render().ends_with("and 5 more\n"));
}
