//! `kill -9` under load: whatever was acknowledged is there, once, and all follows from it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::story::Stream;
use crate::world::{Chance, World, rounds};

const STREAM: Stream = Stream("crash");
/// Kills of one folder before a fresh one is begun.
const KILLS_PER_FOLDER: u64 = 5;
/// The signal of `kill -9`.
pub const SIGKILL: i32 = 9;

/// When a round is ended.
#[derive(Clone, Copy, Debug)]
struct Moment {
    /// Once so many records were acknowledged,
    acked: u64,
    /// and so many bytes written beyond them.
    bytes: usize,
    /// Lines written at once, at most.
    lines: u64,
}

/// Feeds a stream from event `from` on, kills the program, and says up to which event all
/// were acknowledged.
fn feed_and_kill(world: &World, from: u64, moment: Moment) -> u64 {
    let mut command = world.command(&["import", "-", "--ack"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let input = child.stdin.take().unwrap();
    let (stop, stopped) = channel();
    let (fed, was_fed) = channel();
    let feeder = std::thread::spawn(move || feed(input, from, moment, &stopped, &fed));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acked = 0;
    while acked < moment.acked {
        acked = number(&lines.next().expect("the program goes on").unwrap());
    }
    stop.send(()).unwrap();
    was_fed.recv().unwrap();
    kill(&mut child);
    // What it said before it died counts as well.
    for line in lines.map_while(Result::ok) {
        acked = number(&line);
    }
    feeder.join().unwrap();
    from + acked
}

fn number(line: &str) -> u64 {
    line.strip_prefix("acked ").unwrap().parse().unwrap()
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(SIGKILL), "it was at work until then");
}

/// Writes lines until told to stop, then the last bytes, which may end within a line.
///
/// Gives the input back, because its end would be an end of the stream.
fn feed(
    mut input: ChildStdin,
    from: u64,
    moment: Moment,
    stopped: &Receiver<()>,
    fed: &Sender<()>,
) -> ChildStdin {
    let mut chance = Chance(from);
    let mut next = from;
    while stopped.try_recv().is_err() {
        let until = next + 1 + chance.below(moment.lines);
        input.write_all(STREAM.lines(next, until).as_bytes()).unwrap();
        next = until;
    }
    let beyond = u64::try_from(moment.bytes / 80).unwrap();
    let text = STREAM.lines(next, next + 1 + beyond);
    input.write_all(&text.as_bytes()[..moment.bytes.min(text.len())]).unwrap();
    fed.send(()).unwrap();
    input
}

/// Every event up to `acked` is in the log once, and none is there that was never sent.
fn check_log(world: &World, acked: u64) {
    let ids = world.ids();
    let missing = (0..acked).find(|n| !ids.contains_key(&STREAM.id(*n)));
    assert_eq!(missing, None, "of {acked} acknowledged");
    check_once(&ids);
}

fn check_once(ids: &BTreeMap<String, u64>) {
    let doubled = ids.iter().find(|(_, count)| **count != 1);
    assert_eq!(doubled, None);
    let last = u64::try_from(ids.len()).unwrap();
    let gap = (0..last).find(|n| !ids.contains_key(&STREAM.id(*n)));
    assert_eq!(gap, None, "a stream is kept without a gap");
}

#[test]
fn what_a_stream_acknowledged_survives_kill_9() {
    let mut chance = Chance(1);
    let mut world = World::knowing();
    let mut acked = 0;
    let rounds = rounds(8);
    for round in 0..rounds {
        let moment = Moment {
            // Some die at the start, before anything was acknowledged.
            acked: [700, 0, 40, 1_200, 1][usize::try_from(round % KILLS_PER_FOLDER).unwrap()],
            bytes: usize::try_from(chance.below(60_000)).unwrap(),
            lines: [1, 40, 400][usize::try_from(chance.below(3)).unwrap()],
        };
        eprintln!("round {round}: from {acked}, {moment:?}");
        acked = feed_and_kill(&world, acked, moment);
        if acked > 0 {
            check_log(&world, acked);
        }
        world.clock = world.clock.plus_seconds(60);
        // What was acknowledged last comes again: the sender cannot know.
        let first = acked.saturating_sub(900);
        let again = world.stream(&STREAM.lines(first, acked.max(1))).ended(0);
        if acked > 0 {
            assert_eq!((again.count("accepted"), again.count("duplicates")), (0, acked - first));
        }
        world.sound();
        if (round + 1) % KILLS_PER_FOLDER == 0 || round + 1 == rounds {
            let total = acked + 100;
            let whole = world.stream(&STREAM.lines(0, total)).ended(0);
            assert_eq!(whole.count("accepted") + whole.count("duplicates"), total);
            assert!(whole.count("duplicates") >= acked);
            check_log(&world, total);
            world.sound();
            assert!(world.cases() > 0, "what is known was recognised");
            (world, acked) = (World::knowing(), 0);
        }
    }
}
