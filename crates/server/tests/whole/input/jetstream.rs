//! A recording of Bluesky's Jetstream, version 1: every message has its meaning or its name.

use super::totals;
use crate::stage::Stage;

/// 25 May 2026, 14:23:29, in microseconds.
const BEGUN: u64 = 1_779_719_009_000_000;
/// What stands at the head of each recorded address.
const DID: &str = "did:plc:brasswhistle23456789ab";

/// A recording while it is written.
#[derive(Default)]
struct Recording {
    lines: Vec<String>,
    broken: Vec<(u64, String)>,
}

impl Recording {
    fn time(&self) -> u64 {
        BEGUN + 1_000_000 * self.lines.len() as u64
    }

    /// Commits of one kind; `record` is left out of deletions.
    fn commits(&mut self, count: usize, operation: &str, collection: &str, record: &str) {
        for _ in 0..count {
            let n = self.lines.len();
            let record = match operation {
                "delete" => String::new(),
                _ => format!(r#","cid":"bafy{n}","record":{{"$type":"{collection}",{record}}}"#),
            };
            let (time, rev) = (self.time(), format!("3lkettle{n:05}"));
            self.lines.push(format!(
                r#"{{"did":"{DID}","time_us":{time},"kind":"commit","commit":{{"rev":"{rev}","operation":"{operation}","collection":"{collection}","rkey":"3l{n:011}"{record}}}}}"#
            ));
        }
    }

    /// Messages about accounts or names.
    fn messages(&mut self, count: usize, kind: &str, fields: &str) {
        for _ in 0..count {
            let (time, n) = (self.time(), self.lines.len());
            self.lines.push(format!(
                r#"{{"did":"{DID}","time_us":{time},"kind":"{kind}","{kind}":{{"did":"{DID}","seq":{n},"time":"2026-05-25T14:23:29Z"{fields}}}}}"#
            ));
        }
    }

    fn broken(&mut self, line: &str, code: &str) {
        self.lines.push(line.to_owned());
        self.broken.push((self.lines.len() as u64, code.to_owned()));
    }

    fn whole() -> Self {
        let mut recording = Self::default();
        recording.records();
        recording.accounts();
        // What a stream that was taken up again sends twice.
        let last = recording.lines[recording.lines.len() - 4..].to_vec();
        recording.lines.extend(last);
        recording.broken(r#"{"did":"did:plc:lid","time_us":1"#, "malformed");
        recording.broken("event: message", "malformed");
        let time = recording.time();
        let missing = format!(r#"{{"time_us":{time},"kind":"identity","identity":{{}}}}"#);
        recording.broken(&missing, "missing");
        let text = r#"{"did":"did:plc:lid","time_us":"now","kind":"identity","identity":{}}"#;
        recording.broken(text, "invalid");
        let empty = format!(r#"{{"did":"did:plc:lid","time_us":{time},"kind":"commit"}}"#);
        recording.broken(&empty, "missing");
        recording.commits(1, "create", "app.bsky.feed.post", r#""text":"and on it goes""#);
        recording
    }

    fn records(&mut self) {
        let text = r#""createdAt":"2026-05-25T14:23:28.000Z","langs":["en"],"text":"Kettle league tonight #kettles""#;
        let post = format!(r#""subject":{{"uri":"at://{DID}/app.bsky.feed.post/3l1","cid":"c"}}"#);
        let feed =
            format!(r#""subject":{{"uri":"at://{DID}/app.bsky.feed.generator/k","cid":"c"}}"#);
        let account = format!(r#""subject":"{DID}""#);
        let profile = r#""displayName":"Brass Whistle","description":"Kettle league""#;
        self.commits(40, "create", "app.bsky.feed.post", text);
        self.commits(5, "update", "app.bsky.feed.post", text);
        self.commits(6, "delete", "app.bsky.feed.post", "");
        self.commits(30, "create", "app.bsky.feed.like", &post);
        self.commits(4, "delete", "app.bsky.feed.like", "");
        self.commits(3, "create", "app.bsky.feed.like", &feed);
        self.commits(10, "create", "app.bsky.feed.repost", &post);
        self.commits(2, "delete", "app.bsky.feed.repost", "");
        self.commits(8, "create", "app.bsky.graph.follow", &account);
        self.commits(3, "delete", "app.bsky.graph.follow", "");
        self.commits(4, "create", "app.bsky.actor.profile", profile);
        self.commits(5, "update", "app.bsky.actor.profile", profile);
        self.commits(1, "delete", "app.bsky.actor.profile", "");
        self.commits(7, "create", "app.bsky.graph.block", &account);
        self.commits(3, "create", "app.bsky.feed.threadgate", &post);
        self.commits(2, "delete", "com.example.kettle", "");
        self.commits(1, "steam", "app.bsky.feed.post", text);
    }

    fn accounts(&mut self) {
        self.messages(6, "identity", r#","handle":"brass.example""#);
        self.messages(2, "identity", "");
        self.messages(2, "account", r#","active":false,"status":"takendown""#);
        self.messages(1, "account", r#","active":false,"status":"suspended""#);
        self.messages(2, "account", r#","active":false,"status":"deleted""#);
        self.messages(2, "account", r#","active":false,"status":"deactivated""#);
        self.messages(4, "account", r#","active":true"#);
    }
}

#[test]
fn every_message_of_a_recording_is_taken_in_ignored_by_name_or_refused_by_line() {
    let recording = Recording::whole();
    let text = recording.lines.join("\n");
    for args in [["import", "recording.jsonl"], ["import", "-"]] {
        let stage = Stage::new();
        stage.write("recording.jsonl", &text);
        let said = if args[1] == "-" {
            stage.fed(&args, &[(text.as_bytes(), 0)])
        } else {
            stage.still(&args)
        };
        let said = said.ended(1);
        said.counted(&[
            ("accepted", 136),
            ("duplicates", 4),
            ("ignored", 18),
            ("ignored/app.bsky.feed.like:other", 3),
            ("ignored/app.bsky.feed.threadgate", 3),
            ("ignored/app.bsky.graph.block", 7),
            ("ignored/com.example.kettle", 2),
            ("ignored/identity", 2),
            ("ignored/operation:steam", 1),
            ("rejected", 5),
            ("rejected/invalid", 1),
            ("rejected/malformed", 2),
            ("rejected/missing", 2),
        ]);
        assert!(said.out.contains("(jetstream_v1)"), "{}", said.out);
        assert_eq!(said.rejected_lines(), recording.broken);
        let expect = [
            ("account.deleted", 2),
            ("account.suspended", 3),
            ("account.updated", 22),
            ("engagement", 46),
            ("follow", 11),
            ("post.created", 41),
            ("post.deleted", 6),
            ("post.edited", 5),
        ];
        let expect = expect.map(|(kind, count)| (kind.to_owned(), count));
        assert_eq!(totals(&stage).into_iter().collect::<Vec<_>>(), expect);
        stage.seawall(&["replay"]).ended(0);
    }
}
