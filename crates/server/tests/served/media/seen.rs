//! What people see: thumbnails, small and grey, and originals, with a fresh grant.

use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};

use super::{World, digest, hex, named, picture};

/// A PNG that claims to be as large as these, in a few bytes.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 0, 0, 0, 0]);
    for (kind, data) in [(b"IHDR", &header[..]), (b"IDAT", b"\x78\x9c\x03\0\0\0\0\x01")] {
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        let body = [&kind[..], data].concat();
        bytes.extend(&body);
        bytes.extend(crc(&body).to_be_bytes());
    }
    bytes
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 }
        })
    })
}

/// A picture of one colour that is much larger than its file.
fn wide() -> Vec<u8> {
    super::png(&image::GrayImage::new(9_000, 9_000))
}

/// The configuration, for larger files.
fn large() -> String {
    super::CONFIG.replace("300000", "30000000")
}

fn looked(case: &str, more: &str) -> String {
    format!("/thumbnail?case={case}{more}")
}

#[test]
fn a_thumbnail_is_small_grey_and_blurred_and_every_look_is_noted() {
    let world = World::new();
    let case = world.posted("p-1", "amal", &[named(&picture())]).unwrap();
    let other =
        world.posted("p-2", "badr", &[named(b"none"), json!({ "sha256": crate::league::CLIP })]);
    let see = |what: &str| world.by(&world.reviewer, "GET", &picture(), what);
    assert_eq!(see(&looked(&case, "")).problem(404), "not_found", "it is not here yet");
    world.put(&picture()).json(201);
    assert_eq!(see("/thumbnail").problem(422), "missing", "for which case");
    assert_eq!(see(&looked(&other.unwrap(), "")).problem(404), "not_found", "another's case");
    assert_eq!(see(&looked("c999", "")).problem(404), "not_found");
    assert_eq!(see(&looked(&case, "&look=colour")).problem(422), "invalid");
    let contrast = |bytes: &[u8]| {
        let picture = image::load_from_memory_with_format(bytes, ImageFormat::Png).unwrap();
        assert!(matches!(picture, DynamicImage::ImageLuma8(_)), "grey");
        assert_eq!((picture.width(), picture.height()), (160, 107));
        let grey = picture.into_luma8();
        let row = || grey.rows().nth(50).unwrap().map(|pixel| pixel.0[0]);
        row().max().unwrap() - row().min().unwrap()
    };
    assert_eq!(world.looks(1), 0);
    let blurred = see(&looked(&case, ""));
    assert_eq!((blurred.status, blurred.kind.as_str()), (200, "image/png"), "{}", blurred.text);
    assert_eq!(blurred.headers["cache-control"], "no-store");
    assert_eq!(blurred.headers["x-content-type-options"], "nosniff");
    let sharp = see(&looked(&case, "&look=grey"));
    assert_eq!(sharp.status, 200, "{}", sharp.text);
    assert!(contrast(&sharp.bytes) > 200, "{}", contrast(&sharp.bytes));
    assert!(contrast(&blurred.bytes) < 200, "{}", contrast(&blurred.bytes));
    assert_eq!(see(&looked(&case, "")).bytes, blurred.bytes, "kept, and sealed");
    assert_eq!(world.looks(1), 3);
    let made = std::fs::read(world.stage.path("seawall-data/media.db")).unwrap();
    assert!(!made.windows(8).any(|window| window == b"\x89PNG\r\n\x1a\n"));
    // Who may not see cases sees none of it.
    let lina = world.server.let_in(&world.admin, "lina", &["analyst"]);
    let path = looked(&case, "");
    assert_eq!(world.by(&lina, "GET", &picture(), &path).problem(403), "forbidden");
    assert_eq!(world.by_key("GET", &picture(), &path, &json!({})).problem(403), "forbidden");
    assert_eq!(world.looks(1), 3);
}

#[test]
fn hostile_files_give_problems_and_the_server_lives() {
    let world = World::with(&large());
    let mut cut_off = picture();
    cut_off.truncate(cut_off.len() - 40);
    let files: [(&str, Vec<u8>, &str); 8] = [
        ("a bomb", bomb(60_000, 60_000), "more pixels"),
        ("more pixels than may be", wide(), "more pixels"),
        ("a header alone", bomb(100, 100), "damaged"),
        ("cut off", cut_off, "damaged"),
        ("a video", b"\0\0\0\x18ftypmp42invented".to_vec(), "a video"),
        ("another format", b"II*\0invented".to_vec(), "JPEG, PNG, GIF and WebP"),
        ("words", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "no picture"),
        ("no bytes", Vec::new(), "no picture"),
    ];
    let mut named_all: Vec<Value> = files.iter().map(|(_, bytes, _)| named(bytes)).collect();
    named_all.push(named(&picture()));
    let case = world.posted("p-1", "amal", &named_all).unwrap();
    for (what, bytes, words) in &files {
        assert_eq!(world.put(bytes).status, 201, "{what}");
        let answer = world.by(&world.reviewer, "GET", bytes, &looked(&case, ""));
        assert_eq!(answer.problem(409), "conflict", "{what}: {}", answer.text);
        assert!(answer.text.contains(words), "{what}: {}", answer.text);
    }
    world.put(&picture()).json(201);
    assert_eq!(world.by(&world.reviewer, "GET", &picture(), &looked(&case, "")).status, 200);
    assert_eq!(world.server.get("/readyz").status, 200);
    assert_eq!(world.looks(1), 1, "what was not shown was not seen");
}

#[test]
fn decoding_ends_at_its_bounds() {
    // The picture is within the pixels, and takes 81 MB.
    let bounds = "picture_pixels_max = 100000000\ndecode_mib_max = 64\n";
    let world = World::with(&format!("{}{bounds}", large()));
    let case = world.posted("p-1", "amal", &[named(&wide()), named(&picture())]).unwrap();
    world.put(&wide()).json(201);
    world.put(&picture()).json(201);
    let answer = world.by(&world.reviewer, "GET", &wide(), &looked(&case, ""));
    assert_eq!(answer.problem(409), "conflict");
    assert!(answer.text.contains("more than it may"), "{}", answer.text);
    let small = world.by(&world.reviewer, "GET", &picture(), &looked(&case, ""));
    assert_eq!(small.status, 200, "{}", small.text);
}

#[test]
fn the_process_that_decodes_can_open_nothing() {
    let stage = crate::stage::Stage::new();
    // What it could do it names; that each of it works without confinement is a test of its own.
    let said = stage.seawall(&["decode-media", "--attempt"]).ended(0);
    assert_eq!(said.out, "");
}

#[test]
fn a_grant_opens_nothing_any_more_when_the_case_is_not_theirs_to_see() {
    let world = World::new();
    let case = world.posted("p-1", "amal", &[named(&picture())]).unwrap();
    world.put(&picture()).json(201);
    let asked = json!({ "case": case });
    let given = world.by_with(&world.reviewer, "POST", &picture(), "/grants", &asked).json(201);
    let people = world.server.by(&world.admin, "GET", "/v1/people", &json!({})).json(200);
    let number = &world.reviewer.person["person"];
    let row = people["people"].as_array().unwrap().iter().find(|row| &row["person"] == number);
    let change = json!({
        "version": row.unwrap()["version"], "clearance": { "severity_max": 0 },
    });
    let path = format!("/v1/people/{number}");
    world.server.by(&world.admin, "PATCH", &path, &change).json(200);
    let grant = format!("?grant={}", given["grant"].as_str().unwrap());
    let refused = world.by(&world.reviewer, "GET", &picture(), &grant);
    assert_eq!(refused.problem(403), "forbidden");
    assert_eq!((world.looks(2), world.journal("media_opened").len()), (0, 0));
}

#[test]
fn an_original_opens_once_for_whom_it_was_granted() {
    let world = World::new();
    let case = world.posted("p-1", "amal", &[named(&picture()), named(b"other")]).unwrap();
    world.put(&picture()).json(201);
    world.put(b"other").json(201);
    let asked = json!({ "case": case });
    let grant = |who| {
        let given = world.by_with(who, "POST", &picture(), "/grants", &asked).json(201);
        assert_eq!(given["expires_at"], "2026-06-01T00:05:00Z");
        format!("?grant={}", given["grant"].as_str().unwrap())
    };
    let none = world.by(&world.reviewer, "POST", &picture(), "/grants");
    assert_eq!(none.problem(422), "missing", "for which case");
    let open = |who, bytes: &[u8], grant: &str| world.by(who, "GET", bytes, grant);
    assert_eq!(open(&world.reviewer, &picture(), "").problem(422), "missing");
    let grants = [grant(&world.reviewer), grant(&world.reviewer)];
    assert_ne!(grants[0], grants[1]);
    assert_eq!(open(&world.senior, &picture(), &grants[0]).problem(404), "not_found");
    assert_eq!(open(&world.reviewer, b"other", &grants[0]).problem(404), "not_found");
    assert_eq!(open(&world.reviewer, &picture(), "?grant=x").problem(404), "not_found");
    assert_eq!((world.looks(2), world.journal("media_opened").len()), (0, 0));
    let original = open(&world.reviewer, &picture(), &grants[0]);
    assert_eq!(original.status, 200, "{}", original.text);
    assert!(original.bytes == picture());
    for (header, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "attachment; filename=\"original\""),
        ("content-security-policy", "sandbox; default-src 'none'; frame-ancestors 'none'"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(original.headers[header], value);
    }
    assert_eq!(open(&world.reviewer, &picture(), &grants[0]).problem(404), "not_found", "once");
    assert_eq!(world.looks(2), 1);
    let told = world.journal("media_opened");
    assert_eq!(told.len(), 1);
    let own = world.server.by(&world.reviewer, "GET", "/v1/session", &json!({})).json(200);
    assert_eq!(json!(format!("r{}", told[0]["reviewer"])), own["person"]["reviewer"]);
    assert_eq!(format!("c{}", told[0]["case"]), case);
    assert!(
        !told[0].to_string().contains(&hex(&digest(&picture()))[..16]),
        "no digest stands there"
    );
    // The other lives on over a restart, and a key that was never admitted opens nothing.
    let world = world.again();
    assert!(world.by(&world.reviewer, "GET", &picture(), &grants[1]).bytes == picture());
    let nadia = world.server.let_in_unsigned(&world.admin, "nadia", &["reviewer"]);
    let refused = world.by_with(&nadia, "POST", &picture(), "/grants", &asked);
    assert_eq!(refused.problem(409), "conflict");
    assert_eq!(world.server.end(), 0);
    crate::league::replays_equal(&world.stage);
}
