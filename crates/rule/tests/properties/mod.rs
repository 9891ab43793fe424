//! What must hold for any text of rules; the fuzz target and the replay of its corpus share it.

use seawall_model::Timestamp;
use seawall_rule::{Input, Rests, Sources, Unobserved, Value, Verdict, evaluate, load};

/// Reads bytes as the entry of a rule set, runs it on one event.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut sources = Sources::new();
    if sources.insert("main.sml", &text).is_err()
        || sources.insert("other.sml", "O = 1 + 1\n").is_err()
    {
        return;
    }
    match load(&sources) {
        Err(diagnostics) => {
            assert!(!diagnostics.found.is_empty());
            for found in &diagnostics.found {
                let file = sources.text(&found.at.path).unwrap_or("");
                let (start, end) = (found.at.bytes.start, found.at.bytes.end);
                let length = u32::try_from(file.len()).unwrap_or(u32::MAX);
                assert!(start <= end && end <= length, "{found:?}");
                assert!(!found.message.is_empty(), "{found:?}");
                let line = usize::try_from(found.at.place.line).unwrap_or(0);
                assert!(line >= 1 && line <= file.matches(['\n', '\r']).count() + 1, "{found:?}");
            }
            assert!(!diagnostics.render().is_empty());
        }
        Ok(rules) => {
            let evaluation = evaluate(&rules, &input(), &Unobserved);
            assert_eq!(evaluation, evaluate(&rules, &input(), &Unobserved));
            for rule in &evaluation.rules {
                assert!(rule.verdict != Verdict::Unknown || rule.rests_on_missing == Rests::Yes);
            }
            for fired in &evaluation.effects {
                assert!(!fired.rules.is_empty());
            }
        }
    }
}

/// One event with a little of everything.
pub fn input() -> Input {
    let data = r#"{"a": 1, "b": "text", "c": [1, 2.5, null], "d": {"e": true}}"#;
    Input {
        data: Value::from_json(data.as_bytes()).unwrap_or_default(),
        secret: Value::Null,
        action_id: 7,
        action_name: "post".into(),
        timestamp: Timestamp::MIN,
    }
}
