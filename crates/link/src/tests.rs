//! The score: known weights come back, and what must hold of any two accounts.

use proptest::prelude::*;
use seawall_model::{Family, MediaRef, MilliBits};

use crate::level::COMPARISONS;
use crate::simulate::{Draws, KEY, MODEL};
use crate::{
    Comparison, Feature, Fields, Frequencies, HandleForm, Level, Profile, Uncounted, families,
    score,
};

fn sketch(handle: &str, name: &str, links: &[&str], avatar: Option<&MediaRef>) -> Profile {
    let present = |text| if str::is_empty(text) { None } else { Some(text) };
    let form = HandleForm::Plain;
    Profile::of(&Fields { handle: present(handle), form, name: present(name), links, avatar }, &KEY)
}

fn picture(sha256: u8, changed_bits: usize) -> MediaRef {
    let mut pdq = [0x55; 32];
    for bit in 0..changed_bits {
        pdq[bit % 32] ^= 2 << (bit / 32);
    }
    MediaRef { sha256: Some([sha256; 32]), pdq: Some(pdq), ..MediaRef::default() }
}

fn check_level(comparison: Comparison, a: &Profile, b: &Profile, expect: Option<Level>) {
    let weight = score(a, b, &MODEL, &Uncounted);
    let term = weight.terms().find(|term| term.comparison == comparison);
    assert_eq!(term.map(|term| term.level), expect);
    assert_eq!(weight.unknown().any(|other| other == comparison), expect.is_none());
}

#[test]
fn handles_agree_at_their_level() {
    let check = |a, b, expect| {
        let (a, b) = (sketch(a, "", &[], None), sketch(b, "", &[], None));
        check_level(Comparison::Handle, &a, &b, expect);
    };
    check("kettle77", "_k3ttle", Some(Level::Same));
    check("kettlewater", "kettlewaters", Some(Level::Close));
    check("kettlewater", "kettlewate77_xy", Some(Level::Similar));
    check("kettlewater", "kettlewarm", Some(Level::Faint));
    check("kettle", "samovar", Some(Level::Different));
    check("kettle", "", None);
    check("", "", None);
}

#[test]
fn names_agree_at_their_level() {
    let check = |a, b, expect| {
        let (a, b) = (sketch("", a, &[], None), sketch("", b, &[], None));
        check_level(Comparison::Name, &a, &b, expect);
    };
    check("the kettle", "the kettle ☕", Some(Level::Same));
    check("the kettle", "kettle the", Some(Level::Reordered));
    check("the brass kettle", "the brass kettles", Some(Level::Close));
    check("kettle", "samovar", Some(Level::Different));
    check("kettle", "", None);
}

#[test]
fn pictures_agree_at_their_level_and_half_a_fingerprint_is_unknown() {
    let check = |a: &MediaRef, b: &MediaRef, expect| {
        let (a, b) = (sketch("", "", &[], Some(a)), sketch("", "", &[], Some(b)));
        check_level(Comparison::Avatar, &a, &b, expect);
    };
    let own = picture(1, 0);
    check(&own, &picture(1, 200), Some(Level::SameFile));
    check(&own, &picture(2, 10), Some(Level::SamePicture));
    check(&own, &picture(2, 11), Some(Level::LikePicture));
    check(&own, &picture(2, 31), Some(Level::LikePicture));
    check(&own, &picture(2, 32), Some(Level::Different));
    let file = |sha256| MediaRef { pdq: None, ..picture(sha256, 0) };
    check(&file(1), &file(1), Some(Level::SameFile));
    check(&file(1), &file(2), None);
    check(&file(1), &picture(2, 0), None);
    check(&own, &MediaRef::default(), None);
}

/// A share for every link.
struct Every(f64);

impl Frequencies for Every {
    fn share(&self, _: Feature) -> Option<f64> {
        Some(self.0)
    }
}

#[test]
fn links_agree_by_how_rare_they_are() {
    let own = ["https://kettle.example/a", "https://samovar.example/b"];
    let of = |links: &[&str], share: Option<f64>| {
        let (a, b) = (sketch("", "", &own, None), sketch("", "", links, None));
        let weight = match share {
            Some(share) => score(&a, &b, &MODEL, &Every(share)),
            None => score(&a, &b, &MODEL, &Uncounted),
        };
        let term = weight.terms().next().copied();
        term.map(|term| (term.level, term.bits.to_string()))
    };
    let level = |level, bits: &str| Some((level, bits.to_owned()));
    assert_eq!(of(&own[..1], Some(0.0)), level(Level::RareLink, "+11.2 bits"));
    assert_eq!(of(&own[..1], Some(0.001)), level(Level::RareLink, "+6.9 bits"));
    assert_eq!(of(&own, Some(0.1)), level(Level::SameLink, "+1.0 bits"));
    assert_eq!(of(&own, Some(0.9)), level(Level::SameLink, "+0.0 bits"));
    assert_eq!(of(&own, None), level(Level::SameLink, "+6.3 bits"));
    assert_eq!(of(&["https://kettle.example/z"], None), level(Level::SameHost, "+1.7 bits"));
    assert_eq!(of(&["https://urn.example/a"], None), level(Level::Different, "-0.6 bits"));
    assert_eq!(of(&[], None), None);
}

#[test]
fn a_frequent_name_is_no_evidence_of_its_family() {
    let (a, b) = (sketch("", "the kettle", &[], None), sketch("", "the kettle", &[], None));
    let rare = score(&a, &b, &MODEL, &Uncounted);
    assert_eq!(families(&rare).iter().collect::<Vec<_>>(), [Family::Name]);
    let frequent = score(&a, &b, &MODEL, &Every(0.05));
    assert!(families(&frequent).is_empty());
    assert!(frequent.total < rare.total);
}

#[test]
fn two_families_of_one_person_outweigh_the_prior() {
    let (old, new) = (picture(1, 0), picture(2, 4));
    let a = sketch("kettle77", "the kettle", &[], Some(&old));
    let b = sketch("kettle_9", "the kettle", &[], Some(&new));
    let weight = score(&b, &a, &MODEL, &Uncounted);
    assert_eq!(weight.total.to_string(), "+10.3 bits");
    assert_eq!(families(&weight).independent(), 2);
    assert_eq!(weight.unknown().collect::<Vec<_>>(), [Comparison::Links]);
    let name_alone = score(&sketch("kettle_9", "the kettle", &[], None), &a, &MODEL, &Uncounted);
    assert_eq!(families(&name_alone).independent(), 1);
}

/// Words that share nothing, so that a level is what was drawn for it.
fn pair_at(level: Level, comparison: Comparison, draws: &mut Draws) -> [Profile; 2] {
    const STEMS: [&str; 6] =
        ["kettlewater", "brasspotlid", "junctionvalve", "marbleoven", "orchidfence", "tugboatkey"];
    let stem = STEMS[usize::try_from(draws.below(6)).unwrap()];
    let handle = |a: &str, b: &str| [sketch(a, "", &[], None), sketch(b, "", &[], None)];
    let name = |a: &str, b: &str| [sketch("", a, &[], None), sketch("", b, &[], None)];
    let face = |sha, bits| {
        [(1, 0), (sha, bits)].map(|(sha, bits)| sketch("", "", &[], Some(&picture(sha, bits))))
    };
    let link = |b: &str| ["https://a.example/1", b].map(|link| sketch("", "", &[link], None));
    let both = if comparison == Comparison::Handle { handle } else { name };
    match level {
        Level::Same => both(stem, stem),
        Level::Reordered => name(&format!("{stem} urn"), &format!("urn {stem}")),
        Level::Close => both(stem, &format!("{stem}x")),
        Level::Similar => both(stem, &format!("{stem}xyzw")),
        Level::Faint => both(stem, &format!("{stem}xyzwuvqxzwyq")),
        Level::SameFile => face(1, 0),
        Level::SamePicture => face(2, 5),
        Level::LikePicture => face(2, 20),
        Level::SameHost => link("https://a.example/2"),
        Level::RareLink | Level::SameLink => link("https://a.example/1"),
        Level::Different => match comparison {
            Comparison::Handle | Comparison::Name => both(stem, "qwzpsh"),
            Comparison::Avatar => face(2, 90),
            Comparison::Links => link("https://b.example/2"),
        },
    }
}

#[test]
fn a_stronger_level_never_weighs_less_however_frequent_its_thing_is() {
    for comparison in Comparison::ALL {
        for share in [0.0, 0.0001, 0.001, 0.005, 0.05, 0.5, 1.0] {
            let bits = |level: &Level| {
                let [a, b] = pair_at(*level, comparison, &mut Draws(1));
                score(&a, &b, &MODEL, &Every(share)).terms().next().unwrap().bits
            };
            let bits: Vec<MilliBits> = comparison.levels().iter().map(bits).collect();
            assert!(bits.is_sorted_by(|a, b| a >= b), "{comparison:?} {share} {bits:?}");
        }
    }
}

/// Rare is every other link.
struct Half(std::cell::Cell<bool>);

impl Frequencies for Half {
    fn share(&self, _: Feature) -> Option<f64> {
        self.0.get().then_some(0.0)
    }
}

/// Levels are drawn with an m and u that nobody tells the score; counted over labelled
/// pairs, each log2(m/u) comes back within a quarter of a bit.
#[test]
fn weights_are_recovered_from_pairs_that_were_drawn_by_them() {
    let pairs = 20_000;
    let model = &*MODEL;
    for comparison in Comparison::ALL {
        let levels = comparison.levels();
        // A pair of one person is at the first level most often, of two people at the last.
        let count = levels.len() as u64;
        let share = |at: u64| (at + 1) as f64 / (count * (count + 1) / 2) as f64;
        let mut counted = [vec![0.0_f64; levels.len()], vec![0.0; levels.len()]];
        let mut draws = Draws(u64::from(comparison.number()) << 32);
        for number in 0..pairs {
            let is_match = number % 2 == 0;
            let mut rest = draws.below(count * (count + 1) / 2);
            let mut at = 0;
            while rest > at {
                rest -= at + 1;
                at += 1;
            }
            let drawn = usize::try_from(if is_match { count - 1 - at } else { at }).unwrap();
            let [a, b] = pair_at(levels[drawn], comparison, &mut draws);
            let rare = Half(std::cell::Cell::new(levels[drawn] == Level::RareLink));
            let weight = score(&a, &b, model, &rare);
            let term = weight.terms().next().unwrap();
            let met = levels.iter().position(|level| *level == term.level).unwrap();
            counted[number % 2][met] += 1.0;
        }
        for at in 0..levels.len() {
            let mirrored = levels.len() - 1 - at;
            let known = (share(mirrored as u64) / share(at as u64)).log2();
            let recovered = (counted[0][at] / counted[1][at]).log2();
            assert!((known - recovered).abs() < 0.25, "{:?}: {known} {recovered}", levels[at]);
        }
    }
}

/// Few words and pictures, so that accounts meet at every level.
fn any_profile() -> impl Strategy<Value = Profile> {
    let words =
        vec!["", "kettle", "kettle77", "kettlewater", "water kettle", "kettle water", "urn"];
    let links = vec!["https://a.example/1", "https://a.example/2", "https://b.example/1", "x"];
    let word = || proptest::sample::select(words.clone());
    let links = proptest::sample::subsequence(links, 0..=3);
    let avatar = proptest::option::of((0..3_u8, 0..40_usize, any::<bool>(), any::<bool>()));
    (word(), word(), links, avatar).prop_map(|(handle, name, links, avatar)| {
        let avatar = avatar.map(|(sha, bits, has_sha, has_pdq)| {
            // A file has one hash: the number of bits is part of its name.
            let full = picture(sha * 40 + u8::try_from(bits).unwrap(), bits);
            MediaRef {
                sha256: full.sha256.filter(|_| has_sha),
                pdq: full.pdq.filter(|_| has_pdq),
                ..full
            }
        });
        sketch(handle, name, &links, avatar.as_ref())
    })
}

/// A share for each feature, of all sizes.
struct Shares(u64);

impl Frequencies for Shares {
    fn share(&self, feature: Feature) -> Option<f64> {
        let mut draws = Draws(self.0 ^ feature.hash);
        let size = i32::try_from(draws.below(6)).unwrap();
        (!self.0.is_multiple_of(4)).then(|| 0.9 * 0.1_f64.powi(size))
    }
}

fn with_field_of(new: &Profile, removed: &Profile, comparison: Comparison) -> Profile {
    let mut next = new.clone();
    match comparison {
        Comparison::Handle => next.handle.clone_from(&removed.handle),
        Comparison::Name => next.name.clone_from(&removed.name),
        Comparison::Avatar => next.avatar = removed.avatar,
        Comparison::Links => {
            (next.links, next.hosts) = (removed.links.clone(), removed.hosts.clone());
        }
    }
    next
}

fn without_field(new: &Profile, comparison: Comparison) -> Profile {
    with_field_of(new, &Profile::default(), comparison)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_score_is_symmetric_exact_and_within_its_range(
        a in any_profile(), b in any_profile(), shares in any::<u64>()
    ) {
        let (model, shares) = (&MODEL, Shares(shares));
        let weight = score(&a, &b, model, &shares);
        prop_assert_eq!(weight, score(&b, &a, model, &shares));
        let sum: i64 = weight.terms().map(|term| term.bits.0).sum();
        prop_assert_eq!(weight.total, MilliBits(weight.prior.0 + sum));
        prop_assert!(weight.total.0.abs() <= 60_000);
        prop_assert_eq!(weight.terms().count() + weight.unknown().count(), COMPARISONS);
    }

    #[test]
    fn what_is_unknown_adds_no_term(
        a in any_profile(), b in any_profile(), at in 0..COMPARISONS, shares in any::<u64>()
    ) {
        let (model, shares) = (&MODEL, Shares(shares));
        let comparison = Comparison::ALL[at];
        let whole = score(&a, &b, model, &shares);
        let less = score(&without_field(&a, comparison), &b, model, &shares);
        let others: Vec<_> =
            whole.terms().filter(|term| term.comparison != comparison).copied().collect();
        prop_assert_eq!(less.terms().copied().collect::<Vec<_>>(), others);
        prop_assert!(less.unknown().any(|unknown| unknown == comparison));
    }

    #[test]
    fn more_agreement_never_lowers_a_score(
        a in any_profile(), b in any_profile(), at in 0..COMPARISONS, shares in any::<u64>()
    ) {
        let (model, shares) = (&MODEL, Shares(shares));
        let closer = with_field_of(&a, &b, Comparison::ALL[at]);
        let (before, after) = (score(&a, &b, model, &shares), score(&closer, &b, model, &shares));
        // Where the removed one does not tell, there is nothing to agree with.
        let is_known = score(&b, &b, model, &shares).unknown().all(|c| c != Comparison::ALL[at]);
        prop_assume!(is_known);
        prop_assert!(after.total >= before.total, "{before:?} {after:?}");
    }
}
