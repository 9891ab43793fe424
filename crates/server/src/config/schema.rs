//! What can be configured, as a JSON Schema made from the types that read it, and as the table
//! that people read.
//!
//! Left out: bounds that rest on several keys at once, which [`super::check`] knows.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;

/// A key of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its path, such as `serve.listen`.
    pub name: String,
    /// Its unit, or what its values are.
    pub unit: String,
    /// What holds where it is left out; as in TOML, or `none`.
    pub default: String,
    /// What it does, in words.
    pub says: String,
}

/// The JSON Schema (draft 2020-12) of the configuration.
#[must_use]
pub fn schema() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<Config>().to_value();
    schema["title"] = "seawall.toml".into();
    schema
}

/// Every key, in the order of the types.
#[must_use]
pub fn keys() -> Vec<Key> {
    let mut keys = Vec::new();
    gather(&schema(), "", &mut keys);
    keys
}

/// The table of the reference: a row for each key.
#[must_use]
pub fn table() -> String {
    let mut table = "| key | unit | default | what it is |\n|---|---|---|---|\n".to_owned();
    for Key { name, unit, default, says } in keys() {
        table += &format!("| `{name}` | {unit} | {default} | {says} |\n");
    }
    table
}

fn gather(schema: &Value, before: &str, keys: &mut Vec<Key>) {
    let Some(properties) = schema["properties"].as_object() else { return };
    for (name, of) in properties {
        let path = format!("{before}{name}");
        if of["properties"].is_object() {
            gather(of, &format!("{path}."), keys);
            continue;
        }
        let says = of["description"].as_str().unwrap_or_default();
        let says = says.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
        let default = match &of["default"] {
            Value::Null => "none".to_owned(),
            Value::Array(items) if items.is_empty() => "none".to_owned(),
            given => format!("`{given}`"),
        };
        keys.push(Key { unit: unit(name, of), name: path, default, says });
    }
}

/// The unit, which a key's name ends with; else what its values are.
fn unit(name: &str, of: &Value) -> String {
    const UNITS: [(&str, &str); 8] = [
        ("_ms", "milliseconds"),
        ("seconds_max", "seconds"),
        ("_minutes", "minutes"),
        ("_days", "days"),
        ("bytes_max", "bytes"),
        ("_mib_min", "MiB"),
        ("events_max", "events"),
        ("every_events", "events"),
    ];
    let of_name = UNITS.iter().find(|(end, _)| name.ends_with(end)).map(|(_, unit)| *unit);
    if let Some(unit) = of_name {
        return unit.to_owned();
    }
    let choices = of["oneOf"].as_array().or(of["enum"].as_array());
    if let Some(choices) = choices {
        let names = choices.iter().filter_map(|of| of["const"].as_str().or(of.as_str()));
        return names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
    }
    let kind = match &of["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("integer" | "number") => "number".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("array") => "list of texts".to_owned(),
        _ if name == "listen" => "`ADDRESS:PORT`".to_owned(),
        _ if name.ends_with("_file") => "path".to_owned(),
        _ if name.ends_with("url") => "URL".to_owned(),
        _ => "text".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = include_str!("../../../../docs/reference/config.schema.json");
    const REFERENCE: &str = include_str!("../../../../docs/reference/config.md");

    #[test]
    fn the_schema_of_the_repository_is_that_of_the_types() {
        let written: Value = serde_json::from_str(WRITTEN).unwrap();
        assert_eq!(written, schema(), "write it anew: seawall config schema");
    }

    #[test]
    fn the_reference_has_every_key_with_its_unit_and_default() {
        let table = table();
        assert!(REFERENCE.contains(&table), "docs/reference/config.md wants this:\n{table}");
        for Key { name, unit, says, .. } in keys() {
            assert!(!unit.is_empty() && says.ends_with('.'), "{name}: {unit}: {says}");
        }
    }

    #[test]
    fn the_schema_takes_what_the_types_take() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let takes = |text: &str| {
            let value: Value = toml::from_str(text).unwrap();
            (validator.is_valid(&value), toml::from_str::<Config>(text).is_ok())
        };
        assert_eq!(takes(""), (true, true));
        assert_eq!(takes("[serve]\nlisten = \"0.0.0.0:80\"\nrestricts = \"reach\""), (true, true));
        assert_eq!(takes("[deliver]\nurl = \"https://a.example\"\nallow = [\"b\"]"), (true, true));
        for wrong in [
            "[serve]\nlisten = 80",
            "[serve]\nrestricts = \"all\"",
            "[serve]\nlistens = \"a\"",
            "[log]\nretention_days = -1",
            "[deliver]\ndry_run = 1",
            "serves = 1",
        ] {
            assert_eq!(takes(wrong), (false, false), "{wrong}");
        }
    }
}
