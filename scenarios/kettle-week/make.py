"""Writes story.jsonl: ten invented days in which a kettle race has a surge.

Python 3.11 or later, standard library only. The same file every time: one seed, and only
`random()` of the generator, whose numbers do not change between versions of Python.
Left out: any judgement of what is found in the story; that is the snapshot's work.
"""

import datetime
import hashlib
import json
import pathlib
import random

SEED = 20260502
START = datetime.datetime(2026, 5, 2, tzinfo=datetime.timezone.utc)
DAYS = 10
SURGE_DAY = 7  # Counted from 0: the eighth day.
FINAL_HOUR = 17.0
FINAL_LINK = "https://kettle.example/final"
NEWS_LINK = "https://news.kettle.example/grand-kettle-final"
TAG_EN, TAG_AR, TEA = "#kettle_league", "#دوري_الغلايات", "#شاي_العصر"

RNG = random.Random(SEED)

# How busy each hour of the day is; the people of the story all live in UTC.
RHYTHM = [2, 1, 1, 1, 1, 2, 5, 9, 11, 10, 9, 9, 11, 11, 9, 8, 9, 10, 12, 14, 15, 14, 10, 5]

WORDS = {
    "ar": [("yasmin", "ياسمين"), ("zaatar", "زعتر"), ("qamar", "قمر"), ("nahla", "نحلة"),
           ("warda", "وردة"), ("shams", "شمس"), ("zaytoun", "زيتون"), ("laymoun", "ليمون"),
           ("mishmish", "مشمش"), ("naseem", "نسيم"), ("fanous", "فانوس")],
    "en": [("maple", "Maple"), ("pebble", "Pebble"), ("walnut", "Walnut"), ("teacup", "Teacup"),
           ("harbour", "Harbour"), ("marmalade", "Marmalade"), ("lantern", "Lantern"),
           ("button", "Button")],
    "fr": [("noisette", "Noisette"), ("tartine", "Tartine"), ("moineau", "Moineau"),
           ("pluie", "Pluie"), ("galet", "Galet")],
    "tr": [("simit", "Simit"), ("martı", "Martı"), ("papatya", "Papatya"), ("bulut", "Bulut"),
           ("ceviz", "Ceviz"), ("vapur", "Vapur")],
}
COUNTS = {"ar": 55, "en": 40, "fr": 25, "tr": 30}

OPENINGS = {
    "ar": ["الجو اليوم لطيف ومناسب للمشي", "خبزت أول رغيف في حياتي ونجح",
           "القطة نامت على لوحة المفاتيح مرة أخرى", "انتهيت من الرواية التي بدأتها الشهر الماضي",
           "السوق كان مزدحما هذا الصباح", "زرعت نعناعا على الشرفة",
           "جربت وصفة جديدة لشوربة العدس", "تأخرت الحافلة ربع ساعة", "رتبت المكتبة أخيرا",
           "جارتنا أهدتنا سلة من الليمون", "المطر فاجأنا ونحن في الطريق",
           "تعلمت اليوم كلمة تركية جديدة", "أصلحت دراجتي القديمة بنفسي",
           "الأولاد رسموا على كل ورقة في البيت", "مشيت ساعة كاملة بجانب البحر",
           "نسيت المظلة في المقهى", "اشتريت دفترا جديدا للملاحظات",
           "العصافير توقظني كل يوم قبل المنبه", "طبخت أمي الملوخية اليوم",
           "غيرت مكان المكتب وصار الضوء أجمل", "حاولت حل الكلمات المتقاطعة كلها",
           "أول يوم لي في دورة التصوير", "وجدت صورة قديمة بين صفحات كتاب",
           "الغسيل لم يجف حتى الآن"],
    "en": ["Mild enough for a long walk today", "Baked my first loaf and it rose",
           "The cat slept on the keyboard again", "Finished the novel I began last month",
           "The market was packed this morning", "Planted mint on the balcony",
           "Tried a new lentil soup", "The bus came a quarter of an hour late",
           "Sorted the bookshelf at last", "Our neighbour brought a basket of lemons",
           "Rain caught us halfway home", "Learnt a new word in French today",
           "Mended the old bicycle myself", "The children drew on every sheet of paper we own",
           "Left my umbrella in the café", "Moved the desk and the light is better",
           "The sparrows wake me before the alarm does", "First day of the photography course",
           "Found an old photo between two pages", "The washing is still not dry"],
    "fr": ["Il fait assez doux pour marcher longtemps", "Mon premier pain a bien levé",
           "Le chat a encore dormi sur le clavier", "J'ai fini le roman commencé le mois dernier",
           "Le marché était bondé ce matin", "J'ai planté de la menthe sur le balcon",
           "J'ai essayé une nouvelle soupe de lentilles", "Le bus avait un quart d'heure de retard",
           "J'ai enfin rangé la bibliothèque", "La voisine nous a offert un panier de citrons",
           "La pluie nous a surpris en chemin", "J'ai réparé mon vieux vélo moi-même",
           "J'ai oublié mon parapluie au café", "Les moineaux me réveillent avant le réveil",
           "Premier jour du cours de photo", "Le linge n'est toujours pas sec"],
    "tr": ["Hava uzun bir yürüyüş için güzel", "İlk ekmeğim sonunda kabardı",
           "Kedi yine klavyenin üstünde uyudu", "Geçen ay başladığım romanı bitirdim",
           "Pazar bu sabah çok kalabalıktı", "Balkona nane diktim",
           "Yeni bir mercimek çorbası denedim", "Otobüs on beş dakika geç geldi",
           "Kitaplığı sonunda düzenledim", "Komşumuz bir sepet limon getirdi",
           "Yolda yağmura yakalandık", "Eski bisikletimi kendim tamir ettim",
           "Şemsiyemi kafede unuttum", "Serçeler beni alarmdan önce uyandırıyor",
           "Fotoğraf kursunun ilk günü", "Çamaşırlar hâlâ kurumadı"],
}

CLOSINGS = {
    "ar": ["", "", "يوم جميل فعلا", "من عنده نصيحة؟", "غدا أحاول مرة ثانية",
           "الأشياء الصغيرة تكفي", "سأنشر صورة لاحقا", "لا أصدق كيف مر الوقت",
           "هل حدث هذا معكم أيضا؟", "كان الأمر أسهل مما توقعت", "القهوة أنقذت الموقف",
           "أحتاج إلى قيلولة", "أخبروني برأيكم", "في المرة القادمة سأستعد أفضل"],
    "en": ["", "", "A good day, really", "Any advice?", "I will try again tomorrow",
           "Small things are enough", "Photo later", "I cannot believe how time passed",
           "Does this happen to you too?", "It was easier than I feared", "Coffee saved the day",
           "I need a nap", "Tell me what you think"],
    "fr": ["", "", "Une belle journée", "Un conseil ?", "Je réessaie demain",
           "Les petites choses suffisent", "Photo plus tard", "Le café a tout sauvé",
           "Ça vous arrive aussi ?", "J'ai besoin d'une sieste", "Dites-moi ce que vous en pensez"],
    "tr": ["", "", "Gerçekten güzel bir gün", "Tavsiyesi olan var mı?", "Yarın yine deneyeceğim",
           "Küçük şeyler yetiyor", "Fotoğrafı sonra", "Kahve günü kurtardı",
           "Size de oluyor mu?", "Biraz uyumam lazım", "Ne düşünüyorsunuz?"],
}

TAGS = {
    "ar": ["#قطط", "#كتب", "#مطبخ", "#شرفة", "#صباحيات"],
    "en": ["#cats", "#books", "#baking", "#balcony", "#commute"],
    "fr": ["#chats", "#lecture", "#cuisine", "#balcon"],
    "tr": ["#kedi", "#kitap", "#mutfak", "#balkon"],
}

TEA_OPENINGS = ["كوب شاي بالنعناع على الشرفة", "الشاي جاهز والكعك أيضا", "وقت الشاي أهم مواعيد اليوم",
                "شاي ثقيل بعد يوم طويل", "جربت الشاي بالزعتر اليوم", "إبريق كامل لي وحدي",
                "من يشرب معي؟", "الجيران أحضروا البسكويت", "شاي خفيف وكتاب جيد",
                "اليوم شاي بالقرفة", "استراحة قصيرة ثم أعود إلى العمل", "السكر انتهى والشاي لا ينتظر"]
TEA_CLOSINGS = ["", "", "ما نوع شايكم اليوم؟", "أفضل ساعة في اليوم", "صورة الكوب لاحقا",
                "مع كعكة جدتي", "☕"]

LEAGUE = {
    "ar": ["تدريب اليوم: غليان كامل في ثلاث دقائق", "لمعت غلايتي النحاسية استعدادا للسباق",
           "نتيجة الجولة الرابعة: فازت الغلاية الزرقاء بفارق صفارة",
           "الصفارة الجديدة أعلى صوتا من القديمة", "غلايتي تأخرت في المنعطف الأخير",
           "من يبيع مقبضا خشبيا لغلاية سباق؟", "فريق البخار الأبيض يتدرب كل مساء",
           "تعادل جديد بين الإبريق السريع والبخار الأبيض",
           "القاعدة واضحة: لا سباق بلا غطاء", "حرارة الماء عند خط البداية كانت مثالية"],
    "en": ["Training today: full boil in three minutes", "Polished the copper kettle for the race",
           "Round four: the blue kettle won by one whistle",
           "My kettle lost its lid on the last bend",
           "Looking for a wooden handle for a racing kettle",
           "Team White Steam trains every evening",
           "Another draw between Fast Pot and White Steam", "New whistle, new hopes"],
    "fr": ["Entraînement : pleine ébullition en trois minutes",
           "Ma bouilloire a perdu son couvercle au dernier virage",
           "Qui vend une poignée en bois pour bouilloire de course ?"],
    "tr": ["Bugünkü antrenman: üç dakikada tam kaynama",
           "Çaydanlığım son virajda kapağını kaybetti",
           "Yarış çaydanlığı için ahşap kulp arıyorum"],
}
LEAGUE_CLOSINGS = {
    "ar": ["", "", "موسم ممتع", "إلى اللقاء في الجولة القادمة", "من يشجع معي؟"],
    "en": ["", "", "What a season", "See you next round", "Who is cheering with me?"],
    "fr": ["", "Quelle saison", "À la prochaine manche"],
    "tr": ["", "Ne sezon ama", "Bir sonraki turda görüşürüz"],
}
CHEERS = {
    "ar": ["الغلاية الذهبية عبرت خط النهاية!", "أجمل نهائي شاهدته حتى الآن",
           "صفارة النهاية ما زالت ترن في أذني", "يا لها من جولة أخيرة"],
    "en": ["The golden kettle crossed the line!", "Best final I have ever seen",
           "The last whistle still rings in my ears", "What a last lap"],
    "fr": ["La bouilloire dorée a passé la ligne !", "La plus belle finale que j'aie vue"],
    "tr": ["Altın çaydanlık çizgiyi geçti!", "Gördüğüm en güzel final"],
}

# The surge: few texts, posted again and again with small changes.
PUSHED = [
    ("ar", 6, "الغلاية الذهبية فازت بالنهائي الكبير! شاهدوا اللحظة الأخيرة هنا"),
    ("ar", 3, "لا تفوتوا نهائي الغلايات الكبير، شاهدوه كاملا قبل الجميع"),
    ("en", 4, "The golden kettle won the Grand Final! See the last second here"),
    ("en", 2, "Do not miss the Grand Kettle Final, see all of it before everyone else"),
    ("tr", 1, "Altın çaydanlık büyük finali kazandı! Son anı burada izleyin"),
    ("fr", 1, "La bouilloire dorée a gagné la grande finale ! Voyez la dernière seconde ici"),
]
LINKS = [FINAL_LINK, FINAL_LINK, FINAL_LINK, "https://www.kettle.example/final/",
         FINAL_LINK + "?utm_source=share", "https://KETTLE.example/final#top"]
SURGE_HOURS = [(18, 34), (19, 66), (20, 72), (21, 48), (22, 24)]


def pick(things):
    """One of them."""
    return things[int(RNG.random() * len(things))]


def chance(share):
    """True in this share of the calls."""
    return RNG.random() < share


def several(mean):
    """A whole number near the mean, the mean on average."""
    value = mean * (0.6 + 0.8 * RNG.random())
    return int(value) + (RNG.random() < value % 1)


def at(day, hour):
    """Seconds since the start, somewhere in the minutes after this hour of this day."""
    return int(day * 86400 + hour * 3600)


def any_time(day):
    """A moment of the day by the rhythm of the day."""
    left = RNG.random() * sum(RHYTHM)
    for hour, weight in enumerate(RHYTHM):
        if left < weight:
            return at(day, hour + left / weight)
        left -= weight
    return at(day, 23.99)


def written(seconds):
    """RFC 3339 in UTC."""
    return (START + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Story:
    """The events in any order; `lines` puts them in the order in which they arrive."""

    def __init__(self):
        self.events = []
        self.posts = []
        self.introduced = set()

    def add(self, when, kind, account, body, profile=None, late=0):
        event = {"when": when, "arrives": when + late, "type": kind}
        event |= {"account": account, "profile": profile, "body": body}
        self.events.append(event)
        return event

    def post(self, when, account, text, late=0, **fields):
        """A post; the first one of an account tells its profile."""
        post = {"id": None, "text": text} | fields
        event = self.add(when, "post.created", account["id"], {"post": post}, late=late)
        event["by"] = account
        self.posts.append(event)
        return event

    def number(self):
        """Gives posts their ids, in order of arrival, and accounts their profiles."""
        self.posts.sort(key=lambda event: event["arrives"])
        for index, event in enumerate(self.posts):
            event["body"]["post"]["id"] = f"p{index + 1}"
            account = event["by"]
            if account["id"] not in self.introduced and account["profile"]:
                self.introduced.add(account["id"])
                event["profile"] = account["profile"]

    def lines(self):
        """The lines, with ids in order of arrival."""
        self.events.sort(key=lambda event: event["arrives"])
        lines = []
        for index, event in enumerate(self.events):
            line = {"v": 1, "type": event["type"], "id": f"e{index + 1}"}
            line["at"] = written(event["when"])
            for name in ("account", "profile"):
                if event[name]:
                    line[name] = event[name]
            lines.append(json.dumps(line | event["body"], **COMPACT))
        return lines


COMPACT = {"ensure_ascii": False, "separators": (",", ":")}


def account(handle, name, language, made):
    """An account that was made `made` days before the story."""
    profile = {"handle": handle, "name": name, "created_at": written(-made * 86400)}
    profile |= {"followers": int(400 * RNG.random() ** 2), "language": language}
    return {"id": handle, "language": language, "profile": profile}


def neighbours():
    """The ordinary accounts; some write much more than others."""
    accounts = []
    for language, count in COUNTS.items():
        for index in range(count):
            handle, name = WORDS[language][index % len(WORDS[language])]
            handle = handle.replace("ı", "i") + str(11 + index)
            made = several(700)
            accounts.append(account(handle, name, language, made) | {"zeal": RNG.random() ** 2})
    return accounts


def league():
    """The group around the kettle race."""
    languages = ["ar"] * 15 + ["en"] * 6 + ["fr"] * 2 + ["tr"] * 2
    handles = ["bukhar", "saffara", "nuhas", "ibriq", "ghalaya"] * 3
    names = ["بخار", "صفارة", "نحاس", "إبريق", "غلاية"] * 3
    handles += ["steam", "whistle", "copper", "spout", "lid", "boil", "vapeur", "sifflet"]
    names += ["Steam", "Whistle", "Copper", "Spout", "Lid", "Boil", "Vapeur", "Sifflet"]
    handles, names = handles + ["buhar", "islik"], names + ["Buhar", "Islık"]
    rows = enumerate(zip(handles, names, languages))
    return [account(f"{handle}_{index + 1}", name, language, several(300))
            for index, (handle, name, language) in rows]


def throwaways(story):
    """The accounts made for the surge, most of them on the day before and on the day."""
    accounts = []
    for index in range(40):
        stem = pick(["goldkettle", "grandfinal", "nihai", "ghalaya", "kettlefan"])
        handle = f"{stem}{1000 + int(RNG.random() * 9000)}{index % 10}"
        language = "ar" if index % 5 < 3 else "en"
        when = at(SURGE_DAY - 1, 20) + int(RNG.random() * 21 * 3600)
        profile = {"handle": handle, "created_at": written(when), "followers": 0}
        story.add(when, "account.created", handle, {}, profile)
        accounts.append({"id": handle, "language": language, "profile": None})
    return accounts


def sentence(openings, closings):
    """An opening, and sometimes a closing."""
    opening, closing = pick(openings), pick(closings)
    stop = " " if opening.endswith(("؟", "?", "!")) else ". "
    return opening + (stop + closing if closing else "")


def ordinary_days(story, accounts):
    """Daily life: posts with a few tags, answers, quotes, a picture now and then."""
    for day in range(DAYS):
        for author in accounts:
            for _ in range(several(1.75 * author["zeal"])):
                language = author["language"]
                text = sentence(OPENINGS[language], CLOSINGS[language])
                fields = {}
                if chance(0.22):
                    text += " " + pick(TAGS[language])
                if chance(0.06):
                    text += f" https://pages.example/{language}/{int(RNG.random() * 60)}"
                if chance(0.1):
                    fields["languages"] = [language]
                late = several(3 * 3600) if chance(0.015) else 0
                story.post(any_time(day), author, text, late, **fields)


def tea_days(story, accounts):
    """Tea at four in the afternoon, every day: a peak that is no news."""
    drinkers = [one for one in accounts if one["language"] == "ar"][:32]
    for day in range(DAYS):
        for hour, mean in ((15, 1.5), (16, 12), (17, 2)):
            for _ in range(min(several(mean), 15)):
                text = f"{sentence(TEA_OPENINGS, TEA_CLOSINGS)} {TEA}"
                story.post(at(day, hour + RNG.random()), pick(drinkers), text)


def league_days(story, fans):
    """The group posts a little every day, and a little more after the final."""
    for day in range(DAYS):
        for fan in fans:
            for _ in range(several(0.8 if day > SURGE_DAY else 0.45)):
                language = fan["language"]
                tag = TAG_AR if language == "ar" and chance(0.8) else TAG_EN
                text = f"{sentence(LEAGUE[language], LEAGUE_CLOSINGS[language])} {tag}"
                story.post(any_time(day), fan, text)


def disturbed(text, language):
    """The text with a small change, as people make who copy and do not want to seem so."""
    change = int(RNG.random() * 8)
    if change == 0:
        return text.replace("!", "!!")
    if change == 1:
        return text + " " + pick(["🫖", "🏆", "🔥"])
    if change == 2:
        return text.replace("الذهبية", "الذهبيـــة").replace("golden", "GOLDEN")
    if change == 3:
        return text.replace("الأخيرة", "الاخيرة").replace("last", "very last")
    if change == 4:
        return pick({"ar": ["عاجل: ", "يا جماعة، "]}.get(language, ["Now: ", "Look, "])) + text
    return text


def surge(story, fans, made):
    """The final, and the hours after it in which the tag is ridden."""
    event = {"name": "Grand Kettle Final", "place": "Samovar Bay", "source": NEWS_LINK}
    event["ends_at"] = written(at(SURGE_DAY, FINAL_HOUR + 0.75))
    story.add(at(SURGE_DAY, FINAL_HOUR), "field_event", None, {"field_event": event})
    weighed = [(language, text) for language, weight, text in PUSHED for _ in range(weight)]
    for hour, count in SURGE_HOURS:
        for _ in range(count):
            when = at(SURGE_DAY, hour + RNG.random())
            if chance(0.28):
                fan = pick(fans)
                language = fan["language"]
                tag = TAG_AR if language == "ar" else TAG_EN
                link = " " + FINAL_LINK if chance(0.3) else ""
                story.post(when, fan, f"{pick(CHEERS[language])}{link} {tag}")
                continue
            language, text = pick(weighed)
            text = disturbed(text, language)
            tags = pick([TAG_AR, TAG_AR, f"{TAG_AR} {TAG_EN}"] if language == "ar"
                        else [TAG_EN, TAG_EN, f"{TAG_EN} {TAG_AR}"])
            able = [one for one in made if one["language"] == language] or made
            story.post(when, pick(able), f"{text} {pick(LINKS)} {tags}")


def onlookers(story, accounts):
    """Ordinary accounts that tell each other the news."""
    said = {"ar": "سمعتم عن نهائي الغلايات؟", "en": "Did you hear about the kettle final?",
            "fr": "Vous avez vu la finale des bouilloires ?", "tr": "Çaydanlık finalini duydunuz mu?"}
    for _ in range(14):
        author = pick(accounts)
        when = at(SURGE_DAY, 18.5 + 14 * RNG.random())
        story.post(when, author, f"{said[author['language']]} {NEWS_LINK}")


def reactions(story, accounts, made):
    """Likes, reposts, counted views, follows; a few are taken back."""
    posts = sorted(story.posts, key=lambda event: event["when"])
    for index, post in enumerate(posts):
        last = DAYS * 86400 - 60
        name = post["body"]["post"]["id"]
        pushed = post["by"] in made
        for _ in range(several(1.1 if pushed else 0.9)):
            who = pick(made if pushed and chance(0.6) else accounts)
            when = min(post["arrives"] + 30 + int(RNG.random() ** 3 * 20 * 3600), last)
            if who in made[:13] and when > at(SURGE_DAY + 1, 9):
                continue
            kind = pick(["like"] * 7 + ["repost"] * 2 + ["share", "bookmark"])
            body = {"kind": kind, "post": name}
            if chance(0.03):
                body["of"] = f"t{index}"
                again = {"kind": kind, "post": name, "of": f"t{index}", "withdrawn": True}
                story.add(min(when + 900, last), "engagement", who["id"], {"engagement": again})
            story.add(when, "engagement", who["id"], {"engagement": body})
        if index % 9 == 0:
            views = {"kind": "view", "post": name, "count": 2 + int(RNG.random() ** 3 * 900)}
            when = min(post["arrives"] + 6 * 3600, last)
            story.add(when, "engagement", None, {"engagement": views})
    for day in range(DAYS):
        for _ in range(9):
            who, whom, when = pick(accounts)["id"], pick(accounts)["id"], any_time(day)
            if who == whom:
                continue
            story.add(when, "follow", who, {"follow": {"target": whom}})
            if chance(0.1):
                body = {"target": whom, "withdrawn": True}
                story.add(when + 600, "follow", who, {"follow": body})
    for one in made[:20]:
        when = at(SURGE_DAY, 17.2 + RNG.random())
        story.add(when, "follow", one["id"], {"follow": {"target": "ghalaya_5"}})


def standing(story, made):
    """The platform suspends some of the accounts, and takes one suspension back."""
    for index, one in enumerate(made[:9]):
        body = {"status": "suspended", "reason": "many equal posts", "policy": "spam"}
        when = at(SURGE_DAY + 1, 9.1 + 0.05 * index)
        story.add(when, "account.suspended", one["id"], {"standing": body})
    body = {"status": "active", "reason": "a person checked: it is a fan of the race"}
    story.add(at(SURGE_DAY + 1, 15.3), "account.reinstated", made[4]["id"], {"standing": body})
    story.add(at(SURGE_DAY + 1, 16.4), "account.deleted", made[12]["id"], {})


def changes(story, accounts, made):
    """Posts that are edited or deleted, a picture, reports, a changed profile, new accounts."""
    posts = sorted(story.posts, key=lambda event: event["when"])
    for post in posts[40::170]:
        old = post["body"]["post"]
        new = {"id": old["id"], "text": old["text"] + " ✏️"}
        story.add(post["arrives"] + 420, "post.edited", post["account"], {"post": new})
    for post in posts[70::210]:
        body = {"post": {"id": post["body"]["post"]["id"]}}
        story.add(post["arrives"] + 1500, "post.deleted", post["account"], body)
    pushed = [post for post in posts if post["by"] in made]
    for post in pushed[:6]:
        body = {"post": {"id": post["body"]["post"]["id"]}}
        story.add(at(SURGE_DAY + 1, 3.5), "post.deleted", post["account"], body)
    seen = pushed[30]["body"]["post"]["id"]
    notices = [({"post": seen}, "spam", "The same text, again and again."),
               ({"account": made[2]["id"]}, "spam", "حساب جديد ينشر الرابط نفسه طوال الوقت"),
               ({"account": made[3]["id"]}, "spam", None)]
    for index, (subject, reason, text) in enumerate(notices):
        body = {"subject": subject, "reason": reason} | ({"text": text} if text else {})
        story.add(at(SURGE_DAY, 20.2 + index), "report", accounts[20 * index]["id"], {"report": body})
    for index, author in enumerate(accounts[5:150:48]):
        profile = author["profile"] | {"followers": 77 + index}
        story.add(at(2 + index, 12.5), "account.updated", author["id"], {}, profile)
    for index in range(6):
        one = account(f"newcomer{index + 1}", "Newcomer", "en", 0)
        profile = {"handle": one["id"], "followers": 0}
        story.add(at(index + 1, 10.4), "account.created", one["id"], {}, profile)


def picture(story, fans):
    """A post with a picture, and the picture's own event."""
    digest = hashlib.sha256(b"a drawing of a copper kettle").hexdigest()
    media = {"id": "m1", "sha256": digest, "mime": "image/png", "alt": "غلاية نحاسية على طاولة"}
    text = f"غلايتي قبل السباق {TAG_AR}"
    post = story.post(at(4, 18.2), fans[0], text, media=[media])
    return post, media


def broken(lines):
    """Puts in what goes wrong on real streams: repeats, an altered repeat, broken lines."""
    third, half = len(lines) // 3, len(lines) // 2
    posts = [index for index, line in enumerate(lines) if '"type":"post.created"' in line]
    repeat = next(index for index in posts if index > third)
    altered = next(index for index in posts if index > half)
    changed = json.loads(lines[altered])
    changed["post"]["text"] = "هذا نص آخر بالمعرف نفسه"
    cut = lines[half + 200][:72]
    wrong = json.dumps({"v": 1, "type": "post.created", "id": "x1", "at": "yesterday evening",
                        "account": "pebble12", "post": {"id": "px1", "text": "When was it?"}},
                       **COMPACT)
    additions = [(repeat + 6, lines[repeat]), (altered + 9, json.dumps(changed, **COMPACT)),
                 (half + 120, cut), (half + 300, wrong)]
    for place, line in sorted(additions, reverse=True):
        lines.insert(place, line)
    return lines


def main():
    story = Story()
    accounts, fans = neighbours(), league()
    made = throwaways(story)
    ordinary_days(story, accounts)
    tea_days(story, accounts)
    league_days(story, fans)
    surge(story, fans, made)
    onlookers(story, accounts)
    post, media = picture(story, fans)
    story.number()
    item = media | {"post": post["body"]["post"]["id"], "for": "post", "bytes": 48213}
    story.add(post["when"] + 2, "media", fans[0]["id"], {"media": item | {"width": 800, "height": 600}})
    reactions(story, accounts, made)
    standing(story, made)
    changes(story, accounts, made)
    # One line a few minutes behind its neighbours: out of order, and still in time.
    story.posts[400]["arrives"] += 300
    lines = broken(story.lines())
    place = pathlib.Path(__file__).with_name("story.jsonl")
    place.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
