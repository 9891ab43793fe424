//! What is shipped beside the program: the unit of systemd and its configuration.

use std::process::Command;

use crate::stage::{PROGRAM, Stage, repository};

/// Where the unit looks for what it runs, and for its configuration.
const INSTALLED: &str = "/usr/local/bin/seawall";
const CONFIGURED: &str = "/etc/seawall/seawall.toml";
/// The most that systemd may find a service exposed, in tenths: 10 is "OK", 0 is nothing at all.
const EXPOSED_MAX: &str = "15";

fn unit() -> String {
    std::fs::read_to_string(repository().join("packaging/seawall.service")).unwrap()
}

#[test]
fn the_unit_of_systemd_is_right_and_gives_the_service_little() {
    let stage = Stage::new();
    assert!(unit().contains(INSTALLED));
    stage.write("seawall.service", unit().replace(INSTALLED, PROGRAM));
    let path = stage.path("seawall.service");
    let analyze = |args: &[&str]| {
        let said = Command::new("systemd-analyze").args(args).arg(&path).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (said.status.success(), text(&said.stdout), text(&said.stderr))
    };
    let (is_right, _, why) = analyze(&["verify", "--man=no"]);
    assert!(is_right && !why.contains("seawall.service"), "{why}");
    let threshold = format!("--threshold={EXPOSED_MAX}");
    let (is_little, said, _) = analyze(&["security", "--offline=true", "--no-pager", &threshold]);
    assert!(is_little, "{said}");
}

#[test]
fn what_the_unit_runs_is_what_the_program_takes() {
    let stage = Stage::new();
    let config = repository().join("packaging/seawall.toml").display().to_string();
    let unit = unit();
    let line = |name: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let line = line.strip_prefix(INSTALLED).unwrap().trim();
        line.replace(CONFIGURED, &config)
    };
    let check = line("ExecStartPre=");
    let said = stage.seawall(&check.split(' ').collect::<Vec<_>>()).ended(0);
    assert!(said.out.contains("deliver.dry_run"), "{}", said.out);
    let serve = line("ExecStart=").replace("/var/lib/seawall/data", "data");
    let typed = format!(
        "'{PROGRAM}' {serve} --listen 127.0.0.1:0 > said 2> log & served=$!; \
         until grep -q '^serving at' said; do sleep 0.1; done; kill -TERM $served; wait $served"
    );
    stage.shell(&typed, None).ended(0);
}

#[test]
fn a_configuration_that_is_wrong_is_told_by_line_and_keeps_the_service_from_starting() {
    let stage = Stage::new();
    stage.write("seawall.toml", "[serve]\nlistens = 1\n\n[deliver]\nat_once = 3\n");
    let said = stage.seawall(&["doctor", "--config", "seawall.toml", "--dir", "none"]).ended(1);
    for words in [
        "PROBLEM seawall.toml:2: serve.listens: there is no such key",
        "PROBLEM seawall.toml:5: deliver.at_once: there is no such key",
        "at_once_max",
        "2 problems found",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let secret = "whsec_bm9ib2R5IHJlYWRzIG1hcmtlcg==";
    stage.write("hook.secret", secret);
    stage.write("seawall.toml", "[deliver]\nsecret_file = \"hook.secret\"\n");
    let said = stage.seawall(&["doctor", "--config", "seawall.toml", "--dir", "none"]).ended(1);
    assert!(said.out.contains("seawall.toml:2: deliver.secret_file:"), "{}", said.out);
    assert!(said.out.contains("chmod 600") && !said.out.contains(secret), "{}", said.out);
    assert!(!stage.path("none").exists());
}
