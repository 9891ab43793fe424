//! Files are kept whole or not at all, can be read by nobody without their row, and what is marked
//! leaves.

use super::*;
use crate::key::tests::Counting;

const MARKER: &[u8] = b"marker words within a file";

fn open(dir: &Path) -> Media {
    let key = dir.join("key");
    let keys = FolderKeys::read(&key)
        .unwrap_or_else(|_| FolderKeys::make(&key, &mut Counting(1)).unwrap());
    Media::open(dir, Arc::new(keys), Access::Write).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_780_000_000_000_000 + seconds * 1_000_000).unwrap()
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).into()
}

fn keep(media: &mut Media, bytes: &[u8], seed: u8) -> (MediaName, Kept) {
    let name = media.name(&digest(bytes));
    let mut incoming = media.begin(name, &mut Counting(seed)).unwrap();
    for part in bytes.chunks(10_007) {
        incoming.write(part).unwrap();
    }
    assert_eq!(incoming.digest(), digest(bytes));
    assert_eq!(incoming.head(), &bytes[..bytes.len().min(HEAD_BYTES)]);
    (name, media.keep(incoming, "image/png", at(0)).unwrap())
}

fn read(media: &Media, name: MediaName) -> Result<Vec<u8>, Error> {
    let mut outgoing = media.read(name)?.unwrap();
    let mut bytes = Vec::new();
    while let Some(chunk) = outgoing.next_chunk()? {
        bytes.extend(chunk);
    }
    Ok(bytes)
}

fn of_length(length: usize) -> Vec<u8> {
    MARKER.iter().copied().cycle().take(length).collect()
}

fn path_of(dir: &Path, name: MediaName) -> PathBuf {
    place(&dir.join("media"), name)
}

#[test]
fn a_file_comes_back_as_it_came_and_lies_there_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let mut media = open(dir.path());
    let chunk = sealed::CHUNK_BYTES;
    for (seed, length) in
        (1..).zip([0, 1, 100, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 17])
    {
        let bytes = of_length(length);
        let (name, kept) = keep(&mut media, &bytes, seed);
        assert_eq!(kept, Kept::New, "{length}");
        assert!(read(&media, name).unwrap() == bytes, "{length}");
        assert_eq!(media.object(name).unwrap().unwrap().bytes, length as u64);
        let lies = std::fs::read(path_of(dir.path(), name)).unwrap();
        assert!(!lies.windows(6).any(|window| window == &MARKER[..6]), "{length}");
        assert!(!name.to_string().contains(&hex(&digest(&bytes))[..8]));
        assert_eq!(keep(&mut media, &bytes, 99).1, Kept::Already, "{length}");
        assert!(read(&media, name).unwrap() == bytes, "{length}");
    }
    assert_eq!(media.totals().unwrap().objects, 8);
    assert_eq!(media.totals().unwrap().bytes, media.bytes());
    assert_eq!(files_in(&dir.path().join("media/incoming")).unwrap().len(), 0);
    let again = open(dir.path());
    assert_eq!(again.sweep().unwrap(), 0);
    assert_eq!(again.bytes(), media.bytes());
}

#[test]
fn what_was_changed_moved_or_cut_off_is_not_given_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut media = open(dir.path());
    let (name, _) = keep(&mut media, &of_length(3 * sealed::CHUNK_BYTES), 1);
    let path = path_of(dir.path(), name);
    let whole = std::fs::read(&path).unwrap();
    let sealed_chunk = sealed::CHUNK_BYTES + 16;
    let mut changed = whole.clone();
    changed[20] ^= 1;
    let mut swapped = whole.clone();
    let (first, second) = swapped[16..].split_at_mut(sealed_chunk);
    first.swap_with_slice(&mut second[..sealed_chunk]);
    let mut longer = whole.clone();
    longer.push(0);
    let cut = whole[..16 + 2 * sealed_chunk].to_vec();
    let no_header = whole[1..].to_vec();
    for (what, bytes) in [
        ("changed", changed),
        ("swapped", swapped),
        ("longer", longer),
        ("cut between chunks", cut),
        ("cut", whole[..whole.len() - 1].to_vec()),
        ("empty", Vec::new()),
        ("no header", no_header),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let found = read(&media, name);
        assert!(matches!(found, Err(Error::MediaDamaged { .. })), "{what}");
    }
    // Another file's content under this one's name.
    let (other, _) = keep(&mut media, &of_length(10), 2);
    std::fs::copy(path_of(dir.path(), other), &path).unwrap();
    assert!(read(&media, name).is_err());
}

#[test]
fn what_a_crash_left_is_removed_and_what_was_kept_stays() {
    let dir = tempfile::tempdir().unwrap();
    let mut media = open(dir.path());
    let (kept, _) = keep(&mut media, b"kept", 1);
    let mut cut_off = media.begin(media.name(&digest(b"other")), &mut Counting(2)).unwrap();
    cut_off.write(b"half of oth").unwrap();
    // A crash runs no clean-up.
    std::mem::forget(cut_off);
    let stray = path_of(dir.path(), MediaName([7; 16]));
    std::fs::create_dir_all(stray.parent().unwrap()).unwrap();
    std::fs::write(&stray, "moved, and no row came").unwrap();
    let media = open(dir.path());
    assert_eq!(media.sweep().unwrap(), 2);
    assert!(!stray.exists());
    assert_eq!(read(&media, kept).unwrap(), b"kept");
    let dropped = media.begin(kept, &mut Counting(3)).unwrap();
    drop(dropped);
    assert_eq!(media.sweep().unwrap(), 0, "what is given up is gone at once");
}

#[test]
fn a_file_whose_content_was_lost_is_kept_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut media = open(dir.path());
    let (name, _) = keep(&mut media, b"lost", 1);
    std::fs::remove_file(path_of(dir.path(), name)).unwrap();
    assert_eq!(media.object(name).unwrap(), None);
    assert_eq!(media.totals().unwrap().missing, 1);
    assert!(media.read(name).unwrap().is_none());
    assert_eq!(keep(&mut media, b"lost", 2).1, Kept::New);
    assert_eq!(read(&media, name).unwrap(), b"lost");
    assert_eq!(media.bytes(), 4);
}

#[test]
fn what_is_destroyed_is_gone_with_all_that_was_made_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut media = open(dir.path());
    let (name, _) = keep(&mut media, b"to be destroyed", 1);
    let (other, _) = keep(&mut media, b"stays", 2);
    media.keep_derived(name, 1, b"small").unwrap();
    assert_eq!(media.derived(name, 1).unwrap().as_deref(), Some(&b"small"[..]));
    assert_eq!(media.derived(name, 2).unwrap(), None);
    assert_eq!(media.before(at(1)).unwrap().len(), 2);
    assert_eq!(media.before(at(0)).unwrap(), []);
    assert_eq!(media.destroy(&[name, MediaName([3; 16])]).unwrap(), 1);
    assert!(!path_of(dir.path(), name).exists());
    assert_eq!(media.object(name).unwrap(), None);
    assert_eq!(media.derived(name, 1).unwrap(), None);
    assert_eq!(read(&media, other).unwrap(), b"stays");
    assert_eq!(media.bytes(), 5);
    media.keep_derived(name, 1, b"too late").unwrap();
    assert_eq!(media.derived(name, 1).unwrap(), None);
}

#[test]
fn a_mark_takes_thumbnails_and_leave_away_and_stays_without_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut media = open(dir.path());
    let sha256 = digest(b"invented marker picture");
    let (name, _) = keep(&mut media, b"invented marker picture", 1);
    media.keep_derived(name, 1, b"small").unwrap();
    assert!(media.give_leave(&[5; 32], (name, 3, 1), at(0)).unwrap().is_some());
    assert_eq!(media.marked(name).unwrap(), None);
    let mark = media.mark(&sha256, &[[9; 32]], ("person 3", 2), at(1)).unwrap();
    assert_eq!((mark.reviewer, mark.is_journaled), (2, false));
    media.mark_journaled(name).unwrap();
    assert_eq!(media.derived(name, 1).unwrap(), None);
    media.keep_derived(name, 1, b"late").unwrap();
    assert_eq!(media.derived(name, 1).unwrap(), None, "nothing is made of it any more");
    assert_eq!(media.use_leave(&[5; 32], (name, 3), at(1)).unwrap(), None);
    let again = media.mark(&sha256, &[[9; 32]], ("key 1", 0), at(2)).unwrap();
    assert_eq!((again.by.as_str(), again.is_journaled), ("person 3", true));
    let more = media.mark(&sha256, &[[8; 32]], ("key 1", 0), at(2)).unwrap();
    assert_eq!((more.pdqs.len(), more.is_journaled), (2, false));
    media.mark(&[1; 32], &[], ("key 1", 0), at(2)).unwrap();
    let media_again = open(dir.path());
    assert_eq!(media_again.marks().unwrap().len(), 2);
    let kept = media_again.marked(name).unwrap().unwrap();
    assert_eq!((kept.sha256, &kept.pdqs[..]), (sha256, &[[9; 32], [8; 32]][..]));
    media.unmark(name).unwrap();
    assert_eq!(media.marked(name).unwrap(), None);
    assert_eq!(read(&media, name).unwrap(), b"invented marker picture");
    media.mark(&sha256, &[[9; 32]], ("person 3", 2), at(3)).unwrap();
    let file = std::fs::read(dir.path().join("media.db")).unwrap();
    assert!(!file.windows(32).any(|window| window == [9; 32]), "perceptual hashes are sealed");
}

#[test]
fn what_is_marked_waits_for_its_hand_over_and_is_in_no_backup() {
    let dir = tempfile::tempdir().unwrap();
    let mut media = open(dir.path());
    let (name, _) = keep(&mut media, b"invented marker picture", 1);
    let (other, _) = keep(&mut media, b"another", 2);
    media.mark(&digest(b"invented marker picture"), &[], ("person 3", 2), at(1)).unwrap();
    assert_eq!(media.totals().unwrap().waiting, 1);
    assert_eq!(media.before(at(100)).unwrap(), [other]);
    assert_eq!(media.destroy(&[name]).unwrap(), 0);
    let files = files_for_backup(&dir.path().join("media.db")).unwrap();
    assert_eq!(files, [place(Path::new("media"), other).display().to_string()]);
    media.handed_over(name, at(50)).unwrap();
    media.handed_over(name, at(90)).unwrap();
    assert_eq!(media.totals().unwrap().waiting, 0);
    assert_eq!(media.before(at(50)).unwrap(), [other], "days count from the first hand-over");
    let mut past = media.before(at(51)).unwrap();
    past.sort_unstable();
    assert_eq!(past.len(), 2);
    assert_eq!(media.destroy(&past).unwrap(), 2);
    assert!(media.marked(name).unwrap().is_some(), "the mark outlives the file");
}

#[test]
fn leave_is_for_one_person_one_file_once_and_not_for_long() {
    let dir = tempfile::tempdir().unwrap();
    let mut media = open(dir.path());
    let (name, other) = (MediaName([1; 16]), MediaName([2; 16]));
    let give =
        |media: &mut Media, hash: u8| media.give_leave(&[hash; 32], (name, 3, 12), at(0)).unwrap();
    assert_eq!(give(&mut media, 1), Some(at(GRANT_SECONDS)));
    let mut used = |hash: u8, name, person, seconds| {
        media.use_leave(&[hash; 32], (name, person), at(seconds)).unwrap()
    };
    assert_eq!(used(1, other, 3, 1), None);
    assert_eq!(used(1, name, 4, 1), None);
    assert_eq!(used(2, name, 3, 1), None);
    assert_eq!(used(1, name, 3, GRANT_SECONDS), None);
    assert_eq!(used(1, name, 3, GRANT_SECONDS - 1), Some(12));
    assert_eq!(used(1, name, 3, 1), None, "once");
    let given = (0..200).filter(|hash| give(&mut media, *hash).is_some()).count();
    assert_eq!(given, 32);
    let later = media.give_leave(&[201; 32], (name, 3, 1), at(GRANT_SECONDS)).unwrap();
    assert!(later.is_some(), "what is past its time makes room");
}

#[test]
fn every_look_is_noted() {
    let dir = tempfile::tempdir().unwrap();
    let mut media = open(dir.path());
    for looked in [Looked::Thumbnail, Looked::Original, Looked::HandOver] {
        let reading = Reading { name: MediaName([1; 16]), person: 3, looked, case: 12 };
        media.note(reading, at(0)).unwrap();
    }
    assert_eq!(open(dir.path()).totals().unwrap().readings, 3);
}
