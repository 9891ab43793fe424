//! Why a case is here, in words: each piece of evidence, and what a comeback weighs.
//!
//! Left out: what may be done about it, which is law 1's to say.

use std::sync::LazyLock;

use seawall_link::LinkModel;
use seawall_model::journal::EvidenceSeen;
use seawall_model::knowledge::{BankHash, FileHash, Known};
use seawall_model::{CaseId, EntryId, EventBody, Family, MilliBits, Position, Timestamp};
use seawall_pipeline::{Active, Judge};
use seawall_review::{Case, Reason};

use super::{Desk, DeskError, NAME_CHARS_MAX, lost, minute};
use crate::show;

/// Bits that one column of the picture stands for.
const BITS_PER_COLUMN: u64 = 1_000;
/// Families that a comparison with a removed profile can tell of.
const COMPARED: [Family; 3] = [Family::Name, Family::Face, Family::Links];

/// Thousandths of a bit before anything was compared.
static PRIOR: LazyLock<i64> =
    LazyLock::new(|| LinkModel::parse(seawall_link::COMEBACK_1).map_or(0, |model| model.prior().0));

/// What speaks for a case being the return of one removed account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comeback {
    /// The removed profile.
    pub entry: Option<u64>,
    /// Thousandths of a bit before anything was compared.
    pub prior: i64,
    /// What each family adds, in order of their numbers.
    pub families: Vec<(Family, i64)>,
}

impl Comeback {
    /// Thousandths of a bit, all together.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.prior + self.families.iter().map(|(_, bits)| bits).sum::<i64>()
    }
}

/// The comparisons behind a case, the heaviest first.
#[must_use]
pub fn comebacks(case: &Case) -> Vec<Comeback> {
    let prior = *PRIOR;
    let mut found: Vec<Comeback> = Vec::new();
    for piece in case.evidence.iter().filter(|piece| piece.kind == "comeback") {
        let family = piece.family.as_deref().and_then(Family::from_name);
        let Some((family, bits)) = family.zip(piece.milli_bits) else { continue };
        match found.iter_mut().find(|comeback| comeback.entry == piece.entry) {
            Some(comeback) => comeback.families.push((family, bits)),
            None => {
                let families = vec![(family, bits)];
                found.push(Comeback { entry: piece.entry, prior, families });
            }
        }
    }
    found.sort_by_key(|comeback| std::cmp::Reverse(comeback.total()));
    found
}

/// Whether the file itself is in a bank, or was before the post was edited.
#[must_use]
pub fn is_exact(case: &Case) -> bool {
    case.evidence.iter().any(is_same_file)
}

/// Whether the file itself is in a bank now, and in what the post says now.
#[must_use]
pub fn is_exact_now(case: &Case, active: &Active) -> bool {
    case.evidence.iter().any(|piece| is_same_file(piece) && Judge::counts(case, piece, active))
}

fn is_same_file(piece: &EvidenceSeen) -> bool {
    piece.kind == "bank_match" && piece.distance == Some(0)
}

/// Why a case is here, in a few words.
fn brief(desk: &mut Desk<'_>, case: &Case) -> Result<String, DeskError> {
    let mut words = Vec::new();
    if let Some(comeback) = comebacks(case).first() {
        let entry = comeback.entry.map_or(String::new(), |entry| format!(" to k{entry}"));
        words.push(format!("comeback{entry}, {}", MilliBits(comeback.total())));
    }
    for piece in case.evidence.iter().filter(|piece| piece.kind == "bank_match") {
        let entry = piece.entry.map_or(String::new(), |entry| format!("k{entry}"));
        words.push(match piece.distance {
            Some(0) => format!("same file as {entry}"),
            // Only a file's own hash gives 0.
            Some(1) => match has_same_print(desk, piece.entry.unwrap_or(0), piece.position)? {
                Some(true) => format!("same picture as {entry} by its fingerprint"),
                Some(false) => format!("looks like {entry}, 1 bit apart"),
                None => format!("looks like {entry}, at most 1 bit apart"),
            },
            Some(bits) => format!("looks like {entry}, {bits} bits apart"),
            None => format!("looks like {entry}"),
        });
    }
    let terms = case.evidence.iter().filter(|piece| piece.kind == "term").count() as u64;
    if terms > 0 {
        words.push(show::counted(terms, "term", "terms"));
    }
    if case.evidence.iter().any(|piece| piece.kind == "support_lost") {
        words.push("lost a support".into());
    }
    if words.is_empty() {
        words.push(match case.asked_alone().next() {
            Some(_) => "what the rule asks of the event itself".into(),
            None => "its evidence is gone".into(),
        });
    }
    Ok(words.join("; "))
}

/// Why a case is here, in a few words, and where nothing of it is left, that it is gone.
///
/// # Errors
/// [`DeskError`] if the journal cannot be read.
pub fn brief_of(desk: &mut Desk<'_>, id: CaseId, case: &Case) -> Result<String, DeskError> {
    let is_gone = lost::is_all_fallen(desk, case) && case.asked_alone().next().is_none();
    let lost = if is_gone { lost::brief(desk, id, case)? } else { None };
    lost.map_or_else(|| brief(desk, case), Ok)
}

/// Why a case is here, a line each, and what it rested on before.
///
/// # Errors
/// [`DeskError`] if log or knowledge cannot be read.
pub fn lines(desk: &mut Desk<'_>, id: CaseId, case: &Case) -> Result<Vec<String>, DeskError> {
    let mut lines = Vec::new();
    for piece in &case.evidence {
        let Some(line) = piece_line(desk, piece)? else { continue };
        lines.push(line + &of_before(case, piece));
    }
    for comeback in comebacks(case) {
        lines.extend(waterfall(desk, case, &comeback)?);
    }
    lines.extend(case.asked_alone().map(|reason| asked_line(case, reason)));
    lines.extend(lost::lines(desk, id, case)?);
    Ok(lines)
}

/// What a rule asks of an event without any entry of knowledge, in words.
#[must_use]
pub fn asked_line(case: &Case, reason: &Reason) -> String {
    let before = match case.is_of_content(reason) {
        true => String::new(),
        false => format!(" (of what was posted before, at position {})", reason.position),
    };
    let rule = show::foreign(&reason.rule, NAME_CHARS_MAX);
    format!("what the rule {rule} asks of the event itself; no known file, term or return{before}")
}

/// What is added to a piece that was known of older words only: it is told, and carries nothing
/// any more.
#[must_use]
pub fn of_before(case: &Case, piece: &EvidenceSeen) -> String {
    match case.is_current(piece) {
        true => String::new(),
        false => format!(" (of what was posted before, at position {})", piece.position),
    }
}

/// One piece in words; `None` for those that are told together, as comparisons are.
///
/// # Errors
/// [`DeskError`] if knowledge cannot be read.
pub fn piece_line(desk: &mut Desk<'_>, piece: &EvidenceSeen) -> Result<Option<String>, DeskError> {
    let Some(entry) = piece.entry else { return Ok(None) };
    Ok(match &*piece.kind {
        "bank_match" => Some(match_line(desk, entry, piece)?),
        "term" => Some(term_line(desk, entry)?),
        "support_lost" => Some(format!(
            "a decision that stood for {} was overturned: look at it again",
            desk.entry_called(entry)?
        )),
        _ => None,
    })
}

fn match_line(desk: &mut Desk<'_>, entry: u64, piece: &EvidenceSeen) -> Result<String, DeskError> {
    let how = match piece.distance {
        Some(0) => "its file is the same as".to_owned(),
        Some(1) => match has_same_print(desk, entry, piece.position)? {
            Some(true) => "its picture has the same picture fingerprint as".to_owned(),
            Some(false) => "its picture looks like, 1 of 256 bits apart,".to_owned(),
            None => "its picture looks like, at most 1 of 256 bits apart,".to_owned(),
        },
        Some(bits) => format!("its picture looks like, {bits} of 256 bits apart,"),
        None => "its picture looks like".to_owned(),
    };
    let people = desk.judge().supports().confirmed_by(EntryId(entry)).len() as u64;
    let class = match desk.entry(entry)?.map(|knowledge| knowledge.known) {
        Some(Known::Hash(hash)) => format!(", a file of class {}", hash.class.as_str()),
        _ => String::new(),
    };
    Ok(format!(
        "{how} {} ({}{class})",
        desk.entry_called(entry)?,
        match people {
            0 => "confirmed by nobody any more".into(),
            _ => format!("confirmed by {}", show::counted(people, "person", "people")),
        }
    ))
}

/// Whether a picture of an event has the very fingerprint of an entry, which counts as one bit
/// away: two files can share it. `None` where either is gone.
fn has_same_print(
    desk: &mut Desk<'_>,
    entry: u64,
    position: u64,
) -> Result<Option<bool>, DeskError> {
    let known = match desk.entry(entry)?.map(|knowledge| knowledge.known) {
        Some(Known::Hash(BankHash { hash: FileHash::Pdq(pdq), .. })) => pdq,
        _ => return Ok(None),
    };
    let Some(event) = desk.event(position) else { return Ok(None) };
    let mut prints: Vec<[u8; 32]> = match &event.body {
        EventBody::PostCreated(post) | EventBody::PostEdited(post) => {
            post.media.iter().filter_map(|media| media.pdq).collect()
        }
        EventBody::Media(item) => item.media.pdq.into_iter().collect(),
        _ => Vec::new(),
    };
    let avatar = event.profile.and_then(|profile| profile.avatar);
    prints.extend(avatar.and_then(|avatar| avatar.pdq));
    Ok(Some(prints.contains(&known)))
}

fn term_line(desk: &Desk<'_>, entry: u64) -> Result<String, DeskError> {
    let term = match desk.entry(entry)?.map(|knowledge| knowledge.known) {
        Some(Known::Term(term)) => show::foreign(&term.term, NAME_CHARS_MAX),
        _ => "(destroyed)".into(),
    };
    Ok(format!("it says {term}, {}: naming is never evidence enough", desk.entry_called(entry)?))
}

/// What a comparison weighs, as a small picture.
///
/// # Errors
/// [`DeskError`] if log or knowledge cannot be read.
pub fn waterfall(
    desk: &mut Desk<'_>,
    case: &Case,
    comeback: &Comeback,
) -> Result<Vec<String>, DeskError> {
    let mut lines = vec![format!("{}:", returns(desk, comeback)?)];
    lines.push(bar("before comparing", comeback.prior));
    for (family, bits) in &comeback.families {
        let earlier = earlier_profile(desk, case, comeback, *family)?;
        let earlier = earlier.map(|at| format!("  (of an earlier profile, {})", minute(at)));
        lines.push(bar(family.as_str(), *bits) + &earlier.unwrap_or_default());
    }
    for (family, nothing) in unknown(desk, case, comeback)? {
        lines.push(format!("  {:<16} {:>11}  {nothing}", family.as_str(), "Unknown"));
    }
    lines.push(format!("{}  ({})", bar("together", comeback.total()), odds(comeback.total())));
    Ok(lines)
}

/// When the profile was told that a family was compared by, where the account tells otherwise
/// by now; `None` where it tells the same, or that profile is gone.
///
/// # Errors
/// [`DeskError`] if the log cannot be read.
pub fn earlier_profile(
    desk: &mut Desk<'_>,
    case: &Case,
    comeback: &Comeback,
    family: Family,
) -> Result<Option<Timestamp>, DeskError> {
    let is_it = |piece: &&EvidenceSeen| {
        piece.kind == "comeback"
            && piece.entry == comeback.entry
            && piece.family.as_deref() == Some(family.as_str())
    };
    let piece = case.evidence.iter().find(is_it);
    let Some((piece, account)) = piece.zip(case.subject.account()) else { return Ok(None) };
    let then = desk.profile_until(account, Position(piece.position))?;
    let now = desk.person(account)?;
    let differs = |then: &Option<String>, now: &Option<String>| then.is_some() && then != now;
    let has_changed = match family {
        Family::Name => differs(&then.handle, &now.handle) || differs(&then.name, &now.name),
        Family::Face => then.avatar.is_some() && then.avatar != now.avatar,
        Family::Links => !then.links.is_empty() && then.links != now.links,
        _ => false,
    };
    Ok(if has_changed { desk.event(piece.position).map(|event| event.at) } else { None })
}

/// Whose return it may be, in words.
///
/// # Errors
/// [`DeskError`] if knowledge cannot be read.
pub fn returns(desk: &Desk<'_>, comeback: &Comeback) -> Result<String, DeskError> {
    let Some(entry) = comeback.entry else {
        return Ok("it may be the return of a removed account".into());
    };
    let at = match desk.entry(entry)?.map(|knowledge| knowledge.known) {
        Some(Known::Removed(removed)) => format!(", removed {}", minute(removed.at)),
        _ => String::new(),
    };
    Ok(format!("it may be the return of {}{at}", desk.entry_called(entry)?))
}

/// Families of which nothing could be compared, and why: they are Unknown and add nothing.
///
/// # Errors
/// [`DeskError`] if log or knowledge cannot be read.
pub fn unknown(
    desk: &mut Desk<'_>,
    case: &Case,
    comeback: &Comeback,
) -> Result<Vec<(Family, &'static str)>, DeskError> {
    let are_two_files = are_two_files(desk, case, comeback)?;
    let is_missing = |family: &Family| comeback.families.iter().all(|(known, _)| known != family);
    let why = |family| match family {
        Family::Face if are_two_files => {
            "two different files, and no picture hash to compare them by"
        }
        _ => "nothing of both to compare, so that it adds nothing",
    };
    let missing = COMPARED.into_iter().filter(is_missing);
    Ok(missing.map(|family| (family, why(family))).collect())
}

/// Whether both told a picture, and only by its SHA-256: then it says that the files differ,
/// and not whether the pictures do.
fn are_two_files(desk: &mut Desk<'_>, case: &Case, comeback: &Comeback) -> Result<bool, DeskError> {
    let (Some(account), Some(entry)) = (case.subject.account(), comeback.entry) else {
        return Ok(false);
    };
    let Some(Known::Removed(removed)) = desk.entry(entry)?.map(|knowledge| knowledge.known) else {
        return Ok(false);
    };
    let now = desk.person(account)?.avatar.unwrap_or_default();
    let then = removed.profile;
    let has_both_pdq = now.pdq.is_some() && then.avatar_pdq.is_some();
    let files = now.sha256.zip(then.avatar_sha256);
    Ok(!has_both_pdq && files.is_some_and(|(now, then)| now != then))
}

fn bar(name: &str, bits: i64) -> String {
    let columns = usize::try_from(bits.unsigned_abs() / BITS_PER_COLUMN).unwrap_or(0).min(40);
    let sign = if bits < 0 { "░" } else { "█" };
    format!("  {name:<16} {:>11}  {}", MilliBits(bits).to_string(), sign.repeat(columns))
        .trim_end()
        .to_owned()
}

/// What a weight says as odds.
#[must_use]
pub fn odds(milli_bits: i64) -> String {
    let bits = milli_bits as f64 / 1_000.0;
    let odds = |bits: f64| match bits.exp2() {
        few if few < 10.0 => format!("{few:.1}"),
        many => format!("{many:.0}"),
    };
    match milli_bits {
        0.. => format!("{} to 1 that one person runs both", odds(bits)),
        _ => format!("1 to {} that one person runs both", odds(-bits)),
    }
}
