//! Any text is either refused in its place or evaluated; nothing panics, nothing takes long.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod properties;

use std::path::Path;

use proptest::prelude::*;
use seawall_rule::{Sources, Unobserved, Value, evaluate, limits, load};

const INPUTS_MAX: usize = 60;

#[test]
fn every_input_of_the_corpus_holds_its_property() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/sml");
    let mut inputs: Vec<_> =
        std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!((3..INPUTS_MAX).contains(&inputs.len()), "{} inputs", inputs.len());
    for input in inputs {
        properties::check(&std::fs::read(&input).unwrap());
    }
}

/// Pieces that texts of rules are made of, well joined or not.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~\\n]{0,12}",
        "\\PC{0,6}",
        prop::sample::select(vec![
            "A = ",
            "B: int = ",
            "_c = ",
            "A",
            "B",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "'",
            "\"",
            "'''",
            "f'{A}'",
            "f'{",
            "}'",
            "\\",
            "\n",
            "\r\n",
            "    ",
            "\t",
            "#",
            "and ",
            "or ",
            "not ",
            "in ",
            "== ",
            "1",
            "0x1",
            "1e5",
            "1j",
            "b'x'",
            "None",
            "True",
            ",",
            ":",
            ":=",
            "*",
            "**",
            "lambda: ",
            "for x in ",
            "if ",
            " else ",
            "JsonData(path='$.a')",
            "Rule(when_all=[",
            "description='d')",
            "WhenRules(rules_any=[A], then=[DeclareVerdict(verdict='v')])",
            "Import(rules=['other.sml'])",
            "Require(rule='other.sml')",
            "RegexMatch(target='a', pattern='",
            "OpenCase(policy='p', reason='r')",
            "match A:\n",
            "def f():\n",
            "@x\n",
            "\u{feff}",
            "\0",
            "é",
            "ش",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_text_is_refused_in_its_place_or_runs(pieces in prop::collection::vec(piece(), 0..24)) {
        properties::check(pieces.concat().as_bytes());
    }

    #[test]
    fn any_json_is_a_value_or_refused(text in "\\PC{0,64}") {
        let ours = Value::from_json(text.as_bytes()).is_ok();
        let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        prop_assert_eq!(ours, theirs);
    }
}

fn sources(main: &str) -> Sources {
    let mut sources = Sources::new();
    sources.insert("main.sml", main).unwrap();
    sources
}

#[test]
fn nesting_ends_at_its_limit() {
    let nested = |open: &str, close: &str, count: usize| {
        format!("A = {}1{}\n", open.repeat(count), close.repeat(count))
    };
    for (open, close) in
        [("(", ")"), ("[", "]"), ("-", ""), ("not ", ""), ("1 + (", ")"), ("F(x=", ")")]
    {
        let count = 20_000;
        let error = load(&sources(&nested(open, close, count))).unwrap_err();
        let message = &error.found[0].message;
        assert!(message.contains("nests deeper"), "{open}: {message}");
        assert!(load(&sources(&nested("(", ")", 60))).is_ok());
    }
    let sum = format!("A = 1{}\n", " + 1".repeat(20_000));
    assert!(load(&sources(&sum)).unwrap_err().found[0].message.contains("nests deeper"));
    let wide = format!("A = True{}\n", " and True".repeat(20_000));
    assert!(load(&sources(&wide)).is_ok());
}

/// Osprey takes twice as long for each name of such a chain.
#[test]
fn a_chain_of_names_costs_its_length() {
    const NAMES: usize = 10_000;
    let mut text = String::from("A0 = 1 + 0\n");
    for name in 1..NAMES {
        let before = name - 1;
        text.push_str(&format!("A{name} = A{before} + A{before} - A{before}\n"));
    }
    let rules = load(&sources(&text)).unwrap();
    assert!(rules.node_count() < 4 * NAMES, "{} nodes", rules.node_count());
    let evaluation = evaluate(&rules, &properties::input(), &Unobserved);
    assert_eq!(evaluation.features.len(), NAMES);
    assert!(evaluation.features.iter().all(|feature| feature.value == Value::Int(1)));
}

#[test]
fn texts_and_steps_end_at_their_limits() {
    let text = "S = 'x' * 1000000\nT = S + S\nN = 10 ** 30 * 10 ** 30\n";
    let evaluation = evaluate(&load(&sources(text)).unwrap(), &properties::input(), &Unobserved);
    let errors: Vec<String> =
        evaluation.errors.iter().map(|error| error.error.to_string()).collect();
    assert_eq!(errors, ["the string would be too long", "the number has more than 127 bits"]);

    let mut text = String::from("_s = 'x' * 1000000\n");
    let reads = limits::STEPS_MAX / (1_000_000 / 64);
    for name in 0..=reads {
        text.push_str(&format!("A{name} = StringLength(s=_s)\n"));
    }
    let evaluation = evaluate(&load(&sources(&text)).unwrap(), &properties::input(), &Unobserved);
    assert_eq!(evaluation.errors.len(), 1, "one report is enough");
    assert_eq!(evaluation.errors[0].error.to_string(), "evaluation took more steps than allowed");
}
