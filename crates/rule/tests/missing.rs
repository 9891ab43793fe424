//! What a missing or failed input does to values, and that every value says so.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use seawall_model::Timestamp;
use seawall_rule::{
    Effect, Evaluation, Input, Observation, Observations, Observed, Rests, Sources, Unobserved,
    Value, Verdict, evaluate, load,
};

fn run_files(files: &[(&str, &str)], data: &str, observations: &dyn Observations) -> Evaluation {
    let mut sources = Sources::new();
    for (path, text) in files {
        sources.insert(path, text).unwrap();
    }
    let rules = load(&sources).unwrap_or_else(|error| panic!("{}", error.render()));
    let input = Input {
        data: Value::from_json(data.as_bytes()).unwrap(),
        secret: Value::Null,
        action_id: 1,
        action_name: "post".into(),
        timestamp: Timestamp::MIN,
    };
    evaluate(&rules, &input, observations)
}

fn run(text: &str, data: &str) -> Evaluation {
    run_files(&[("main.sml", text)], data, &Unobserved)
}

/// Missing: `M`, `S`, `L` (failed), `X` (None). There: `N`, which is 5.
const HEAD: &str = "M: int = JsonData(path='$.m', required=False)
S: str = JsonData(path='$.s', required=False)
L: List[int] = JsonData(path='$.l', required=False)
X: Optional[int] = JsonData(path='$.x', required=False)
N: int = JsonData(path='$.n')
";

fn check(expression: &str, value: Value, rests: Rests) {
    let evaluation = run(&format!("{HEAD}A = {expression}\n"), r#"{"n": 5}"#);
    let found = evaluation.features.iter().find(|feature| &*feature.name == "A").unwrap();
    assert_eq!((&found.value, found.rests_on_missing), (&value, rests), "{expression}");
    assert!(evaluation.errors.is_empty(), "{expression}: {:?}", evaluation.errors);
}

const TRUE: Value = Value::Bool(true);
const FALSE: Value = Value::Bool(false);

#[test]
fn what_is_there_rests_on_nothing() {
    check("N + 1", Value::Int(6), Rests::No);
    check("N != 1", TRUE, Rests::No);
    check("f'{N}'", Value::Str("5".into()), Rests::No);
    check("N in [1, N]", TRUE, Rests::No);
}

#[test]
fn a_failed_operand_fails_what_reads_it() {
    for expression in [
        "M + 1",
        "1 - M",
        "M > 1",
        "M <= N",
        "not (M > 1)",
        "-M",
        "[M]",
        "f'{M}'",
        "StringLength(s=S)",
        "1 in L",
        "1 not in L",
    ] {
        check(expression, Value::Null, Rests::Yes);
    }
}

#[test]
fn a_failed_operand_of_equality_is_none() {
    check("M == 1", FALSE, Rests::Yes);
    check("M != None", FALSE, Rests::Yes);
    check("M == None", TRUE, Rests::Yes);
    check("M != 1", TRUE, Rests::Yes);
}

#[test]
fn a_failed_left_of_in_is_none() {
    check("M in [1, 2]", FALSE, Rests::Yes);
    check("M not in [1, 2]", TRUE, Rests::Yes);
}

#[test]
fn and_and_or_take_a_failed_operand_for_false() {
    check("(M > 1) and True", FALSE, Rests::Yes);
    check("True and (M > 1)", FALSE, Rests::Yes);
    check("(M > 1) or False", FALSE, Rests::Yes);
    check("not ((M > 1) and N > 1)", TRUE, Rests::Yes);
    // Decided by what is there, whatever is missing.
    check("(M > 1) or N == 5", TRUE, Rests::No);
    check("N == 4 and (M > 1)", FALSE, Rests::No);
    check("(M != 1) or N == 5", TRUE, Rests::No);
    check("(M != 1) and N == 5", TRUE, Rests::Yes);
    check("((M != 1) or N == 5) and N == 5", TRUE, Rests::No);
}

#[test]
fn an_optional_that_did_not_come_is_missing_too() {
    check("X", Value::Null, Rests::Yes);
    check("X == None", TRUE, Rests::Yes);
    check("X == 5", FALSE, Rests::Yes);
    check("X in [1, 2]", FALSE, Rests::Yes);
    check("X != None and X > 3", FALSE, Rests::Yes);
    check("StringStrip(s='a ', chars=None)", Value::Str("a".into()), Rests::No);
    check("StringStrip(s='a ', chars=S)", Value::Str("a".into()), Rests::Yes);
}

#[test]
fn what_is_rescued_rests_on_what_was_missing() {
    check("ResolveOptional(optional_value=M, default_value=9)", Value::Int(9), Rests::Yes);
    check("ResolveOptional(optional_value=X, default_value=9) > 3", TRUE, Rests::Yes);
    check("ResolveOptional(optional_value=X)", Value::Null, Rests::Yes);
    check("ResolveOptional(optional_value=N, default_value=M)", Value::Int(5), Rests::No);
    check("ResolveOptional(optional_value=M, default_value=M)", Value::Null, Rests::Yes);
}

#[test]
fn a_number_made_up_for_division_by_zero_is_as_good_as_missing() {
    check("1 / 0", Value::Int(0), Rests::Yes);
    check("N // (N - 5)", Value::Int(0), Rests::Yes);
    check("N % 0 == 0", TRUE, Rests::Yes);
}

#[test]
fn null_and_a_wrong_type_are_missing_too() {
    let evaluation = run("X: Optional[int] = JsonData(path='$.x')\n", r#"{"x": null}"#);
    assert_eq!(evaluation.features[0].rests_on_missing, Rests::Yes);
    let text = "N: int = JsonData(path='$.n')\nA = N != 1\n";
    for (data, errors) in
        [(r#"{"n": "x"}"#, 1), (r#"{"n": null}"#, 1), ("{}", 1), (r#"{"n": 1}"#, 0)]
    {
        let evaluation = run(text, data);
        let expect = if errors == 0 { Rests::No } else { Rests::Yes };
        assert_eq!(evaluation.features[1].rests_on_missing, expect, "{data}");
        assert_eq!(evaluation.errors.len(), errors, "{data}");
    }
}

fn rule(name: &str, evaluation: &Evaluation) -> (Verdict, Rests) {
    let found = evaluation.rules.iter().find(|rule| &*rule.name == name).unwrap();
    (found.verdict, found.rests_on_missing)
}

const RULES: &str = "Sure = Rule(when_all=[N > 1], description=f'n is {N}')
Unsure = Rule(when_all=[M != 1], description='m is not 1')
Failed = Rule(when_all=[N > 1, M > 1], description='m is large')
SureNot = Rule(when_all=[N > 9, M != 1], description='n is large')
UnsureNot = Rule(when_all=[M == 1], description='m is 1')
Mute = Rule(when_all=[N > 1], description=f'm is {M}')
";

#[test]
fn rules_say_what_they_rest_on() {
    let evaluation = run(&format!("{HEAD}{RULES}"), r#"{"n": 5}"#);
    for (name, verdict, rests) in [
        ("Sure", Verdict::Matched, Rests::No),
        ("Unsure", Verdict::Matched, Rests::Yes),
        ("Failed", Verdict::Unknown, Rests::Yes),
        ("SureNot", Verdict::NotMatched, Rests::No),
        ("UnsureNot", Verdict::NotMatched, Rests::Yes),
        ("Mute", Verdict::Unknown, Rests::Yes),
    ] {
        assert_eq!(rule(name, &evaluation), (verdict, rests), "{name}");
    }
    assert_eq!(evaluation.rules[0].description.as_deref(), Some("n is 5"));
    assert_eq!(evaluation.rules[2].description, None);
}

fn effects(when: &str) -> (Vec<(String, Rests)>, Rests) {
    let evaluation = run(&format!("{HEAD}{RULES}{when}\n"), r#"{"n": 5}"#);
    let effects = evaluation.effects.iter().map(|fired| match &fired.effect {
        Effect::DeclareVerdict { outcome } => (outcome.to_string(), fired.rests_on_missing),
        Effect::OpenCase { policy, reason } => {
            (format!("{policy}: {reason}"), fired.rests_on_missing)
        }
    });
    (effects.collect(), evaluation.blocks[0].rests_on_missing)
}

#[test]
fn effects_rest_on_what_their_rules_and_words_rest_on() {
    let then = "then=[DeclareVerdict(verdict='v')])";
    let v = |rests| vec![("v".to_owned(), rests)];
    // One rule that matched for certain is enough.
    assert_eq!(
        effects(&format!("WhenRules(rules_any=[Failed, Sure], {then}")),
        (v(Rests::No), Rests::No)
    );
    assert_eq!(
        effects(&format!("WhenRules(rules_any=[Failed, Unsure], {then}")),
        (v(Rests::Yes), Rests::Yes)
    );
    // Nothing fired: certain only if no rule was passed over.
    assert_eq!(
        effects(&format!("WhenRules(rules_any=[Failed, SureNot], {then}")),
        (vec![], Rests::Yes)
    );
    assert_eq!(effects(&format!("WhenRules(rules_any=[SureNot], {then}")), (vec![], Rests::No));
    let cases = "WhenRules(rules_any=[Sure], then=[
        OpenCase(policy='p', reason=f'n={N}'),
        OpenCase(policy='p', reason=f'm={M}'),
        DeclareVerdict(verdict=ResolveOptional(optional_value=S, default_value='w')),
    ])";
    let expect = vec![("p: n=5".to_owned(), Rests::No), ("w".to_owned(), Rests::Yes)];
    assert_eq!(effects(cases).0, expect);
}

#[test]
fn files_that_perhaps_should_run_leave_their_rules_unknown() {
    let files = |condition: &str| {
        let main = format!("{HEAD}Require(rule='a.sml', require_if={condition})\n");
        let a = "R = Rule(when_all=[True], description='d')\n";
        run_files(&[("main.sml", &main), ("a.sml", a)], r#"{"n": 5}"#, &Unobserved)
    };
    assert_eq!(rule("R", &files("N > 1")), (Verdict::Matched, Rests::No));
    assert_eq!(rule("R", &files("M != 1")), (Verdict::Matched, Rests::Yes));
    assert_eq!(rule("R", &files("M == 1")), (Verdict::Unknown, Rests::Yes));
    assert_eq!(rule("R", &files("M > 1")), (Verdict::Unknown, Rests::Yes));
    assert!(files("N > 9").rules.is_empty());
}

/// Answers the same to everything.
struct Always(Observation);

impl Observations for Always {
    fn observed(&self, _what: Observed<'_>) -> Observation {
        self.0
    }
}

#[test]
fn detectors_that_found_nothing_differ_from_those_that_failed() {
    let text = "T = TermMatches(list='slogans')
B = BankDistance(bank='known')
C = ComebackBits()
K = SignalNumber(kind='links')
R = Rule(when_all=[T == 0], description='no term')
";
    let look = |observation| {
        let evaluation = run_files(&[("main.sml", text)], "{}", &Always(observation));
        let features: Vec<(Value, Rests)> = evaluation
            .features
            .iter()
            .take(4)
            .map(|feature| (feature.value.clone(), feature.rests_on_missing))
            .collect();
        (features, rule("R", &evaluation), evaluation.errors.len())
    };
    let sure = |value| (value, Rests::No);
    let unknown = (Value::Null, Rests::Yes);
    let nothing =
        vec![sure(Value::Int(0)), sure(Value::Null), sure(Value::Null), sure(Value::Int(0))];
    assert_eq!(look(Observation::Nothing), (nothing, (Verdict::Matched, Rests::No), 0));
    let failed = vec![unknown.clone(); 4];
    // `Unknown == 0` is false in the language, and says that it rests on nothing known.
    assert_eq!(look(Observation::Unknown), (failed, (Verdict::NotMatched, Rests::Yes), 0));
    let three = sure(Value::Int(3));
    let whole = vec![three.clone(), three.clone(), unknown.clone(), three];
    assert_eq!(look(Observation::Whole(3)), (whole, (Verdict::NotMatched, Rests::No), 1));
    let real = vec![unknown.clone(), unknown.clone(), sure(Value::Float(2.5)), unknown];
    assert_eq!(look(Observation::Real(2.5)), (real, (Verdict::NotMatched, Rests::Yes), 3));
}

#[test]
fn a_rule_set_says_what_it_will_ask_for() {
    let mut sources = Sources::new();
    let text = "R = Rule(when_all=[TermMatches(list='slogans') > 0, ComebackBits() != None], \
                description='d')\nWhenRules(rules_any=[R], then=[OpenCase(policy='p', reason='r')])\n";
    sources.insert("main.sml", text).unwrap();
    let rules = load(&sources).unwrap();
    let questions: Vec<Observed<'_>> = rules.questions().map(|(what, _, _)| what).collect();
    assert_eq!(questions, [Observed::TermMatches { list: "slogans" }, Observed::ComebackBits]);
    let policies: Vec<(&str, &str, u32)> =
        rules.policies().map(|(policy, path, place)| (policy, path, place.line)).collect();
    assert_eq!(policies, [("p", "main.sml", 2)]);
    assert_eq!(rules.rules().collect::<Vec<_>>(), ["R"]);
    assert_eq!(rules.digest(), sources.digest());
}

#[test]
fn a_rule_says_what_it_asks_for_itself_and_through_what_it_reads() {
    let mut sources = Sources::new();
    let text = "Bits: Optional[float] = ComebackBits()
Count: int = TermMatches(list='slogans')
Other: int = TermMatches(list='others')
Near: bool = BankDistance(bank='clips') != None
Word: Optional[str] = JsonData(path='$.post.text', required=False)
Both = Rule(when_all=[Near, Count > 0], description=f'{Other}')
Over = Rule(when_all=[Both or Bits != None], description='d')
Alone = Rule(when_all=[Word == 'a'], description=f'{Count}')
WhenRules(rules_any=[Both, Over, Alone], then=[OpenCase(policy='p', reason='r')])
";
    sources.insert("main.sml", text).unwrap();
    let rules = load(&sources).unwrap();
    let asked = |rule| {
        let mut asked: Vec<String> =
            rules.asked_by(rule).iter().map(|asked| format!("{asked:?}")).collect();
        asked.sort();
        asked
    };
    let bank = "BankDistance { bank: \"clips\" }";
    let terms = "TermMatches { list: \"slogans\" }";
    assert_eq!(asked("Both"), [bank, terms]);
    assert_eq!(asked("Over"), [bank, "ComebackBits", terms], "through another rule");
    assert_eq!(asked("Alone"), [] as [&str; 0], "its description asks, and says nothing of it");
    assert_eq!(asked("Nobody"), [] as [&str; 0]);
}

/// Whole numbers out of three fields that may be missing.
fn whole() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec!["F", "G", "H", "0", "1", "2"]).prop_map(str::to_owned);
    leaf.prop_recursive(3, 12, 2, |inner| {
        let sign = prop::sample::select(vec!["+", "-", "*", "//", "%"]);
        prop_oneof![
            (inner.clone(), sign, inner.clone())
                .prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| {
                format!("ResolveOptional(optional_value={a}, default_value={b})")
            }),
            inner.clone().prop_map(|a| format!("(-{a})")),
            inner.prop_map(|a| format!("ListLength(list=[{a}, 1])")),
        ]
    })
}

fn truth() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec!["==", "!=", "<", ">="]);
    let leaf = prop_oneof![
        (whole(), sign, whole()).prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
        whole().prop_map(|a| format!("({a} in [1, 2])")),
        whole().prop_map(|a| format!("({a} != None)")),
        Just("(F == 1)".to_owned()),
        Just("True".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let junction = prop::sample::select(vec!["and", "or"]);
        prop_oneof![
            (prop::collection::vec(inner.clone(), 2..4), junction)
                .prop_map(|(parts, sign)| format!("({})", parts.join(&format!(" {sign} ")))),
            inner.prop_map(|a| format!("(not {a})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..Default::default() })]

    /// The promise of [`Rests::No`], against every way in which what is missing could have come.
    #[test]
    fn what_rests_on_nothing_missing_never_changes(
        conditions in prop::collection::vec(truth(), 3),
        known in -1_i64..3,
        could in prop::collection::vec((-1_i64..4, -1_i64..4), 4),
    ) {
        let [a, b, c] = [&conditions[0], &conditions[1], &conditions[2]];
        let text = format!(
            "F: int = JsonData(path='$.f', required=False)\n\
             G: int = JsonData(path='$.g', required=False)\n\
             H: int = JsonData(path='$.h', required=False)\n\
             A = {a}\n\
             P = Rule(when_all=[{a}, {b}], description='p')\n\
             Q = Rule(when_all=[{c}], description='q')\n\
             WhenRules(rules_any=[P, Q], then=[DeclareVerdict(verdict='v')])\n"
        );
        let without = run(&text, &format!("{{\"f\": {known}}}"));
        for (g, h) in could {
            let with = run(&text, &format!("{{\"f\": {known}, \"g\": {g}, \"h\": {h}}}"));
            for (one, other) in without.features.iter().zip(&with.features) {
                if one.rests_on_missing == Rests::No {
                    prop_assert_eq!(&one.value, &other.value, "{} in {}", one.name, text);
                }
            }
            for (one, other) in without.rules.iter().zip(&with.rules) {
                if one.rests_on_missing == Rests::No {
                    prop_assert_eq!(one.verdict, other.verdict, "{} in {}", one.name, text);
                }
            }
            if without.blocks[0].rests_on_missing == Rests::No {
                prop_assert_eq!(without.effects.len(), with.effects.len(), "{}", text);
            }
        }
    }
}
