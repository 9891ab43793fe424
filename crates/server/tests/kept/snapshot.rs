//! A damaged snapshot is noticed and made again, and changes nothing that follows.

use std::path::PathBuf;

use crate::story::Stream;
use crate::world::{Chance, World, rounds};

const STREAM: Stream = Stream("snapshot");

fn snapshots(world: &World) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(world.dir.join("snapshots")).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn imported() -> World {
    let world = World::knowing();
    // A snapshot is written within and at the end of each.
    world.stream(&STREAM.lines(0, 1_100)).ended(0);
    world.stream(&STREAM.lines(1_100, 1_700)).ended(0);
    assert_eq!(snapshots(&world).len(), 2);
    world
}

/// Takes in the rest of the stream, and gives all that is kept.
fn gone_on(world: &World) -> (String, Vec<Vec<u8>>) {
    let ran = world.stream(&STREAM.lines(1_700, 2_900)).ended(0);
    world.sound();
    (ran.err, world.journal().into_iter().map(|recorded| recorded.bytes).collect())
}

#[test]
fn a_flipped_byte_in_any_snapshot_is_noticed_and_changes_nothing() {
    let before = imported();
    let (err, expect) = gone_on(&before.twin());
    assert_eq!(err, "");
    let mut chance = Chance(3);
    let bytes = u64::try_from(std::fs::read(&snapshots(&before)[1]).unwrap().len()).unwrap();
    let ends = [0, 9, 17, 25, bytes - 1];
    let within = (0..rounds(4)).map(|_| chance.below(bytes)).collect::<Vec<u64>>();
    for (round, at) in ends.into_iter().chain(within).enumerate() {
        let world = before.twin();
        let mut damaged = snapshots(&world).split_off(1);
        if round % 3 == 0 {
            // None is left, so the state is built from the first position.
            damaged = snapshots(&world);
        }
        for path in &damaged {
            let mut bytes = std::fs::read(path).unwrap();
            let at = usize::try_from(at).unwrap() % bytes.len();
            bytes[at] ^= 1 << (round % 8);
            std::fs::write(path, bytes).unwrap();
        }
        let found = world.run(&["doctor"]).ended(1);
        let name = damaged[0].file_name().unwrap().to_str().unwrap().to_owned();
        assert!(
            found.out.contains(&format!("snapshots: {name} is damaged")),
            "byte {at}: {found:#?}"
        );
        let (err, journal) = gone_on(&world);
        assert!(err.contains(&format!("snapshot {name} not used")), "byte {at}: {err}");
        assert_eq!(journal.len(), expect.len(), "byte {at}");
        assert!(journal == expect, "byte {at}: the journal is the same");
    }
}

#[test]
fn a_snapshot_that_was_cut_off_is_noticed() {
    let before = imported();
    let (_, expect) = gone_on(&before.twin());
    for part in [0, 1, 3] {
        let world = before.twin();
        let newest = snapshots(&world).pop().unwrap();
        let bytes = std::fs::read(&newest).unwrap();
        std::fs::write(&newest, &bytes[..bytes.len() * part / 4]).unwrap();
        let (err, journal) = gone_on(&world);
        assert!(err.contains("not used"), "{part}/4: {err}");
        assert!(journal == expect, "{part}/4");
    }
}
