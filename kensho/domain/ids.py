"""Source ids: `provider:id` names for the pages of other catalogues, and the URLs of those pages.

`"mal:20"` and `https://myanimelist.net/anime/20/Naruto` name the same page. The graph stores the
short form, and `/api/resolve` takes it; ids keep the provider's spelling, upper and lower case
included. The URL forms are those that the providers serve and that anime-offline-database lists.
"""

import re
from typing import Final, NamedTuple


class Provider(NamedTuple):
    """Where a provider's pages are; `pattern` matches a path and has one group, the id."""

    host: str
    path: str
    pattern: str


PROVIDERS: Final[dict[str, Provider]] = {
    "anidb": Provider("anidb.net", "/anime/{}", r"^/(?:anime/|a)(\d+)"),
    "anilist": Provider("anilist.co", "/anime/{}", r"^/anime/(\d+)"),
    "anime-planet": Provider("anime-planet.com", "/anime/{}", r"^/anime/([^/?#]+)"),
    "animecountdown": Provider("animecountdown.com", "/{}", r"^/(\d+)"),
    "animenewsnetwork": Provider(
        "animenewsnetwork.com",
        "/encyclopedia/anime.php?id={}",
        r"^/encyclopedia/anime\.php\?id=(\d+)",
    ),
    "anisearch": Provider("anisearch.com", "/anime/{}", r"^/anime/(\d+)"),
    "bangumi": Provider("bgm.tv", "/subject/{}", r"^/subject/(\d+)"),
    "imdb": Provider("www.imdb.com", "/title/{}", r"^/title/(tt\d+)"),
    "kitsu": Provider("kitsu.app", "/anime/{}", r"^/anime/([^/?#]+)"),
    "livechart": Provider("livechart.me", "/anime/{}", r"^/anime/(\d+)"),
    "mal": Provider("myanimelist.net", "/anime/{}", r"^/anime/(\d+)"),
    "simkl": Provider("simkl.com", "/anime/{}", r"^/anime/(\d+)"),
    "tmdb": Provider("www.themoviedb.org", "/{}", r"^/((?:movie|tv|collection)/\d+)"),
    "tvdb": Provider("thetvdb.com", "/?tab=series&id={}", r"^/\?tab=series&id=(\d+)"),
}
"""The pages of each provider, by its name. Ids of tmdb contain their kind (`movie/129`), because
its films and series share numbers."""

_HOSTS: Final = {provider.host: name for name, provider in PROVIDERS.items()} | {
    "kitsu.io": "kitsu",  # the domain before 2024; old dumps still use it
    "imdb.com": "imdb",
    "themoviedb.org": "tmdb",
    "bangumi.tv": "bangumi",
}
_PATTERNS: Final = {name: re.compile(p.pattern, re.ASCII) for name, p in PROVIDERS.items()}
_URL: Final = re.compile(r"^https?://(?:www\.)?([^/]+)(/.*)$", re.ASCII)
_SHORT: Final = re.compile(r"^([a-z][a-z-]*):([^\s:]{1,200})\Z")


def from_url(url: str) -> str | None:
    """Return the source id of the page at `url`, or `None` if it belongs to no known provider."""
    parts = _URL.match(url)
    if parts is None:
        return None
    host = parts[1].lower()
    name = _HOSTS.get(host) or _HOSTS.get(f"www.{host}")
    if name is None:
        return None
    found = _PATTERNS[name].match(parts[2])
    return f"{name}:{found[1]}" if found else None


def parse(text: str) -> str | None:
    """Return the source id in `text`, be it `provider:id` or a URL; else `None`."""
    short = _SHORT.match(text)
    if short is not None and short[1] in PROVIDERS:
        return text
    return from_url(text)


def url_of(source_id: str) -> str:
    """Return the URL of the page of a source id.

    Raises:
        KeyError: the provider is not in `PROVIDERS`.
    """
    name, _, local = source_id.partition(":")
    provider = PROVIDERS[name]
    return f"https://{provider.host}{provider.path.format(local)}"
