//! Ordinary words of four languages, the most frequent first.
//!
//! Invented posts are drawn from them. Leaves out grammar: only the lengths, the letters
//! and the frequencies of the words are like those of real posts.

/// A language: its BCP 47 tag and its words.
pub const LANGUAGES: [(&str, &str); 4] =
    [("ar", ARABIC), ("en", ENGLISH), ("fr", FRENCH), ("tr", TURKISH)];

const ARABIC: &str = "
في من على إلى عن مع هذا هذه ما لا كل بعد قبل كان كانت يوم أو ثم عند حتى
بين الذي التي اليوم غدا أمس هنا هناك الآن كيف لماذا متى أين جدا فقط أيضا دائما أحيانا ربما لكن
البيت الباب النافذة الغرفة المطبخ الشرفة الحديقة الشارع المدينة القرية البحر الجبل النهر السماء الشمس القمر المطر الريح الثلج الغيم
صباح مساء ليل نهار ساعة دقيقة أسبوع شهر سنة وقت موعد بداية نهاية طريق رحلة سفر قطار حافلة سيارة دراجة
كتاب رواية قصة صفحة كلمة حرف قلم دفتر ورقة صورة لون رسم أغنية صوت لحن فيلم مسرح معرض متحف مكتبة
خبز ماء شاي قهوة حليب سكر ملح زيت أرز عدس سمك تفاح برتقال ليمون عنب تمر عسل جبن بيض بصل
قطة عصفور حصان سمكة نحلة فراشة شجرة زهرة وردة عشب بذرة تراب حجر رمل موج شاطئ قارب ميناء جسر سوق
أم أب أخ أخت جد جدة جار صديق طفل معلم طبيب خباز نجار بستاني طباخ رسام كاتب قارئ ضيف عائلة
جميل كبير صغير جديد قديم قريب بعيد سريع بطيء هادئ دافئ بارد لذيذ سهل صعب طويل قصير أزرق أحمر أخضر
كتب قرأ ذهب عاد جلس وقف مشى أكل شرب نام سمع رأى وجد فتح أغلق اشترى طبخ زرع أصلح ضحك
";

const ENGLISH: &str = "
the a to and of in it is on for with at this that was but not we you they
all one so just from have had been when then there here now today tomorrow yesterday again still only always
house door window room kitchen balcony garden street city village sea hill river sky sun moon rain wind snow cloud
morning evening night noon hour minute week month year time date start end road trip journey train bus car bicycle
book novel story page word letter pen notebook paper photo colour drawing song voice tune film theatre museum library gallery
bread water tea coffee milk sugar salt oil rice soup fish apple orange lemon grape honey cheese egg onion cake
cat sparrow horse bee butterfly tree flower rose grass seed soil stone sand wave beach boat harbour bridge market lamp
mother father brother sister grandmother neighbour friend child teacher doctor baker carpenter gardener cook painter writer reader guest family team
lovely big small new old near far quick slow quiet warm cold tasty easy hard long short blue red green
wrote read went came sat stood walked ate drank slept heard saw found opened closed bought cooked planted mended laughed
";

const FRENCH: &str = "
le la les un une de du des et à en dans sur pour avec ce cette il elle on
nous vous mais pas plus tout comme bien encore toujours aussi très ici là aujourd’hui demain hier quand alors déjà
maison porte fenêtre chambre cuisine balcon jardin rue ville village mer colline rivière ciel soleil lune pluie vent neige nuage
matin soir nuit midi heure minute semaine mois année temps date début fin route voyage balade train bus voiture vélo
livre roman histoire page mot lettre stylo cahier papier photo couleur dessin chanson voix air film théâtre musée bibliothèque galerie
pain eau thé café lait sucre sel huile riz soupe poisson pomme orange citron raisin miel fromage œuf oignon gâteau
chat moineau cheval abeille papillon arbre fleur rose herbe graine terre pierre sable vague plage bateau port pont marché lampe
mère père frère sœur mamie voisin ami enfant maître médecin boulanger menuisier jardinier cuisinier peintre auteur lecteur invité famille équipe
joli grand petit nouveau ancien proche loin rapide lent calme chaud froid bon facile dur long court bleu rouge vert
écrit lu allé venu assis debout couru mangé bu dormi entendu vu trouvé ouvert fermé acheté cuit planté réparé ri
";

const TURKISH: &str = "
bir ve bu da de için ile çok ama gibi daha ne o şu ben sen biz siz her en
kadar sonra önce şimdi bugün yarın dün yine hep bazen belki çünkü nasıl neden nerede burada orada hiç bile yalnız
ev kapı pencere oda mutfak balkon bahçe sokak şehir köy deniz tepe ırmak gök güneş ay yağmur rüzgâr kar bulut
sabah akşam gece öğle saat dakika hafta mevsim yıl zaman tarih başlangıç son yol gezi yolculuk tren otobüs araba bisiklet
kitap roman öykü sayfa kelime harf kalem defter kâğıt fotoğraf renk resim şarkı ses ezgi film tiyatro müze kütüphane sergi
ekmek su çay kahve süt şeker tuz yağ pirinç çorba balık elma portakal limon üzüm bal peynir yumurta soğan kek
kedi serçe at arı kelebek ağaç çiçek gül ot tohum toprak taş kum dalga kumsal kayık liman köprü pazar lamba
anne baba kardeş abla nine komşu arkadaş çocuk öğretmen doktor fırıncı marangoz bahçıvan aşçı ressam yazar okur konuk aile takım
güzel büyük küçük yeni eski yakın uzak hızlı yavaş sessiz sıcak soğuk lezzetli kolay zor uzun kısa mavi kırmızı yeşil
yazdı okudu gitti geldi oturdu durdu yürüdü yedi içti uyudu duydu gördü buldu açtı kapattı aldı pişirdi dikti onardı güldü
";
