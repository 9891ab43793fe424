//! Tags that people like: what is loud on any day, and what is dear to some.
//!
//! A tag of somebody's own taste is a loud one with a thing and a place: there are thousands,
//! each of them used by a few. Left out: tags of the networks and of surges.

use std::sync::LazyLock;

use crate::words::Language;

/// Tags that are loud on any day, in each language.
pub const TRENDS: usize = 8;
const THINGS: usize = 40;
const PLACES: usize = 25;
/// Tags of somebody's own taste.
pub const FAVOURITES: u32 = 8_000;
const _: () = assert!(FAVOURITES as usize == TRENDS * THINGS * PLACES);

const LOUD: [[&str; TRENDS]; 4] = [
    ["شاي_العصر", "مساء_الخير", "صورة_اليوم", "طبخة_اليوم", "كتاب_اليوم", "مكتبتي", "قهوة", "مطر"],
    [
        "tea_time",
        "good_evening",
        "photo_of_the_day",
        "cooking",
        "reading",
        "my_shelf",
        "coffee",
        "rain",
    ],
    [
        "heure_du_thé",
        "bonsoir",
        "photo_du_jour",
        "cuisine",
        "lecture",
        "ma_bibliothèque",
        "café",
        "pluie",
    ],
    [
        "çay_saati",
        "iyi_akşamlar",
        "günün_fotoğrafı",
        "mutfak",
        "kitap",
        "kitaplığım",
        "kahve",
        "yağmur",
    ],
];

const DEAR: [&str; 4] = [
    "شرفتي حديقتي مطبخي قطتي دراجتي نافذتي جدتي أصحابي حارتنا مدرستنا الجيران السوق الحديقة \
     الميناء المكتبة المحطة الغروب الفجر الشتاء الخريف الربيع الصيف العطلة الخميس الجمعة السبت \
     الياسمين النعناع الزعتر الخبز العسل البرتقال الرمان التين الليمون الورد الغيم النجوم القمر البحر",
    "balcony garden kitchen cat bicycle window grandma friends our_street school neighbours \
     market park harbour library station sunset dawn winter autumn spring summer holiday thursday \
     friday saturday jasmine mint thyme bread honey oranges plums figs lemons roses clouds stars \
     moon sea",
    "balcon jardin maison chat vélo fenêtre mamie copains notre_rue école voisins marché parc port \
     médiathèque gare coucher_de_soleil aube hiver automne printemps été vacances jeudi vendredi \
     samedi jasmin menthe thym pain miel oranges prunes figues citrons roses nuages étoiles lune mer",
    "balkon bahçe evimiz kedi bisiklet pencere anneanne arkadaşlar sokağımız okul komşular pazar \
     park liman kütüphane istasyon gün_batımı şafak kış sonbahar ilkbahar yaz tatil perşembe cuma \
     cumartesi yasemin nane kekik ekmek bal portakal erik incir limon gül bulutlar yıldızlar ay deniz",
];

/// Places that do not exist, as a tag writes them; some tags have none.
const WHERE: [&str; 4] = [
    "عين_البابونج تل_الشمندر وادي_الملاعق كفر_الكمون رأس_القرفة ساقية_اللوز بيت_البطيخ برج_المشمش \
     عين_الصابون سهل_الحبق مرج_الفناجين بئر_الليمون تل_المظلات وادي_السنونو رأس_الطواحين خان_البرتقال \
     كفر_السنابل ميناء_الرمان حارة_الأباريق نبع_الزنجبيل تل_الدراجات وادي_الحكايات كفر_القناديل \
     عين_الفراشات",
    "button_row teacup_hill spoon_valley candle_cross mintwell umbrella_end biscuit_green \
     parsnip_bridge lantern_quay thimble_rise marrow_heath pebble_corner sparrow_steps acorn_mews \
     quilt_side jampot_lane clover_wharf saucer_down mitten_ford plum_cross whistle_dale inkwell_bay \
     apron_hill barley_nook",
    "fontclochette val_des_cuillères mont_tartine pont_aux_prunes sainte_écharpe puits_menthe \
     clos_du_bouton rive_lanterne champ_noisette butte_au_thé gué_des_tasses cap_biscuit bois_pelote \
     place_mitaine quai_coquelicot mas_du_panier roche_citron plage_parapluie pré_confiture \
     col_du_moineau tour_groseille bourg_épingle étang_plume mare_aux_pois",
    "fincantepe kaşıkova naneköy şemsiyebaşı limonpınar fenerli kurabiyedere düğmeliköy \
     serçeyokuşu yastıkkaya reçelova çakılburun yonca_rıhtım palamutlu eldivengeçit erikkavşağı \
     düdükvadi mürekkepkoy önlüktepe arpaköşe yünova çıngıraklı papatyadüzü kestanebaşı",
];

/// Things and places of each language, cut apart.
static PARTS: LazyLock<[[Vec<&str>; 2]; 4]> = LazyLock::new(|| {
    Language::ALL.map(|language| {
        [DEAR, WHERE].map(|all| all[language as usize].split_whitespace().collect())
    })
});

/// A tag that is loud on any day.
#[must_use]
pub fn loud(language: Language, which: usize) -> &'static str {
    LOUD[language as usize][which % TRENDS]
}

/// A tag of somebody's own taste.
#[must_use]
pub fn dear(language: Language, which: u32) -> String {
    let [things, places] = &PARTS[language as usize];
    let which = which as usize;
    let thing = things[which / TRENDS % THINGS];
    let place = places.get(which / (TRENDS * THINGS) % PLACES).copied();
    let mut tag = loud(language, which).to_owned();
    for part in [thing].into_iter().chain(place) {
        tag.push('_');
        tag.push_str(part);
    }
    tag
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_favourite_is_another_tag() {
        for language in Language::ALL {
            let tags: HashSet<String> = (0..FAVOURITES).map(|n| dear(language, n)).collect();
            assert_eq!(tags.len(), FAVOURITES as usize, "{}", language.tag());
            assert!(tags.iter().all(|tag| !tag.contains(' ') && !tag.contains("__")));
        }
    }
}
