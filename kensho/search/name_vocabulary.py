"""The words that people write around titles, by what they say and in which language.

Words for seasons and episodes, words for watching and downloading, for languages and translations,
for the way in which files are made. They are in lower case and in NFKC, and none tells which work
is meant.
"""

import unicodedata
from typing import Final


def _set(*lines: str) -> frozenset[str]:
    """Return the words of lines, and those in Latin letters without their accents as well."""
    words = frozenset(word for line in lines for word in line.split())
    return words | {_unaccented(word) for word in words if word < "\u0370"}


def _unaccented(word: str) -> str:
    letters = unicodedata.normalize("NFD", word.replace("\u0131", "i"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _mistyped(word: str) -> frozenset[str]:
    """Return a word with two letters exchanged or one left out, the first one kept."""
    places = range(1, len(word))
    swapped = {word[:at] + word[at : at + 2][::-1] + word[at + 2 :] for at in places[:-1]}
    shorter = {word[:at] + word[at + 1 :] for at in places[:-1]}
    return frozenset(swapped | shorter)


MISTYPED_SEASON: Final = _mistyped("season")
SEASON_WORDS: Final = MISTYPED_SEASON | _set(
    "season saison temporada temp staffel stagione sezon sezona sezonul série serie series seizoen",
    "säsong",
    "sesong sæson saeson kausi évad evad řada rada phần mùa musim σεζόν сезон сезона",
    "الموسم موسم فصل עונה ภาค ซีซั่น ซีซัน सीज़न 시즌 シーズン",
)
EPISODE_WORDS: Final = _mistyped("episode") | _set(
    "episode episodes episodio episodi episódio épisode épisodes episodul episod epi folge puntata",
    "capitulo capítulo cap capítol ep eps odcinek odc epizoda epizód díl diel rész aflevering afl",
    "avsnitt afsnit bölüm bolum tập jakso osa επεισόδιο серия серии серію серія эпизод епизод",
    "епізод епизода الحلقة حلقة الحلقه قسمت פרק ตอนที่ ตอน एपिसोड",
)
COUNTED_EPISODE_WORDS: Final = _set(
    "bölüm bolum rész díl diel epizoda jakso osa odcinek",
    "серия серии серию серія эпизод епизод епізод",
)
"""Words that follow the number of an episode; where others do, it is the number of episodes, unless
it is written as an ordinal."""
_NUMBERED: Final = (
    "one الاول الأول,two الثاني,three الثالث,four الرابع,five الخامس,six السادس,seven السابع,"
    "eight الثامن,nine التاسع,ten العاشر,eleven,twelve"
)
NUMBER_WORDS: Final = {
    word: number
    for number, words in enumerate(_NUMBERED.split(","), start=1)
    for word in words.split()
}
"""Numbers as they are spelt behind a word for a season or an episode."""
LANGUAGES: Final = _set(
    "eng english ger german deu deutsch spa spanish esp espanol español castellano latino french",
    "francais français ita italian italiano por portugues português portuguese pt br rus russian",
    "jap japanese jp jpn chinese chi chs cht korean kor ara arabic pol polish pl hindi tamil indo",
    "indonesia indonesian viet vietsub thai turkish türkçe turkce magyar romana română cz czech",
    "multi multiple dual vostfr vost vf vff gersub gerdub engsub русский русская русском языке",
    "فارسی عربي العربية हिंदी हिन्दी",
)
TRANSLATIONS: Final = _set(
    "sub subs subbed subtitle subtitles subtitled subita subesp dub dubs dubbed doblado doblada",
    "dublado dubladas dublaj legendado legendada legendados titulky napisy lektor felirattal",
    "szinkronnal feliratos subtitrat altyaz\u0131l\u0131 subtitulado subtitulada sottotitoli audio",
    "voice озвучка озвучкой субтитры субтитрами дубляж مترجم مترجمة مترجمه مدبلج مدبلجة",
    "زیرنویس دوبله ซับไทย พากย์ไทย 자막 더빙 字幕 中字 国语 國語",
)
WATCHING: Final = _set(
    "online on-line free gratis grátis gratuit gratuitement kostenlos full episode episodes hd",
    "streaming stream streams anime animes end fin ver version completa completo completed",
    "complete",
    "todos todas izle seyret смотреть онлайн бесплатно все серии аниме watch download descargar",
    "baixar torrent nonton assistir regarder guarda anschauen oglądaj xem series serie series show",
    "official trailer teaser review reaction wiki imdb myanimelist mal anilist anidb crunchyroll",
    "netflix funimation hulu hidive ost amv opening ending openings endings soundtrack songs cast",
    "characters reddit fandom filler list order release date discussion thread spoilers explained",
    "synopsis rating worth watching similar how many all wikipedia sinopsis official",
    "gogoanime hianime aniwatch 9anime myanimelist.net",
    "episodios episódios épisodes episodi folgen odcinki bölümler afleveringen avsnitt",
    "personajes personagens personnages personaggi charaktere figuren karakter karakterler",
    "sinopse résumé trama handlung konusu opis orden ordem ordre reihenfolge urutan kolejność",
    "postacie cuantos cuántos quantos quanti combien viele alle tutti wszystkie semua tüm",
    "genérique abertura подряд хорошем качестве персонажи описание отзывы порядок просмотра дата",
    "выхода сколько трейлер شخصيات قصة تقييم ترتيب",
    "줄거리 등장인물 결말 보는곳 순서 나무위키 몇부작 노래 평점",
    "あらすじ 主題歌 公式 公式サイト 声優 キャスト 最終回 評価 感想 ネタバレ 登場人物 キャラ",
    "キャラクター 相関図 名言 順番 見る順番 考察 豆瓣 百度百科 维基百科 維基百科 萌娘百科 百科",
    "高清 免费 免費 结局 結局 剧情 劇情 樱花 樱花动漫 bilibili",
    "اونلاين اون لاين أون انمي أنمي مسلسل جميع الحلقات كاملة دانلود انیمه",
    "ดู ออนไลน์ อนิเมะ ทุกตอน 애니 애니메이션 다시보기 무료보기 무료 보기",
    "アニメ 動画 無料 無料動画 無料視聴 視聴 配信 見逃し 全話 全话 全集 在线观看 在线 观看",
    "在線觀看 動漫 动漫 下载 下載",
)
HEADS: Final = _set(
    "watch ver voir assistir anime download stream nonton regarder guarda guardare schauen oglądaj",
    "xem descargar baixar télécharger смотреть скачать аниме مشاهدة تحميل انمي أنمي مسلسل دانلود",
    "ดู อนิเมะ アニメ tvアニメ 애니 动漫 動漫 动画 like similar r/anime",
)
"""What stands before a title in what people look for."""
ASKING: Final = _set(
    "what when where how who why is are was does do did can should which to order after before of",
    "best many episodes seasons i you we about out come read start with donde dónde como cómo",
    "cuando cuándo qué onde quando où quand wo wann wie dove",
)
"""Words of questions: a run of them before a title is no part of it, nor are those behind it in a
question or before what is looked for: "what is Monster about", "Monster where to watch"."""
WHOLE: Final = _set("full whole complete completa completo complet ganze ganzer komplett полный")
"""With a word for a type these say that all of it is looked for: "full movie"."""
WHICH: Final = _set("first last final next latest new each every")
"""With a word for an episode these say which one is looked for; "final season" is a title."""
FILES: Final = _set(
    "uhd sdr hevc avc av1 vp9 xvid divx web webdl webrip dl bluray blu ray bd bdrip bdremux bdmv",
    "dvd dvdrip hdtv tvrip rip remux truehd mkv big5 gb batch uncensored remastered raw raws gib",
    "mib mb fps baha cr amzn nf dsnp bs11 mx abema repack proper uncut",
)
MEDIA: Final = _set("disc disk dvd bd blu-ray bluray vol volume volumen box cd диск том 巻 卷")
"""What a number behind counts: how a work is sold, not its seasons or episodes."""
MAKERS: Final = _set("by par von por от @")
"""What stands before who made a file."""
LINKS: Final = _set(
    "the a in en auf em la le el il na no on at su på на в with con avec mit z com",
    "os as los las les gli i der die das de di do da d",
)
"""Words that link a title to what is said behind it: "in English", "на русском"."""
