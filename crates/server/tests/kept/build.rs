//! Another build opens the folder: what people ruled on keeps its number and stays ruled.

use rusqlite::{Connection, params};
use seawall_model::journal::{Body, CHAIN_START, SpanReason, chain};
use seawall_store::Recorded;

use crate::story::Stream;
use crate::world::World;

const STREAM: Stream = Stream("build");
/// What the older build added to the numbers of its cases.
const SHIFT: u64 = 500;

/// The numbers of the cases opened, in order.
fn opened(world: &World) -> Vec<u64> {
    let case = |recorded: Recorded| match recorded.entry.body {
        Body::CaseOpened { case, .. } => Some(case),
        _ => None,
    };
    world.journal().into_iter().filter_map(case).collect()
}

/// Numbers a case as the older build does.
fn shifted(value: &mut serde_json::Value) {
    if let Some(case) = value["case"].as_u64() {
        value["case"] = (case + SHIFT).into();
    }
}

/// Writes the journal as another build would have: it gave its cases other numbers.
fn of_another_build(world: &World) {
    let journal = Connection::open(world.dir.join("journal.db")).unwrap();
    journal.execute_batch("DROP TRIGGER entry_is_kept; DROP TRIGGER entry_is_final").unwrap();
    let mut hash = CHAIN_START;
    for Recorded { mut entry, .. } in world.journal() {
        match &mut entry.body {
            Body::SpanStarted { build, .. } => "an older build".clone_into(build),
            Body::CaseOpened { case, .. } | Body::CaseGrew { case, .. } => *case += SHIFT,
            body => {
                let mut value = serde_json::to_value(&*body).unwrap();
                shifted(&mut value);
                *body = serde_json::from_value(value).unwrap();
            }
        }
        let bytes = entry.to_bytes();
        hash = chain(&hash, &bytes);
        let update = "UPDATE entry SET body = ?1, hash = ?2 WHERE seq = ?3";
        journal.execute(update, params![bytes, hash, entry.seq.cast_signed()]).unwrap();
    }
    std::fs::remove_dir_all(world.dir.join("snapshots")).unwrap();
}

#[test]
fn cases_and_decisions_of_another_build_stand_as_its_journal_tells_them() {
    let world = World::knowing();
    world.stream(&STREAM.lines(0, 300)).ended(0);
    let before = opened(&world);
    assert!(before.len() > 4, "{before:?}");
    of_another_build(&world);
    let key = world.path("amal.key").to_str().unwrap().to_owned();
    let decide = |case: u64| {
        let case = format!("c{case}");
        world.run(&["case", "decide", &case, "keep", "--saw", "content", "--key", &key])
    };
    // Under its own number, a case of the older build; under the other, none.
    decide(before[0] + SHIFT).ended(0);
    decide(before[0]).ended(2);
    let spans = world.journal().into_iter().filter(|recorded| {
        let reason = SpanReason::BuildChanged;
        matches!(&recorded.entry.body, Body::SpanStarted { reason: of, .. } if *of == reason)
    });
    assert_eq!(spans.count(), 1);
    world.sound();
    // Yet another build: the decision of the span before stands, and can be undone.
    world.stream(&STREAM.lines(300, 600)).ended(0);
    let after = opened(&world);
    assert!(after.iter().skip(before.len()).all(|case| *case > SHIFT), "{after:?}");
    assert!(after.is_sorted_by(|a, b| a < b), "no number is given twice: {after:?}");
    decide(before[0] + SHIFT).ended(2);
    let decision =
        world.journal().into_iter().rev().find_map(|recorded| match recorded.entry.body {
            Body::Decided { decision, case: Some(_), .. } => Some(format!("d{decision}")),
            _ => None,
        });
    world.fine(&["case", "undo", &decision.unwrap(), "--key", &key]);
    decide(before[0] + SHIFT).ended(0);
    world.sound();
}
