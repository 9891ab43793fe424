//! Functions of Osprey 1.1.0 that this version does not evaluate, each with a remedy.
//!
//! Leaves out functions of plugins, which are unknown to both.

/// What to do instead of a function that is not here.
///
/// `None` for a function that SML does not have at all.
pub(crate) fn absent(name: &str) -> Option<&'static str> {
    ABSENT.iter().find(|(_, names)| names.contains(&name)).map(|(remedy, _)| *remedy)
}

/// Remedies, with the functions they are for.
const ABSENT: [(&str, &[&str]); 8] = [
    (
        "labels are not kept in this version: open a case with `OpenCase`, or keep the rule out",
        &["LabelAdd", "LabelRemove", "HasLabel"],
    ),
    (
        "experiments are not assigned by rules in this version: write the condition for one arm",
        &["Experiment", "ExperimentsBucketAssignment", "ExperimentWhen"],
    ),
    (
        "text is normalised before it is compared: use `TermMatches` with a list of terms",
        &["StringClean"],
    ),
    (
        "use `RegexMatch` on the text, or put links and domains on a list for `TermMatches`",
        &["StringExtractDomains", "StringExtractURLs", "DomainTld", "DomainChopper"],
    ),
    (
        "compare the value itself, or use `HashSha256`",
        &["HashMd5", "HashSha1", "Base64Encode", "Base64Decode"],
    ),
    (
        "send the part that is needed as a field of its own and read it with `JsonData`",
        &[
            "EmailDomain",
            "EmailSubdomain",
            "IpNetwork",
            "PhoneCountry",
            "PhonePrefix",
            "ExtractCookie",
            "GetTimedeltaBucket",
            "GetSnowflakeBucket",
        ],
    ),
    ("rules have no network: look it up before the event is sent", &["MXLookup"]),
    (
        "a rule must give the same answer when it is replayed: there is no chance in it",
        &["RandomInt", "RandomBool"],
    ),
];

#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    ABSENT.iter().flat_map(|(_, names)| names.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::present;

    #[test]
    fn no_function_is_both_here_and_absent() {
        for name in all() {
            assert!(present(name).is_none(), "{name}");
        }
        assert_eq!(absent("NoSuchThing"), None);
    }
}
