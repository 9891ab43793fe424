//! The house rules hold in this workspace, as an ordinary test.

#[test]
fn the_workspace_is_tidy() {
    let findings = xtask::tidy::run(&xtask::tidy::workspace_root()).unwrap();
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} findings:\n{}", lines.len(), lines.join("\n"));
}
