"""The shapes in which libraries, sites and people write a title, as functions of a work.

`GIVEN` are those of the issue. Those in `KEPT_BACK` were written down before the grammar and not
looked at while it was made. `INVENTED` were written later, by kinds of writers: half of them were
tried and mended first, the other half only measured, then mended too; `LATER` were written when
both stood. What fails still is in `docs/benchmarks.md`.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

ERAI: Final = "[POR-BR][SPA-LA][SPA][ARA][FRE][GER][ITA][RUS][ENG][IND][THA][VIE][CHI][KOR][POL]"


class Work(NamedTuple):
    """A work as the shapes write it."""

    node: int
    title: str
    english: str
    japanese: str
    year: int
    episodes: int
    ids: dict[str, str]

    @property
    def slug(self) -> str:
        """Return the title as sites write it in addresses."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    @property
    def dotted(self) -> str:
        """Return the title with dots for spaces."""
        return ".".join(re.findall(r"\w+", self.title))


class Asked(NamedTuple):
    """A text, and the season and episode that it states."""

    text: str
    episode: int | None = None
    season: int | None = None


Shape = Callable[[Work], Asked | None]


def _with_id(form: str, provider: str) -> Shape:
    def shape(work: Work) -> Asked | None:
        local = work.ids.get(provider)
        return Asked(form.format(t=work.title, y=work.year, i=local)) if local else None

    return shape


def plain(form: str, episode: int | None = None, season: int | None = None) -> Shape:
    """Return the shape of a form with `{t}` for the title, `{e}` English, `{j}` Japanese, `{y}`."""

    def shape(work: Work) -> Asked | None:
        if episode is not None and work.episodes and episode > work.episodes:
            return None
        names = {"t": work.title, "e": work.english, "j": work.japanese, "y": work.year}
        hashtag = "".join(re.findall(r"\w+", work.title))
        text = form.format(
            **names,
            z=work.year + 2,
            h=hashtag,
            s=work.slug,
            d=work.dotted,
            p="+".join(work.title.split()),
        )
        return Asked(text, episode, season)

    return shape


GIVEN: Final[dict[str, Shape]] = {
    "plain": plain("{t}"),
    "[tvdbid-N]": _with_id("{t} ({y}) [tvdbid-{i}]", "tvdb"),
    "{tvdb-N}": _with_id("{t} ({y}) {{tvdb-{i}}}", "tvdb"),
    "[anidb-N]": _with_id("{t} [anidb-{i}]", "anidb"),
    "[tmdbid=N]": _with_id("{t} ({y}) [tmdbid={i}]", "tmdb"),
    "[imdbid-tt]": _with_id("{t} ({y}) [imdbid-{i}]", "imdb"),
    "unknown tags": plain("{t} ({y}) [tmdbid=99999999]"),
    "drive path": plain(r"D:\Anime\{t}\[Grp] {t} - 05 (1080p) [ABCD1234].mkv", 5),
    "T/Season 1/S01E05": plain("{t}/Season 1/S01E05.mkv", 5, 1),
    "T/05": plain("{t}/05.mkv", 5),
    "Erai languages": plain("[Erai-raws] {t} - 03 [1080p][Multiple Subtitle]" + ERAI, 3),
    "slug episode": plain("{s}-episode-12-1080p.mp4", 12),
    "English Subbed": plain("{t} Episode 5 English Subbed", 5),
    "第5話「副題」": plain("{j} 第5話「旅立ちの朝」", 5),
    "アニメ「題名」": plain("アニメ「{j}」　＃０５【字】", 5),  # noqa: RUF001
    "title year": plain("{t} ({y})"),
    "title #12": plain("{t} #12", 12),
    "12. Title.mkv": plain("12. {t}.mkv", 12),
    "12 - Title.mkv": plain("12 - {t}.mkv", 12),
    "plus": plain("{p}+Episode+5.mp4", 5),
    "s1 e4": plain("{t} s1 e4", 4, 1),
    "double numbering": plain("[Grp] {t} - 10 (S01E10) - (WEB 1080p)", 10, 1),
    "chinese group": plain("[字幕组][{j}_{t}][05_新的开始][1080p]", 5),
    "watch url": plain("https://site.example/watch/{s}-12345?ep=12", 12),
    "capitulo": plain("{t} capitulo 12 sub español", 12),
    "(Dub)": plain("{t} (Dub)"),
    "bare number": plain("{t} 05", 5),
    "fansub": plain("[SubsPlease] {t} - 07 (1080p) [F00DBABE].mkv", 7),
    "scene": plain("{d}.S01E07.1080p.WEB-DL.AAC2.0.H.264-GRP.mkv", 7, 1),
    "english ep": plain("{e} Episode 3", 3),
    "english (Sub)": plain("{e} (Sub)"),
    "season pack": plain("[Grp] {t} S01 (BD 1080p HEVC x265 10bit FLAC) [Dual Audio]", None, 1),
    "batch": plain("[Grp] {t} (01-12) [BD 1080p]"),
    "NCOP": plain("[Grp] {t} - NCOP1 [BD 1080p FLAC].mkv"),
    "folge": plain("{e} Folge 4 German Dub", 4),
    "第N集": plain("{j} 第12集", 12),
    "화": plain("{t} 5화", 5),
    "01x05": plain("{e} 01x05", 5, 1),
}
KEPT_BACK: Final[dict[str, Shape]] = {
    "épisode": plain("{e} épisode 9 vostfr", 9),
    "saison-épisode": plain("{e} Saison 1 Épisode 2", 2, 1),
    "из": plain("{t} [05 из 12]", 5),
    "серия": plain("{t} 5 серия", 5),
    "plex": plain("/media/anime/{t} ({y})/Season 01/{t} ({y}) - S01E03 - Title.mkv", 3, 1),
    "windows share": plain(r"\\nas\video\{e}\Season 1\{e} - s01e08 - Pilot.mp4", 8, 1),
    "crunchyroll url": plain("https://www.site.example/series/GY9PJ5KWR/{s}"),
    "url episode path": plain("https://site.example/anime/{s}/episode-6", 6),
    "gogo url": plain("https://site.example/{s}-episode-8", 8),
    "youtube": plain("{e} | Episode 1 | Full Episode HD", 1),
    "kodi nfo": plain("{t} - 1x04.mkv", 4, 1),
    "underscored": plain("[Grp]_{t}_-_11_[720p][DEADBEEF].mkv", 11),
    "v2": plain("[Grp] {t} - 02v2 [720p].mkv", 2),
    "ep dot": plain("{t} Ep.06", 6),
    "E dash": plain("{t} - E07", 7),
    "season words": plain("{e} Season 1 Episode 10", 10, 1),
    "hash ja": plain("{j} ＃3", 3),  # noqa: RUF001
    "第十二话": plain("{j} 第十二话", 12),
    "tv size": plain("[Judas] {t} (Season 1) [1080p][HEVC x265 10bit][Multi-Subs]", None, 1),
    "(TV)": plain("{t} (TV)"),
    "OP": plain("{t} Opening 1"),
    "raws": plain("[Ohys-Raws] {t} - 04 (BS11 1280x720 x264 AAC).mp4", 4),
    "end": plain("[Grp] {t} - 12 END [1080p].mkv", 12),
    "quoted": plain('"{t}" ep 5', 5),
    "anime word": plain("{e} anime"),
    "watch online": plain("watch {e} online free"),
    "folder of season": plain("{t}/{t} S01/{t} S01E02 [1080p].mkv", 2, 1),
    "mal url": _with_id("https://myanimelist.net/anime/{i}/Some_Name", "mal"),
    "mal:N": _with_id("mal:{i}", "mal"),
    "anilist-N": _with_id("{t} [anilist-{i}]", "anilist"),
}
INVENTED: Final[dict[str, Shape]] = {
    "year range": plain("{t} ({y}-{z})"),
    "#hashtag": plain("#{h} episode 7", 7),
    "Episódio PT": plain("{e} - Episódio 07 Legendado", 7),
    "Dublado": plain("assistir {e} Episódio 7 Dublado Online grátis", 7),
    "N. Bölüm": plain("{t} 7. Bölüm Türkçe Altyazılı izle", 7),  # noqa: RUF001
    "Tập": plain("{t} Tập 7 Vietsub", 7),
    "الحلقة": plain("{t} الحلقة 7 مترجمة", 7),
    "الحلقة ٧": plain("انمي {t} الحلقة ٧ مترجم", 7),  # noqa: RUF001
    "ตอนที่": plain("{t} ตอนที่ 7 ซับไทย", 7),
    "сезон серия": plain("{t} 1 сезон 7 серия смотреть онлайн", 7, 1),
    "серия озвучка": plain("{t} серия 7 русская озвучка", 7),
    "odc": plain("{t} odc. 7 napisy PL", 7),
    "rész": plain("{t} 7. rész magyar felirattal", 7),
    "7話 無料": plain("{j} 7話 無料動画", 7),
    "喵萌": plain("【喵萌奶茶】★07月新番★[{j}/{t}][07][1080p][简日双语]", 7),
    "7화 자막": plain("{t} 7화 자막 다시보기", 7),
    "Sub Indo": plain("Nonton {t} Episode 7 Sub Indo", 7),
    "range E01-E03": plain("{t} - S01E01-E03.mkv", 1, 1),
    "S1 - 03v2": plain("{t} S1 - 03v2 [1080p].mkv", 3, 1),
    "Batch": plain("[SubsPlease] {t} (01-12) (1080p) [Batch]"),
    "EP.03": plain("{t} EP.03 [1080p]", 3),
    "dotted EP03": plain("{d}.EP03.1080p.WEB.mkv", 3),
    "Vol. 1": plain("{t} Vol. 1 [BD 1080p]"),
    "First Season": plain("{t} First Season"),
    "Season One Ep Seven": plain("{e} Season One Episode Seven", 7, 1),
    "N. Staffel": plain("{e} 1. Staffel Folge 7 GerSub", 7, 1),
    "Nª Temporada": plain("{e} 1ª Temporada Episódio 7", 7, 1),
    "Temporada Completa": plain("{t} Temporada 1 Completa", None, 1),
    "T1E07": plain("{e} T1E07", 7, 1),
    ".en.srt": plain("{t} - 07.en.srt", 7),
    "dotted ass": plain("{d}.S01E07.eng.ass", 7, 1),
    "netflix srt": plain("{d}.S01E07.WEBRip.Netflix.ja[cc].srt", 7, 1),
    "tvshow.nfo": plain("/media/{t} ({y})/tvshow.nfo"),
    "S01/E03": plain("Anime/{t}/S01/E03 - The Name.mkv", 3, 1),
    "sonarr": plain(
        "{t} ({y}) - S01E07 - 007 - The Name [HDTV-1080p][8bit][x264][AAC 2.0][JA]-Group.mkv", 7, 1
    ),
    "url ep-7": plain("https://site.example/watch/{s}.x3k9/ep-7", 7),
    "url /7/": plain("https://site.example/{s}/7/", 7),
    "url slug-7": plain("https://site.example/ver/{s}-7", 7),
    "url staffel": plain("https://site.example/anime/stream/{s}/staffel-1/episode-7", 7),
    "url saison": plain("https://site.example/catalogue/{s}/saison1/vostfr/"),
    "url 07-vostfr": plain("https://site.example/anime/{s}/{s}-07-vostfr/", 7),
    "url search": plain("https://www.search.example/search?q={p}+episode+7", 7),
    "where to watch": plain("where to watch {e}"),
    "download": plain("download {e} season 1 english dub 720p", None, 1),
    "смотреть": plain("{t} смотреть онлайн все серии"),
    "izle": plain("{t} izle"),
    "TVアニメ": plain("TVアニメ『{j}』第7話", 7),
    "[新]": plain("[新]{j} #01「始まり」[字]", 1),
    "Episode 7 of": plain("Episode 7 of {e}", 7),
    "S01E07 - T": plain("S01E07 - {t}.mkv", 7, 1),
    "rutracker": plain("{e} / {t} / {j} [TV] [12 из 12] [JAP+Sub] [{y}, BDRip] [1080p]"),
    "Part 1": plain("{t} Part 1"),
    "Cour 1": plain("{t} Cour 1 - 07", 7),
    "S01+OVA": plain("[Grp] {t} S01+OVA [BD 1080p]"),
    "07/12": plain("{t} (07/12)", 7),
    "[S01E07]": plain("{t} [S01E07]", 7, 1),
    "(anime)": plain("{t} (anime TV series)"),
    "reaction": plain("{e} Episode 7 Reaction", 7),
    "trailer": plain("{e} Official Trailer"),
    "episodul": plain("{e} Episodul 7 Subtitrat in Romana", 7),
    "díl": plain("{t} 7. díl CZ titulky", 7),
    "επεισόδιο": plain("{e} επεισόδιο 7", 7),
    "פרק": plain("{e} פרק 7", 7),
    "قسمت ۷": plain("{t} قسمت ۷ زیرنویس فارسی", 7),  # noqa: RUF001
    "एपिसोड": plain("{e} एपिसोड 7 हिंदी", 7),
    "ep indo": plain("{t} Eps 07 Subtitle Indonesia 720p", 7),
    "제7화": plain("{t} 제7화", 7),
    "7회": plain("{t} 7회", 7),
    "第07話 無料視聴": plain("{j} 第07話 無料視聴", 7),
    "在线观看": plain("{j} 第7集 在线观看", 7),
    "桜都": plain("[桜都字幕组] {j} / {t} [07][1080p][简繁内封]", 7),
    "애니 1기": plain("{t} 애니 1기 7화", 7, 1),
    "مشاهدة": plain("مشاهدة انمي {t} الموسم 1 الحلقة 7 مترجم", 7, 1),
    "saison-vf": plain("{e} Saison 1 VF streaming gratuit", None, 1),
    "1ra Temporada": plain("{t} 1ra Temporada capitulo 7 español latino", 7, 1),
    "E01-E12 complete": plain("{d}.S01.E01-E12.COMPLETE.1080p.BluRay.x265-GRP", 1, 1),
    "S1Ep7": plain("{e} S1Ep7", 7, 1),
    "S1.E7": plain("{e} S1.E7", 7, 1),
    "s01.e07": plain("{t}.s01.e07.mkv", 7, 1),
    "[1x07]": plain("{e} [1x07]", 7, 1),
    "Season 1, Episode 7": plain("{e}: Season 1, Episode 7", 7, 1),
    "(Season 1) (Episode 7)": plain("{e} (Season 1) (Episode 7)", 7, 1),
    "_07_RAW": plain("{t}_07_RAW.avi", 7),
    "grp paren": plain("(Grp) {t} 07.avi", 7),
    "by Group": plain("{t} 07 vostfr hd by Group", 7),
    "1-12 END": plain("{t} 01-12 END"),
    "EP1-12": plain("{t} EP1-12", 1),
    "[Ep 07]": plain("{t} [Ep 07]", 7),
    "Disc 1": plain("{t} BD Disc 1"),
    "BD-BOX": plain("{t} Blu-ray BOX 1"),
    "1st Season": plain("{t} 1st Season"),
    "Season I": plain("{t} Season I"),
    "The Complete Series": plain("{e} The Complete Series"),
    "zh-Hans": plain("{t} - 07.zh-Hans.ass", 7),
    "7 eng srt": plain("{t} 07 [ENG].srt", 7),
    "S01E07.nfo": plain("{t} - S01E07-thumb.jpg", 7, 1),
    "poster": plain("/srv/tv/{t}/season01-poster.jpg"),
    "S1 folder": plain("{t} S1/07. The Name.mkv", 7),
    "Season folder title": plain("{t}/{t} - Season 1/{t} - Episode 7.mkv", 7),
    "url -dub-episode": plain("https://site.example/{s}-dub-episode-7", 7),
    "url sub-indo": plain("https://site.example/episode/{s}-episode-7-sub-indo/", 7),
    "url bolum": plain("https://site.example/video/{s}-7-bolum", 7),
    "url odcinek": plain("https://site.example/anime/{s}/odcinek/7", 7),
    "url season": plain("https://site.example/series/{s}/season-1/episode-7-the-name", 7),
    "url anime planet": plain("https://www.site.example/anime/{s}"),
    "url id-slug": plain("https://site.example/animes/99999999-{s}"),
    "streaming": plain("{e} streaming vostfr gratuit"),
    "sub español": plain("ver {t} online sub español"),
    "ger sub stream": plain("{e} ger sub stream"),
    "sub indo nonton": plain("nonton anime {t} sub indo"),
    "アニメ 1話": plain("{j} アニメ 1話", 1),
    "1기": plain("{t} 1기", None, 1),
    "crunchyroll": plain("{e} crunchyroll"),
    "myanimelist": plain("{t} myanimelist"),
    "Official EP7": plain("【Official】{e} EP7", 7),
    "tv series year": plain("{e} (TV Series {y})"),
    "Ep 7 of": plain("ep 7 {t}", 7),
    "E07 T": plain("E07 {t}", 7),
    "7th episode of": plain("7th episode of {e}", 7),
    "1-12/12": plain("{t} [1-12/12] [RUS]"),
    "TV+Movie": plain("{t} TV+OVA+Movie [BDRip 1080p]"),
    "cour 1": plain("{t} 1st Cour"),
    "AT-X": plain("[アニメ] {j} 第07話 「名もなき朝」 (MX 1280x720 x264 AAC).mp4", 7),
    "先行カット": plain("アニメ『{j}』第7話 先行カット", 7),
    "glued ep": plain("{t}ep07", 7),
    "hash ep en": plain("{e} Ep. #07", 7),
    "dash glued": plain("{t}-07", 7),
    "v0": plain("[Grp] {t} - 07v0 [1080p HEVC].mkv", 7),
    "BDRip 07": plain("[VCB-Studio] {t} [07][Ma10p_1080p][x265_flac].mkv", 7),
    "CRC lower": plain("[grp] {t} - 07 [abcd1234].mkv", 7),
    "uhd": plain("{d}.S01E07.REPACK.2160p.NF.WEB-DL.DDP5.1.Atmos.H.265-GRP.mkv", 7, 1),
    "scene year": plain("{d}.{y}.S01E07.MULTi.1080p.BluRay.x264-GRP", 7, 1),
    "german scene": plain("{d}.S01E07.German.DL.ANiME.1080p.BluRay.x264-GRP", 7, 1),
    "french scene": plain("{d}.S01E07.FRENCH.VOSTFR.1080p.WEB.x264-GRP", 7, 1),
    "ita": plain("{e} - S01e07 - Titolo (ITA JAP).mkv", 7, 1),
}
LATER: Final[dict[str, Shape]] = {
    "Sezon Bölüm": plain("{e} 1. Sezon 7. Bölüm", 7, 1),
    "7-я серия": plain("{t} 7-я серия [AniLibria]", 7),
    "ES netflix": plain("{e} T1:E7", 7, 1),
    "épisode sub fr": plain("{e} - Épisode 07 - VOSTFR HD 1080p", 7),
    "S01E07 vostfr": plain("{e} S01 E07 VOSTFR", 7, 1),
    "الموسم الاول": plain("{e} الموسم الاول الحلقة 7 مترجمة اون لاين", 7),
    "ภาค": plain("{t} ภาค 1 ตอนที่ 7 พากย์ไทย", 7, 1),
    "phần tập": plain("{t} Phần 1 Tập 7 Vietsub + Thuyết Minh", 7, 1),
    "시즌": plain("{t} 시즌 1 7화 더빙", 7, 1),
    "第一季": plain("{j} 第一季 第7集", 7, 1),
    "第1期": plain("{j} 第1期 第7話", 7, 1),
    "first-season ep": plain("{e} first season episode 7", 7, 1),
    "ep in Hindi": plain("{e} Episode 7 in Hindi dubbed download", 7),
    "review": plain("{e} season 1 review"),
    "en español": plain("{e} en español latino completo"),
    "auf Deutsch": plain("{e} auf deutsch stream kostenlos"),
    "на русском": plain("{t} на русском языке"),
    "lat/jp bracket": plain("{t} [Latino-Japones][1080p][12/12]"),
    "sub ita url": plain("https://site.example/ep/{s}-ep-07-sub-ita", 7),
    "url cap": plain("https://site.example/ver/{s}-capitulo-7/", 7),
    "url html": plain("https://site.example/{s}-episode-7-english-subbed.html", 7),
    "url num slug": plain("https://site.example/release/12345/{s}/episode/7", 7),
    "url fragment": plain("https://site.example/watch/{s}#episode-7", 7),
    "url s1e7": plain("https://site.example/serie/{s}-s01e07", 7, 1),
    "url list": plain("https://site.example/list/anime/{s}?ref=home"),
    "nekobt": plain("[Grp] {e} | {t} - S01E07 (WEB 1080p x264) [Multi-Subs]", 7, 1),
    "judas": plain(
        "[Judas] {t} (Seasons 1-2 + OVAs) [BD 1080p][HEVC x265 10bit][Dual-Audio][Eng-Subs]"
    ),
    "two names": plain("{t} ({e}) - 07 [1080p]", 7),
    "two names slash": plain("{e} / {t} - 07 (WEB-DL 1080p)", 7),
    "no ext ep": plain("{t} Episode_07", 7),
    "ep(07)": plain("{t} ep(07)", 7),
    "(07)": plain("{t} (07)", 7),
    "[07v2]": plain("[Grp][{t}][07v2][GB][720P]", 7),
    "ep range and": plain("{t} Episodes 1-3", 1),
    "E01~E12": plain("{t} E01~E12", 1),
    "creditless": plain("{t} Creditless Opening"),
    "Ending 2": plain("{t} ED2"),
    "PV": plain("{t} PV 2"),
    "kodi year S": plain("{t} ({y})/Season 1/{t} S01E07.mkv", 7, 1),
    "jelly ids": plain(
        "/data/anime/{t} ({y}) [anidbid-99999999]/Season 01/{t} - S01E07 - x.mkv", 7, 1
    ),
    "absolute": plain("{t} - 007.mkv", 7),
    "win folder dot": plain(r"E:\Torrents\{d}.S01.1080p.BluRay.x265-GRP\{d}.S01E07.mkv", 7, 1),
    "hash jp": plain("{j} #7 感想", 7),
    "第7話 ネタバレ": plain("{j} 第7話 感想 ネタバレ", 7),
    "アニメ 題": plain("アニメ {j}"),
    "twitter": plain("#アニメ #{j} 第7話", 7),
    "quoted en": plain('Anime "{e}" Episode 7', 7),
    "dash season": plain("{e} - Season 1 - Episode 7 - The Name", 7, 1),
    "S1 only": plain("{e} S1", None, 1),
    "season one": plain("{e} season one", None, 1),
    "sdh": plain("{d}.S01E07.en.sdh.srt", 7, 1),
    "forced ass": plain("[Grp] {t} - 07.es-419.forced.ass", 7),
    "thumb": plain("{t} S01E07-thumb.jpg", 7, 1),
    "multi ep": plain("{t} - S01E07E08.mkv", 7, 1),
    "1x07-08": plain("{t} - 1x07-08.mkv", 7, 1),
}
