//! What happens in the world: matches, festivals, a protest, a disaster, mobs, campaigns,
//! and the field events that the networks ride.
//!
//! Made once from the seed. A surge is posts of one class by those whom it concerns, for
//! some hours; most of the loud hours of a platform have nothing to do with any network.

use crate::account::{DAY, HOUR, Moment, purpose};
use crate::chance::Chance;
use crate::class::{Class, PostClass};
use crate::parameters::Parameters;
use crate::words::Language;

/// A time in which many post of one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Surge {
    /// What they post.
    pub class: PostClass,
    /// The class that posts most of it; the others are anybody of the language.
    pub by: Class,
    /// In which language.
    pub language: Language,
    /// When it begins.
    pub from: Moment,
    /// Hours until it has fallen to a third.
    pub hours: f64,
    /// Posts in its loudest hour.
    pub posts: f64,
    /// Which of the kind it is, for its tag.
    pub number: u32,
    /// The network it concerns, if it does one.
    pub network: Option<u32>,
}

impl Surge {
    /// Posts expected in an hour.
    #[must_use]
    pub fn expected(&self, hour: Moment) -> f64 {
        let since = (hour - self.from) as f64 / HOUR as f64;
        if !(0.0..self.hours * 6.0).contains(&since) {
            return 0.0;
        }
        self.posts * ((since + 1.0) / 2.0).min(1.0) * libm::exp(-since / self.hours)
    }

    /// Its tag.
    #[must_use]
    pub fn tag(&self) -> String {
        let words: [&str; 4] = match self.class {
            PostClass::Match => ["مباراة_القمة", "big_match", "grand_match", "büyük_maç"],
            PostClass::Festival => {
                ["مهرجان_الربيع", "spring_fair", "fête_du_printemps", "bahar_şenliği"]
            }
            PostClass::Protest => {
                ["تذكرة_أرخص", "cheaper_tickets", "billets_moins_chers", "ucuz_bilet"]
            }
            PostClass::Disaster => ["السيول_الآن", "flood_help", "entraide_crue", "sel_yardım"],
            PostClass::Campaign => ["بلغوا_عنهم", "report_them", "signalez_les", "şikayet_et"],
            PostClass::Mob => ["صحفي_الشاي", "tea_reporter", "journaliste_du_thé", "çay_muhabiri"],
            PostClass::Fan => ["نجمة_المساء", "evening_star", "étoile_du_soir", "akşam_yıldızı"],
            _ => ["حدث_اليوم", "event_today", "actualité", "günün_olayı"],
        };
        format!("{}_{}", words[self.language as usize], self.number)
    }
}

/// Whether what comes once in four weeks comes on this day; in a shorter world it comes all
/// the same, sooner.
fn falls(day: u32, on: u32, days: u32) -> bool {
    if days >= 28 {
        return day % 28 == on;
    }
    day == on * days / 28
}

/// Something in the field that a network rides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldEvent {
    /// Which network.
    pub network: u32,
    /// When it happens.
    pub at: Moment,
    /// When it is over.
    pub ends: Moment,
}

/// Everything that happens.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    /// Surges.
    pub surges: Vec<Surge>,
    /// Field events.
    pub field_events: Vec<FieldEvent>,
}

impl Calendar {
    /// The calendar of a world.
    #[must_use]
    pub fn new(parameters: &Parameters, seed: u64) -> Self {
        let mut calendar = Self::default();
        let mut chance = Chance::of(seed, &[purpose::CALENDAR]);
        let size = f64::from(parameters.accounts) * parameters.deeds_daily / 100.0;
        calendar.everyday(parameters, size, &mut chance);
        for (number, day) in (0..).zip(&parameters.field_days) {
            let hour = 9 + Moment::from(chance.below(10));
            let at = Moment::from(*day) * DAY + hour * HOUR + Moment::from(chance.below(3_000_000));
            let network = number % parameters.networks.max(1);
            let ends = at + HOUR * (2 + Moment::from(chance.below(8)));
            calendar.field_events.push(FieldEvent { network, at, ends });
            calendar.around(network, number, at, parameters, &mut chance);
        }
        calendar
    }

    /// What happens without any network.
    fn everyday(&mut self, parameters: &Parameters, size: f64, chance: &mut Chance) {
        for day in 0..parameters.days {
            let at = Moment::from(day) * DAY;
            let language = Language::ALL[chance.weighted(&[40.0, 30.0, 15.0, 15.0])];
            let mut surge = |class, by, hour: u32, hours, posts: f64| {
                let from = at + HOUR * Moment::from(hour);
                let posts = posts * (0.6 + chance.share());
                let surge =
                    Surge { class, by, language, from, hours, posts, number: day, network: None };
                self.surges.push(surge);
            };
            match day % 7 {
                2 | 5 => surge(PostClass::Match, Class::Ordinary, 18, 1.6, size * 0.30),
                4 => surge(PostClass::Fan, Class::Fan, 19, 2.5, size * 0.08),
                _ => {}
            }
            let monthly = [6, 12, 17, 20].into_iter().find(|on| falls(day, *on, parameters.days));
            match monthly.unwrap_or(0) {
                6 => surge(PostClass::Festival, Class::Ordinary, 14, 5.0, size * 0.25),
                12 => surge(PostClass::Protest, Class::Protester, 11, 6.0, size * 0.12),
                17 => surge(PostClass::Mob, Class::Mob, 20, 3.0, size * 0.10),
                20 => surge(PostClass::Disaster, Class::Volunteer, 5, 9.0, size * 0.25),
                _ => {}
            }
        }
    }

    /// What others do when a network rides a field event.
    fn around(
        &mut self,
        network: u32,
        number: u32,
        at: Moment,
        parameters: &Parameters,
        chance: &mut Chance,
    ) {
        let near = f64::from(parameters.accounts) * parameters.alike
            / f64::from(parameters.networks.max(1));
        let kinds = [
            (PostClass::News, Class::Newsroom, 1, 10.0, 0.015),
            (PostClass::Condemn, Class::Condemner, 2, 8.0, 0.03),
            (PostClass::Counter, Class::Counter, 5, 10.0, 0.012),
            (PostClass::Campaign, Class::Campaigner, 8, 5.0, 0.02),
            (PostClass::Archive, Class::Archive, 3, 12.0, 0.005),
            (PostClass::Sympathy, Class::Sympathiser, 1, 9.0, 0.04),
        ];
        for (class, by, after, hours, posts) in kinds {
            let language = Language::ALL[chance.weighted(&[74.0, 19.0, 4.0, 3.0])];
            let from = at + HOUR * after;
            let posts = near * posts * (0.6 + chance.share());
            let network = Some(network);
            self.surges.push(Surge { class, by, language, from, hours, posts, number, network });
        }
    }
}
