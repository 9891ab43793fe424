//! The m/u file: how much each level of each comparison weighs.
//!
//! Left out: learning m and u from the platform's own decisions, which writes such a file.

use seawall_model::MilliBits;
use toml::de::{DeTable, DeValue};

use crate::level::{COMPARISONS, Comparison, Level};
use crate::weight::FAMILY_BITS_MIN;

/// The model that ships, as its file stands.
pub const COMEBACK_1: &str = include_str!("../model/comeback-1.toml");

/// No weight leaves ±60 bits, the prior included.
pub const WEIGHT_BITS_MAX: i64 = 60;
/// How far the m or u of a comparison may be from 1 together.
const SUM_TOLERANCE: f64 = 1e-6;
/// Characters of a model's name.
const NAME_CHARS_MAX: usize = 64;

/// Why a text is no model. Each says where, and what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// It is no TOML.
    #[error("line {line}: {message}: mend the TOML")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// What the reader of TOML says.
        message: String,
    },
    /// A field that nothing reads.
    #[error("line {line}: unknown field `{field}`: remove it, or use one of {known}")]
    Unknown {
        /// Line, from 1.
        line: usize,
        /// Its full name.
        field: String,
        /// What may stand there.
        known: String,
    },
    /// A field that must be there.
    #[error("line {line}: field `{field}` is missing: add it")]
    Missing {
        /// Line of the table it belongs to, from 1.
        line: usize,
        /// Its full name.
        field: String,
    },
    /// A field with a value that it cannot have.
    #[error("line {line}: field `{field}` is {found}: write {wanted}")]
    Value {
        /// Line, from 1.
        line: usize,
        /// Its full name.
        field: String,
        /// What stands there.
        found: String,
        /// What must.
        wanted: &'static str,
    },
    /// Shares that are not all of the pairs.
    #[error("line {line}: the `{part}` of `{comparison}` sum to {sum}: make them sum to 1")]
    Sum {
        /// Line of the comparison, from 1.
        line: usize,
        /// Which comparison.
        comparison: &'static str,
        /// m or u.
        part: &'static str,
        /// What they sum to.
        sum: f64,
    },
    /// A stronger agreement that weighs less than a weaker one.
    #[error("line {line}: `{field}` weighs less than the weaker `{weaker}`: raise m or lower u")]
    Order {
        /// Line of the stronger level, from 1.
        line: usize,
        /// The stronger level.
        field: String,
        /// The weaker level.
        weaker: &'static str,
    },
    /// A shared host that would count as evidence by itself.
    #[error("line {line}: `links.same_host` weighs {bits}, {FAMILY_BITS_MIN} or more: raise its u")]
    Host {
        /// Line of the level, from 1.
        line: usize,
        /// What it weighs.
        bits: MilliBits,
    },
    /// Weights that could sum to more than ±60 bits.
    #[error("the weights can sum to {bits}, beyond ±60 bits: bring m and u closer")]
    Range {
        /// What they can sum to.
        bits: MilliBits,
    },
}

/// How much each level of each comparison weighs. Made only by [`LinkModel::parse`].
#[derive(Clone, Debug, PartialEq)]
pub struct LinkModel {
    name: String,
    prior: MilliBits,
    rare_share: f64,
    weights: [Vec<LevelWeight>; COMPARISONS],
}

/// The weight of one level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelWeight {
    /// The level.
    pub level: Level,
    /// The share of pairs of one person at this level.
    pub m: f64,
    /// The share of pairs of two people at this level.
    pub u: f64,
    /// log2(m/u).
    pub bits: MilliBits,
}

impl LevelWeight {
    /// The weight where a share of all accounts has what agrees here.
    ///
    /// That share takes the place of u where it is larger. It takes away what an agreement
    /// says and never turns it into evidence against: who keeps a name that everybody has
    /// agrees at least as often as chance.
    ///
    /// Source: frequency adjustment after Winkler (2000), as in Splink.
    pub(crate) fn adjusted(&self, share: Option<f64>) -> MilliBits {
        match share {
            Some(share) if share > self.u => {
                let bits = MilliBits::from_bits(libm::log2(self.m / share));
                bits.max(self.bits.min(MilliBits(0)))
            }
            _ => self.bits,
        }
    }
}

impl LinkModel {
    /// Reads a model file.
    ///
    /// # Errors
    /// [`ModelError`] names the line, the field, and what to do.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let document = DeTable::parse(text).map_err(|error| ModelError::Malformed {
            line: line_at(text, error.span().map_or(0, |span| span.start)),
            message: error.message().lines().next().unwrap_or("no TOML").to_owned(),
        })?;
        let root = Table { text, path: "", line: 1, table: document.get_ref() };
        let mut known = vec!["model", "prior", "rare_share"];
        known.extend(Comparison::ALL.map(Comparison::as_str));
        root.only(&known)?;
        let prior = root.share("prior")?;
        if prior >= 1.0 {
            return Err(root.value("prior", "1", "a share below 1"));
        }
        let mut weights = [const { Vec::new() }; COMPARISONS];
        for comparison in Comparison::ALL {
            weights[comparison.index()] = comparison_weights(&root, comparison)?;
        }
        let model = Self {
            name: root.text_of("model")?,
            prior: MilliBits::from_bits(libm::log2(prior / (1.0 - prior))),
            rare_share: root.share("rare_share")?,
            weights,
        };
        model.within_range()
    }

    /// What the model calls itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// log2 of the odds that a pair is one person, before anything is compared.
    #[must_use]
    pub fn prior(&self) -> MilliBits {
        self.prior
    }

    /// A link that at most this share of accounts has is rare.
    #[must_use]
    pub fn rare_share(&self) -> f64 {
        self.rare_share
    }

    /// The levels of a comparison, the strongest agreement first.
    #[must_use]
    pub fn weights(&self, comparison: Comparison) -> &[LevelWeight] {
        &self.weights[comparison.index()]
    }

    /// From a level on down to [`Level::Different`].
    pub(crate) fn down_from(&self, comparison: Comparison, level: Level) -> &[LevelWeight] {
        let weights = self.weights(comparison);
        let at = weights.iter().position(|weight| weight.level == level);
        // Each level of a comparison is in its table: `parse` refuses others.
        &weights[at.unwrap_or(weights.len() - 1)..]
    }

    fn within_range(self) -> Result<Self, ModelError> {
        let ends = |end: fn(&[LevelWeight]) -> Option<&LevelWeight>| -> i64 {
            self.weights.iter().filter_map(|weights| end(weights)).map(|w| w.bits.0).sum()
        };
        let highest = self.prior.0 + ends(<[LevelWeight]>::first).max(0);
        let lowest = self.prior.0 + ends(<[LevelWeight]>::last).min(0);
        for bits in [highest, lowest, self.prior.0] {
            if bits.abs() > WEIGHT_BITS_MAX * 1_000 {
                return Err(ModelError::Range { bits: MilliBits(bits) });
            }
        }
        Ok(self)
    }
}

fn comparison_weights(
    root: &Table<'_>,
    comparison: Comparison,
) -> Result<Vec<LevelWeight>, ModelError> {
    let table = root.table_of(comparison.as_str(), comparison.as_str())?;
    let levels = comparison.levels();
    table.only(&levels.iter().map(|level| level.as_str()).collect::<Vec<_>>())?;
    let mut weights: Vec<(usize, LevelWeight)> = Vec::new();
    for level in levels {
        let path = format!("{}.{}", comparison.as_str(), level.as_str());
        let entry = table.table_of(level.as_str(), &path)?;
        entry.only(&["m", "u"])?;
        let (m, u) = (entry.share("m")?, entry.share("u")?);
        let bits = MilliBits::from_bits(libm::log2(m / u));
        weights.push((entry.line, LevelWeight { level: *level, m, u, bits }));
    }
    for (part, of) in [("m", (|w| w.m) as fn(&LevelWeight) -> f64), ("u", |w| w.u)] {
        let sum: f64 = weights.iter().map(|(_, weight)| of(weight)).sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            let comparison = comparison.as_str();
            return Err(ModelError::Sum { line: table.line, comparison, part, sum });
        }
    }
    for pair in weights.windows(2) {
        let ((line, stronger), (_, weaker)) = (pair[0], pair[1]);
        if stronger.bits < weaker.bits {
            let field = format!("{}.{}", comparison.as_str(), stronger.level.as_str());
            return Err(ModelError::Order { line, field, weaker: weaker.level.as_str() });
        }
    }
    let host = weights.iter().find(|(_, weight)| weight.level == Level::SameHost);
    if let Some((line, LevelWeight { bits, .. })) = host
        && *bits >= FAMILY_BITS_MIN
    {
        return Err(ModelError::Host { line: *line, bits: *bits });
    }
    Ok(weights.into_iter().map(|(_, weight)| weight).collect())
}

/// A table of the file, with its place.
struct Table<'a> {
    text: &'a str,
    path: &'a str,
    line: usize,
    table: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    fn field(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn only(&self, known: &[&str]) -> Result<(), ModelError> {
        let unknown = self.table.keys().find(|key| !known.contains(&key.get_ref().as_ref()));
        unknown.map_or(Ok(()), |key| {
            Err(ModelError::Unknown {
                line: line_at(self.text, key.span().start),
                field: self.field(key.get_ref()),
                known: known.join(", "),
            })
        })
    }

    fn get(&self, name: &str) -> Result<(usize, &'a DeValue<'a>), ModelError> {
        match self.table.get(name) {
            Some(value) => Ok((line_at(self.text, value.span().start), value.get_ref())),
            None => Err(ModelError::Missing { line: self.line, field: self.field(name) }),
        }
    }

    fn value(&self, name: &str, found: &str, wanted: &'static str) -> ModelError {
        let line = self.get(name).map_or(self.line, |(line, _)| line);
        ModelError::Value { line, field: self.field(name), found: found.to_owned(), wanted }
    }

    fn table_of(&self, name: &str, path: &'a str) -> Result<Table<'a>, ModelError> {
        let (line, value) = self.get(name)?;
        let table = value.as_table();
        let table = table
            .ok_or_else(|| self.value(name, value.type_str(), "a table of levels or m and u"))?;
        Ok(Table { text: self.text, path, line, table })
    }

    /// A share above 0 and at most 1: 0 would make a weight without end.
    fn share(&self, name: &str) -> Result<f64, ModelError> {
        const WANTED: &str = "a share above 0 and at most 1";
        let (_, value) = self.get(name)?;
        let digits = match value {
            DeValue::Float(number) => number.as_str(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            other => return Err(self.value(name, other.type_str(), WANTED)),
        };
        let share: f64 = digits.parse().map_err(|_| self.value(name, digits, WANTED))?;
        if share > 0.0 && share <= 1.0 { Ok(share) } else { Err(self.value(name, digits, WANTED)) }
    }

    fn text_of(&self, name: &str) -> Result<String, ModelError> {
        let (_, value) = self.get(name)?;
        let text = value.as_str().filter(|text| {
            (1..=NAME_CHARS_MAX).contains(&text.len()) && !text.contains(char::is_control)
        });
        let wanted = "1 to 64 characters";
        text.map(str::to_owned).ok_or_else(|| self.value(name, value.type_str(), wanted))
    }
}

fn line_at(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: [&str; 2], expect: &str) {
        let [from, to] = change;
        assert!(COMEBACK_1.contains(from), "{from}");
        let error = LinkModel::parse(&COMEBACK_1.replacen(from, to, 1)).unwrap_err().to_string();
        // The line is checked once below; the file's comments may grow.
        let error = error.split_once(": ").filter(|(line, _)| line.starts_with("line "));
        assert_eq!(error.map(|(_, what)| what), Some(expect));
    }

    #[test]
    fn the_model_that_ships_is_read() {
        let model = LinkModel::parse(COMEBACK_1).unwrap();
        assert_eq!(model.name(), "comeback-1");
        assert_eq!(model.prior(), MilliBits(-19_932));
        let of = |comparison| -> Vec<String> {
            model.weights(comparison).iter().map(|weight| weight.bits.to_string()).collect()
        };
        assert_eq!(
            of(Comparison::Handle),
            ["+14.1 bits", "+12.5 bits", "+11.3 bits", "+9.7 bits", "-0.7 bits"]
        );
        assert_eq!(of(Comparison::Avatar), ["+8.6 bits", "+8.2 bits", "+6.9 bits", "-0.6 bits"]);
        assert_eq!(of(Comparison::Links), ["+11.2 bits", "+6.3 bits", "+1.7 bits", "-0.6 bits"]);
    }

    #[test]
    fn what_is_no_model_is_refused_with_a_remedy() {
        check(
            ["prior = 1.0e-6", "prior = 0"],
            "field `prior` is 0: write a share above 0 and at most 1",
        );
        check(["prior = 1.0e-6", "prior = 1"], "field `prior` is 1: write a share below 1");
        check(
            ["prior = 1.0e-6", "prior = nan"],
            "field `prior` is nan: write a share above 0 and at most 1",
        );
        check(
            ["m = 0.18,", "m = \"0.18\","],
            "field `handle.same.m` is string: write a share above 0 and at most 1",
        );
        check(["m = 0.18,", "m = 0.17,"], "the `m` of `handle` sum to 0.99: make them sum to 1");
        check(
            ["m = 0.18,", "m = 0.18, n = 2,"],
            "unknown field `handle.same.n`: remove it, or use one of m, u",
        );
        check(
            ["[links]", "[linkz]"],
            "unknown field `linkz`: remove it, or use one of model, prior, \
            rare_share, handle, name, avatar, links",
        );
        check(["rare_share = 0.001", ""], "field `rare_share` is missing: add it");
        check(
            ["same_host = { m = 0.20, u = 0.06 }", "# "],
            "field `links.same_host` is missing: add it",
        );
        check(
            ["model = \"comeback-1\"", "model = \"\""],
            "field `model` is string: write 1 to 64 characters",
        );
        check(["[handle]", "[handle"], "unclosed table, expected `]`: mend the TOML");
        check(
            ["m = 0.60, u = 0.93895", "m = 0.60, u = 0.99795"],
            "the `u` of `links` sum to 1.059: make them sum to 1",
        );
    }

    #[test]
    fn a_weaker_level_must_not_weigh_more() {
        let text = COMEBACK_1
            .replace("same      = { m = 0.18,", "same      = { m = 0.06,")
            .replace("close     = { m = 0.06, u = 0.00001", "close     = { m = 0.18, u = 0.00001");
        let line =
            text.lines().position(|line| line.starts_with("same      = { m = 0.06")).unwrap();
        let error = LinkModel::parse(&text).unwrap_err();
        let expect =
            ModelError::Order { line: line + 1, field: "handle.same".into(), weaker: "close" };
        assert_eq!(error, expect);
    }

    #[test]
    fn a_host_must_not_count_by_itself_and_no_sum_leave_the_range() {
        let host = COMEBACK_1.replace("u = 0.06 }", "u = 0.01 }").replace("0.93895", "0.98895");
        let error = LinkModel::parse(&host).unwrap_err();
        assert!(matches!(error, ModelError::Host { bits: MilliBits(4_322), .. }), "{error}");
        let far = COMEBACK_1.replace("prior = 1.0e-6", "prior = 1.0e-30");
        let error = LinkModel::parse(&far).unwrap_err();
        assert!(matches!(error, ModelError::Range { .. }), "{error}");
    }

    #[test]
    fn frequency_takes_bits_away_and_never_turns_them() {
        let weight = LevelWeight { level: Level::Same, m: 0.25, u: 0.01, bits: MilliBits(4_644) };
        assert_eq!(weight.adjusted(None), MilliBits(4_644));
        assert_eq!(weight.adjusted(Some(0.001)), MilliBits(4_644));
        assert_eq!(weight.adjusted(Some(0.125)), MilliBits(1_000));
        assert_eq!(weight.adjusted(Some(0.9)), MilliBits(0));
    }
}
