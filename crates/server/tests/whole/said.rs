//! What the program said, and how it ended.

use std::collections::BTreeMap;
use std::process::Output;

/// What a run of the program said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; -1 if a signal ended it.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
    /// The most memory it had held when a stream's last part was durable; else 0.
    pub peak_kib: u64,
}

impl Said {
    pub fn new(output: Output) -> Self {
        let said = Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            peak_kib: 0,
        };
        // Whatever the input, a defect of ours is never an answer.
        assert!(!said.err.contains("defect at"), "{said:#?}");
        said
    }

    /// Checks the exit code.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Checks that the program refused, in these words.
    #[track_caller]
    pub fn refused(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "`{word}` is not in {self:#?}");
        }
        self.ended(2)
    }

    /// The counts an import tells, by name: `accepted`, and beneath `ignored` and
    /// `rejected` each name with a slash.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        let mut group = "";
        for line in self.out.lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let number = |word: &str| word.replace(',', "").parse::<u64>().ok();
            match words.as_slice() {
                [name, count] if line.starts_with("  ") && number(count).is_some() => {
                    group = name;
                    counts.insert((*name).to_owned(), number(count).unwrap());
                }
                [count, name] if line.starts_with("    ") && number(count).is_some() => {
                    let name = name.trim_matches(['\u{2068}', '\u{2069}']);
                    counts.insert(format!("{group}/{name}"), number(count).unwrap());
                }
                _ => {}
            }
        }
        counts
    }

    /// Checks the counts an import tells: all that are not zero.
    #[track_caller]
    pub fn counted(&self, expect: &[(&str, u64)]) -> &Self {
        let expect: BTreeMap<String, u64> =
            expect.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        let mut counts = self.counts();
        counts.retain(|_, count| *count > 0);
        assert_eq!(counts, expect, "{self:#?}");
        self
    }

    /// The lines an import tells of what it rejected: number and code.
    pub fn rejected_lines(&self) -> Vec<(u64, String)> {
        let lines = self.out.lines().filter_map(|line| line.strip_prefix("    line "));
        lines
            .map(|line| {
                let mut parts = line.split(": ");
                let number = parts.next().unwrap().parse().unwrap();
                (number, parts.next().unwrap().to_owned())
            })
            .collect()
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}
