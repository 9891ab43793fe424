//! Files over HTTP: what comes in, what is shown to whom, and what is marked.
//!
//! Every file here is invented: generated pictures, and marker words.

mod marked;
mod seen;
mod upload;

use std::io::Cursor;
use std::sync::atomic::{AtomicU64, Ordering};

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::league::equipped;
use crate::rulings::admitted;
use crate::server::{Answer, Server, Session};
use crate::stage::{CLOCK, Stage};

/// Who holds the route, and the bounds of these tests.
const CONFIG: &str = "[media]\nsuspected_child_abuse_route = 'north hotline'\n\
                      suspected_child_abuse_holder = 'sana'\nfile_bytes_max = 300000\n";

/// What takes the place of chance, another at each start.
static SEEDS: AtomicU64 = AtomicU64::new(7);

/// A server with a bank that knows the picture, and people who look.
pub struct World {
    pub server: Server,
    /// Machines.
    pub key: String,
    pub admin: Session,
    pub reviewer: Session,
    /// Holds the route.
    pub senior: Session,
    pub stage: Stage,
}

/// The arguments of a server with this configuration.
pub fn args(stage: &Stage, config: &str) -> Vec<String> {
    stage.write("seawall.toml", config);
    let config = stage.path("seawall.toml").to_str().unwrap().to_owned();
    // A server that starts again draws other tokens than before.
    let seed = SEEDS.fetch_add(1, Ordering::Relaxed).to_string();
    ["--config", &config, "--test-clock", CLOCK, "--test-seed", &seed].map(str::to_owned).into()
}

fn start(stage: &Stage, config: &str) -> Server {
    let args = args(stage, config);
    Server::start_with(stage, &args.iter().map(String::as_str).collect::<Vec<_>>())
}

impl World {
    pub fn new() -> Self {
        Self::with(CONFIG)
    }

    pub fn with(config: &str) -> Self {
        let stage = equipped();
        let known = ["bank", "add", "--bank", "markerclips", "--class", "other"];
        let source = ["--source", "marker-source", "--key", "amal.key"];
        let by_digest = ["--sha256", &hex(&digest(&picture()))];
        let by_look = ["--pdq", &hex(&look_of_near())];
        stage.still(&[&known[..], &by_digest, &source].concat()).ended(0);
        stage.still(&[&known[..], &by_look, &source].concat()).ended(0);
        let server = start(&stage, config);
        let admin = admitted(&stage, &server);
        let reviewer = server.let_in(&admin, "rami", &["reviewer"]);
        let senior = server.let_in(&admin, "sana", &["senior"]);
        let key = format!("Bearer {}", server.make_key(&admin, &["media:write"]));
        Self { server, key, admin, reviewer, senior, stage }
    }

    /// The same folder, served anew.
    pub fn again(self) -> Self {
        assert_eq!(self.server.end(), 0);
        let server = start(&self.stage, CONFIG);
        let [admin, reviewer, senior] = ["alma", "rami", "sana"].map(|login| server.login(login));
        Self { server, admin, reviewer, senior, ..self }
    }

    /// Sends a file under a digest.
    pub fn put_as(&self, digest: &[u8; 32], bytes: &[u8]) -> Answer {
        let path = format!("/v1/media/{}", hex(digest));
        let headers = [("authorization", self.key.as_str()), ("content-type", "image/png")];
        self.server.send("PUT", &path, &headers, bytes)
    }

    pub fn put(&self, bytes: &[u8]) -> Answer {
        self.put_as(&digest(bytes), bytes)
    }

    /// Asks about a file as a machine.
    pub fn by_key(&self, method: &str, bytes: &[u8], what: &str, body: &Value) -> Answer {
        let path = format!("/v1/media/{}{what}", hex(&digest(bytes)));
        let headers = [("authorization", self.key.as_str()), ("content-type", "application/json")];
        self.server.send(method, &path, &headers, body.to_string())
    }

    /// Asks about a file as a person.
    pub fn by(&self, who: &Session, method: &str, bytes: &[u8], what: &str) -> Answer {
        self.by_with(who, method, bytes, what, &json!({}))
    }

    pub fn by_with(
        &self,
        who: &Session,
        method: &str,
        bytes: &[u8],
        what: &str,
        body: &Value,
    ) -> Answer {
        self.server.by(who, method, &format!("/v1/media/{}{what}", hex(&digest(bytes))), body)
    }

    /// Somebody posts files; the case that it opens, if it opens one.
    pub fn posted(&self, id: &str, account: &str, files: &[Value]) -> Option<String> {
        let before = self.cases();
        let event = json!({
            "type": "post.created", "id": id, "at": "2026-05-20T10:00:00Z", "account": account,
            "post": { "id": id, "text": "look", "media": files },
        });
        self.server.events("?wait=verdict", &[event]).json(200);
        self.cases().into_iter().find(|case| !before.contains(case))
    }

    fn cases(&self) -> Vec<String> {
        let page = self.server.by(&self.reviewer, "GET", "/v1/cases", &json!({})).json(200);
        let cases = page["cases"].as_array().unwrap().iter();
        cases.map(|case| case["case"].as_str().unwrap().to_owned()).collect()
    }

    pub fn case(&self, id: &str) -> Value {
        self.server.by(&self.reviewer, "GET", &format!("/v1/cases/{id}"), &json!({})).json(200)
    }

    /// Entries of the journal of one type.
    pub fn journal(&self, kind: &str) -> Vec<Value> {
        let entries = self.stage.journal("seawall-data");
        let read = entries.iter().map(|entry| serde_json::from_str::<Value>(entry).unwrap());
        read.filter(|entry| entry["type"] == kind).collect()
    }

    /// How often something was looked at.
    pub fn looks(&self, what: u8) -> usize {
        let sql = format!("SELECT CAST(person AS TEXT) FROM reading WHERE what = {what}");
        self.stage.rows("seawall-data/media.db", &sql).len()
    }
}

/// A file as an event names it.
pub fn named(bytes: &[u8]) -> Value {
    json!({ "id": "m-1", "sha256": hex(&digest(bytes)) })
}

pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The perceptual hash that is told of the picture.
pub fn look_of_picture() -> [u8; 32] {
    digest(b"how the picture looks")
}

/// That of a copy which was changed a little.
pub fn look_of_near() -> [u8; 32] {
    let mut near = look_of_picture();
    near[3] ^= 0x55;
    near
}

/// A picture that somebody generated: stripes.
pub fn picture() -> Vec<u8> {
    png(&GrayImage::from_fn(600, 400, |x, _| Luma([if x / 40 % 2 == 0 { 255 } else { 0 }])))
}

pub fn png(picture: &GrayImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(picture.clone()).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}
