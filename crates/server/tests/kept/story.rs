//! Invented events, made again from their number alone, so that none need be kept.

use std::fmt::Write as _;

use seawall_model::Timestamp;

/// When the first event of every stream happens.
const FIRST: &str = "2026-03-01T00:00:00Z";
/// Seconds between two events.
const STEP_SECONDS: u64 = 29;
/// Accounts of a stream.
const ACCOUNTS: u64 = 97;
/// The file that a world which knows something has in its bank, as hexadecimal SHA-256.
pub const CLIP: &str = "c11bc11bc11bc11bc11bc11bc11bc11bc11bc11bc11bc11bc11bc11bc11bc11b";
/// How the accounts looked that such a world has removed: handle and name.
pub const REMOVED: [(&str, &str); 2] =
    [("copper_pot_keeper", "Copper Pot Keeper"), ("velvet_lantern_7", "Velvet Lantern")];

/// A stream of events; streams of different names share no id.
#[derive(Clone, Copy, Debug)]
pub struct Stream(pub &'static str);

impl Stream {
    /// The id of the `n`-th event.
    pub fn id(self, n: u64) -> String {
        format!("{}-{n}", self.0)
    }

    /// The account of the `n`-th event.
    pub fn account(self, n: u64) -> String {
        format!("{}-account-{}", self.0, n * 31 % ACCOUNTS)
    }

    /// The `n`-th event as a canonical line.
    pub fn line(self, n: u64) -> String {
        let seconds = i64::try_from(n * STEP_SECONDS).unwrap();
        let at = Timestamp::parse(FIRST).unwrap().plus_seconds(seconds);
        let (id, account) = (self.id(n), self.account(n));
        let head =
            format!(r#"{{"v":1,"type":"TYPE","id":"{id}","at":"{at}","account":"{account}""#);
        let of = |kind: &str| head.replacen("TYPE", kind, 1);
        if let Some(body) = known(n, &id) {
            return of(body.0) + &body.1;
        }
        match n % 5 {
            0 | 3 => {
                let tag = n % 11;
                let text = format!("Cup {n} of the day, and the lid still sings #tea_{tag}");
                of("post.created") + &format!(r#","post":{{"id":"{id}-post","text":"{text}"}}}}"#)
            }
            4 => {
                let target = self.account(n + 7);
                of("follow") + &format!(r#","follow":{{"target":"{target}"}}}}"#)
            }
            _ => {
                let post = self.id(n - n % 5);
                let body = format!(r#","engagement":{{"kind":"like","post":"{post}-post"}}}}"#);
                of("engagement") + &body
            }
        }
    }

    /// The events `from..until`, one a line.
    pub fn lines(self, from: u64, until: u64) -> String {
        let mut text = String::new();
        for n in from..until {
            let _ = writeln!(text, "{}", self.line(n));
        }
        text
    }
}

/// Now and then something happens that a world which knows something recognises: a known
/// file, a cheer beside another file, the likeness of a removed account.
fn known(n: u64, id: &str) -> Option<(&'static str, String)> {
    let post = |text: &str, sha256: &str| {
        let media = format!(r#"[{{"id":"{id}-file","sha256":"{sha256}"}}]"#);
        format!(r#","post":{{"id":"{id}-post","text":"{text}","media":{media}}}}}"#)
    };
    let (handle, name) = REMOVED[usize::from(n.is_multiple_of(2))];
    match n % 45 {
        20 => Some(("post.created", post("Look at this", CLIP))),
        33 => Some(("post.created", post("Hear the whistle, all of you", &CLIP.replace('c', "d")))),
        41 => {
            let profile = format!(r#"{{"handle":"{handle}_{n}","name":"{name}"}}"#);
            Some(("account.updated", format!(r#","profile":{profile}}}"#)))
        }
        _ => None,
    }
}
