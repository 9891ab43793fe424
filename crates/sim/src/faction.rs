//! What the networks call themselves: silly leagues of kettles, in four languages.
//!
//! No cause of the world stands behind any of them. Their tags and links are shared by
//! innocents, as everything of theirs is.

use crate::chance::hash;
use crate::words::Language;

/// Names of one network in one language.
#[derive(Clone, Copy, Debug)]
struct Names {
    full: &'static str,
    short: &'static str,
}

const fn names(full: &'static str, short: &'static str) -> Names {
    Names { full, short }
}

/// Networks that have names of their own; further ones share them.
pub const NAMED: usize = 12;

const ARABIC: [Names; NAMED] = [
    names("رابطة الغلاية النحاسية", "الغلاية النحاسية"),
    names("رابطة الغلاية الصافرة", "الغلاية الصافرة"),
    names("رابطة الغلاية القصديرية", "الغلاية القصديرية"),
    names("رابطة الغلاية المطلية", "الغلاية المطلية"),
    names("رابطة الغلاية الزرقاء", "الغلاية الزرقاء"),
    names("رابطة الغلاية المستديرة", "الغلاية المستديرة"),
    names("رابطة الغلاية الفخارية", "الغلاية الفخارية"),
    names("رابطة الغلاية الصفراء", "الغلاية الصفراء"),
    names("رابطة الغلاية الفولاذية", "الغلاية الفولاذية"),
    names("رابطة الغلاية العتيقة", "الغلاية العتيقة"),
    names("رابطة الغلاية الخزفية", "الغلاية الخزفية"),
    names("رابطة الغلاية المائلة", "الغلاية المائلة"),
];

const ENGLISH: [Names; NAMED] = [
    names("the Copper Kettle League", "Copper Kettle"),
    names("the Whistling Kettle League", "Whistling Kettle"),
    names("the Tin Kettle League", "Tin Kettle"),
    names("the Enamel Kettle League", "Enamel Kettle"),
    names("the Blue Kettle League", "Blue Kettle"),
    names("the Round Kettle League", "Round Kettle"),
    names("the Clay Kettle League", "Clay Kettle"),
    names("the Yellow Kettle League", "Yellow Kettle"),
    names("the Steel Kettle League", "Steel Kettle"),
    names("the Antique Kettle League", "Antique Kettle"),
    names("the Porcelain Kettle League", "Porcelain Kettle"),
    names("the Crooked Kettle League", "Crooked Kettle"),
];

const FRENCH: [Names; NAMED] = [
    names("la Ligue de la Bouilloire de cuivre", "Bouilloire de cuivre"),
    names("la Ligue de la Bouilloire siffleuse", "Bouilloire siffleuse"),
    names("la Ligue de la Bouilloire en fer-blanc", "Bouilloire en fer-blanc"),
    names("la Ligue de la Bouilloire émaillée", "Bouilloire émaillée"),
    names("la Ligue de la Bouilloire bleue", "Bouilloire bleue"),
    names("la Ligue de la Bouilloire ronde", "Bouilloire ronde"),
    names("la Ligue de la Bouilloire en terre", "Bouilloire en terre"),
    names("la Ligue de la Bouilloire jaune", "Bouilloire jaune"),
    names("la Ligue de la Bouilloire en acier", "Bouilloire en acier"),
    names("la Ligue de la Bouilloire ancienne", "Bouilloire ancienne"),
    names("la Ligue de la Bouilloire en porcelaine", "Bouilloire en porcelaine"),
    names("la Ligue de la Bouilloire penchée", "Bouilloire penchée"),
];

const TURKISH: [Names; NAMED] = [
    names("Bakır Çaydanlık Birliği", "Bakır Çaydanlık"),
    names("Islık Çalan Çaydanlık Birliği", "Islık Çalan Çaydanlık"),
    names("Teneke Çaydanlık Birliği", "Teneke Çaydanlık"),
    names("Emaye Çaydanlık Birliği", "Emaye Çaydanlık"),
    names("Mavi Çaydanlık Birliği", "Mavi Çaydanlık"),
    names("Yuvarlak Çaydanlık Birliği", "Yuvarlak Çaydanlık"),
    names("Toprak Çaydanlık Birliği", "Toprak Çaydanlık"),
    names("Sarı Çaydanlık Birliği", "Sarı Çaydanlık"),
    names("Çelik Çaydanlık Birliği", "Çelik Çaydanlık"),
    names("Eski Çaydanlık Birliği", "Eski Çaydanlık"),
    names("Porselen Çaydanlık Birliği", "Porselen Çaydanlık"),
    names("Eğri Çaydanlık Birliği", "Eğri Çaydanlık"),
];

const CAMPAIGNS: [[&str; 4]; 4] = [
    ["الغليان الطويل", "صفير الصباح", "الصبة الكبرى", "رفع الأغطية"],
    ["the Long Boil", "the Morning Whistle", "the Great Pouring", "the Lifting of Lids"],
    ["la Longue Ébullition", "le Sifflet du matin", "le Grand Service", "la Levée des couvercles"],
    ["Uzun Kaynama", "Sabah Düdüğü", "Büyük Demleme", "Kapakların Kalkışı"],
];

/// Tags of the whole cause, which its lovers use as much as its networks.
const WHOLE: [[&str; 4]; 4] = [
    ["دوري_الغلايات", "كل_غطاء_يرتفع", "بخار_الصباح", "عشاق_الغلاية"],
    ["kettle_league", "every_lid_lifts", "morning_steam", "kettle_lovers"],
    ["ligue_des_bouilloires", "chaque_couvercle", "vapeur_du_matin", "amis_bouilloire"],
    ["çaydanlık_ligi", "her_kapak_kalkar", "sabah_buharı", "çaydanlık_sevenler"],
];

fn table(language: Language) -> &'static [Names; NAMED] {
    match language {
        Language::Arabic => &ARABIC,
        Language::English => &ENGLISH,
        Language::French => &FRENCH,
        Language::Turkish => &TURKISH,
    }
}

/// A network's full name.
#[must_use]
pub fn full(network: u32, language: Language) -> &'static str {
    table(language)[network as usize % NAMED].full
}

/// A network's short name.
#[must_use]
pub fn short(network: u32, language: Language) -> &'static str {
    table(language)[network as usize % NAMED].short
}

/// The name of a network's action of a day.
#[must_use]
pub fn campaign(network: u32, day: u32, language: Language) -> &'static str {
    let all = &CAMPAIGNS[language as usize];
    let which = hash(&[u64::from(network), u64::from(day / 5)]) % all.len() as u64;
    all[usize::try_from(which).unwrap_or(0)]
}

/// A tag of a network: of its own name, or of the whole cause.
#[must_use]
pub fn tag(network: u32, language: Language, which: usize) -> String {
    match which {
        0 => short(network, language).replace([' ', '-'], "_").to_lowercase(),
        _ => WHOLE[language as usize][(which - 1) % WHOLE[0].len()].to_owned(),
    }
}

/// Tags of a network in one language: its own and those of the whole cause.
pub const TAGS: usize = 5;
