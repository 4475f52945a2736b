"""`kensho curate`: what curators state of works and franchises, act by act.

Works are named by UUID, any source id (`mal:20`) or the address of a provider's page; franchises by
their slug or any of their works. Exit codes: 0 done, 2 wrong use, 3 no such work, 5 the store
failed, 8 done but not published, 9 somebody said it already, or said otherwise meanwhile.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar, get_args

import click
import msgspec
from rich_click import RichCommand, RichGroup

from ingest.curate_running import answer_of, drafts_in, login, make_acts, say
from ingest.curating.log import all_acts, history_of, titles_named
from ingest.curating.wording import act_line
from kensho.domain.curation_documents import ActDraft, HistoryDocument
from kensho.domain.curator_acts import CuratorAct, FactField, Rank
from kensho.domain.relations import KINDS
from kensho.domain.works import AnimeType, TagCategory, TitleKind
from kensho.storage.gateway import Gateway

Command = TypeVar("Command", bound=Callable[..., None])
_WAIT_S: Final = 120.0
_SHOWN: Final = 50


def _choice(values: object) -> click.Choice[str]:
    return click.Choice(list(get_args(values)))


_OPTIONS: Final = (
    click.option("--reason", required=True, help="Why, in your own words; shown with it."),
    click.option("--source", metavar="URL", help="The page on which it rests."),
    click.option("--author", metavar="NAME", help="Who says it; default: your login's name."),
    click.option(
        "--against",
        metavar="ACT",
        help="The last act that you know of: refuse if somebody said more of these works since.",
    ),
    click.option("--dry-run", is_flag=True, help="Say what would change; change nothing."),
)
_STORE_OPTIONS: Final = (
    click.option(
        "--wait",
        type=click.FloatRange(0, 3600),
        default=_WAIT_S,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait for a store that another process has open.",
    ),
    click.option(
        "--store",
        metavar="URL",
        help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
)
_PUBLISH: Final = click.option(
    "--publish/--no-publish",
    default=True,
    help="Publish the snapshot afterwards, as by default; the last of many acts is enough.",
)
_RANK: Final = click.option(
    "--rank",
    type=_choice(Rank),
    default="normal",
    show_default=True,
    help="Preferred counts before all others; deprecated never does.",
)


def _with(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    def decorated(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


@click.group(cls=RichGroup)
def curate() -> None:
    """State, prefer, deny or undo something of a work or franchise, with a reason.

    Every act applies at once, wins over what sources say, is kept for good, and can be undone.
    """


def _act_command(
    name: str, *params: Callable[[Any], Any]
) -> Callable[[Callable[..., dict[str, Any]]], click.Command]:
    """Return the decorator of a command whose function returns what an act says."""

    def made(statement: Callable[..., dict[str, Any]]) -> click.Command:
        def run(**given: Any) -> None:
            common = {
                key: given.pop(key)
                for key in (
                    "reason", "source", "author", "against", "dry_run",
                    "wait", "store", "as_json", "publish",
                )
            }  # fmt: skip
            says = {k: v for k, v in statement(**given).items() if v is not None}
            author = common["author"] or login()
            draft = ActDraft(says, author, common["reason"], common["source"], common["against"])
            make_acts([draft], common)

        run.__doc__ = statement.__doc__
        whole = _with(*params, *_OPTIONS, *_STORE_OPTIONS, _PUBLISH)(run)
        return curate.command(name, cls=RichCommand)(whole)

    return made


_WORK: Final = click.argument("work")


@_act_command(
    "fact",
    _WORK,
    click.argument("field", type=_choice(FactField)),
    click.argument("value"),
    _RANK,
)
def fact(**given: Any) -> dict[str, Any]:
    """Say that FIELD of WORK is VALUE; names of studios are separated by commas."""
    return {"act": "fact", **given}


@_act_command(
    "title",
    _WORK,
    click.argument("text"),
    click.option("--language", metavar="TAG", help="Of the title, such as ja or en."),
    click.option("--kind", type=_choice(TitleKind), default="official", show_default=True),
    _RANK,
)
def title(**given: Any) -> dict[str, Any]:
    """Say that WORK bears the title TEXT; a preferred one is what it is called."""
    return {"act": "title", **given}


@_act_command(
    "tag",
    _WORK,
    click.argument("name"),
    click.option("--relevance", type=click.FloatRange(0, 1), default=1.0, show_default=True),
    click.option("--category", type=_choice(TagCategory)),
    _RANK,
)
def tag(**given: Any) -> dict[str, Any]:
    """Say that WORK bears the tag NAME."""
    return {"act": "tag", **given}


@_act_command("id", _WORK, click.argument("id_", metavar="ID"), _RANK)
def source_id(id_: str, **given: Any) -> dict[str, Any]:
    """Say that ID, or the page at that address, is about WORK; deprecated, that it is not."""
    return {"act": "id", "id": id_, **given}


@_act_command(
    "mapping",
    _WORK,
    click.argument("id_", metavar="ID"),
    *(click.option(f"--{n}", type=int) for n in ("season", "first", "last", "offset")),
    _RANK,
)
def mapping(id_: str, **given: Any) -> dict[str, Any]:
    """Say that ID, which covers several works, covers these episodes of WORK."""
    return {"act": "mapping", "id": id_, **given}


@_act_command(
    "episode",
    _WORK,
    click.argument("number", type=click.IntRange(1)),
    click.option("--title"),
    click.option("--language", metavar="TAG"),
    click.option("--air-date", metavar="DATE"),
    click.option("--duration-s", type=click.IntRange(0), metavar="SECONDS"),
    click.option("--filler/--no-filler", default=None),
    click.option("--canon", type=click.Choice(["canon", "mixed", "filler"])),
    click.option("--recap/--no-recap", default=None),
    _RANK,
)
def episode(**given: Any) -> dict[str, Any]:
    """State facts of the episode NUMBER of WORK; deprecated, there is no such episode."""
    return {"act": "episode", **given}


@_act_command(
    "relation",
    _WORK,
    click.argument("kind", type=click.Choice(list(KINDS))),
    click.argument("other"),
    click.option("--deny", "denied", is_flag=True, help="Say that it is not."),
)
def relation(**given: Any) -> dict[str, Any]:
    """Say that OTHER is the KIND of WORK; to deny that it is `related` denies every kind."""
    return {"act": "relation", **given}


@_act_command("same", _WORK, click.argument("other"))
def same(**given: Any) -> dict[str, Any]:
    """Say that WORK and OTHER are records of one work."""
    return {"act": "same", **given}


@_act_command("different", _WORK, click.argument("other"))
def different(**given: Any) -> dict[str, Any]:
    """Say that WORK and OTHER are two works."""
    return {"act": "same", "denied": True, **given}


@_act_command(
    "work",
    click.argument("title"),
    click.argument("ids", nargs=-1, required=True),
    click.option("--kind", type=click.Choice(["anime", "movie"]), default="anime"),
    click.option("--language", metavar="TAG"),
    click.option("--type", "anime_type", type=_choice(AnimeType)),
    click.option("--year", type=int),
    click.option("--start-date", metavar="DATE"),
    click.option("--episodes", "episode_count", type=click.IntRange(0)),
)
def work(**given: Any) -> dict[str, Any]:
    """Add the work TITLE, which has pages of these IDS and no source lists."""
    return {"act": "work", **given}


@_act_command("move", click.argument("works", nargs=-1, required=True), click.argument("to"))
def move(**given: Any) -> dict[str, Any]:
    """Move WORKS out of their franchise into the franchise TO."""
    return {"act": "move", **given}


@_act_command("join", click.argument("works", nargs=-1, required=True))
def join(**given: Any) -> dict[str, Any]:
    """Join the franchises of all WORKS into one."""
    return {"act": "join", **given}


@_act_command(
    "split",
    click.argument("works", nargs=-1, required=True),
    click.option("--from", "others", multiple=True, metavar="WORK", help="Default: the root."),
)
def split(others: Sequence[str], **given: Any) -> dict[str, Any]:
    """Cut WORKS, and what goes with them, from the rest of their franchise."""
    return {"act": "split", "others": others or None, **given}


@_act_command("rename", click.argument("work", metavar="FRANCHISE"), click.argument("title"))
def rename(**given: Any) -> dict[str, Any]:
    """Call FRANCHISE, a slug or any of its works, TITLE."""
    return {"act": "rename", **given}


@_act_command("order", click.argument("works", nargs=-1, required=True))
def order(**given: Any) -> dict[str, Any]:
    """Say that the story of WORKS runs in this order."""
    return {"act": "order", **given}


@_act_command("undo", click.argument("of", metavar="ACT"))
def undo(**given: Any) -> dict[str, Any]:
    """Take ACT back: what it overruled counts again, and both stay in the log."""
    return {"act": "undo", **given}


@curate.command("apply", cls=RichCommand)
@click.argument("file", type=click.File("rb"))
@click.option("--author", metavar="NAME", help="Whose the acts are that name nobody.")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@_with(*_STORE_OPTIONS, _PUBLISH)
def apply(file: Any, author: str | None, **common: Any) -> None:
    """Make the acts of FILE (`-`: standard input), JSON Lines, all of them or none.

    A line is `{"says": {"act": "fact", ...}, "reason": ..., "author": ..., "source": ...}`.
    """
    make_acts(list(drafts_in(file.read(), author or login())), common)


@curate.command("log", cls=RichCommand)
@click.argument("name", required=False, metavar="[WORK|FRANCHISE]")
@click.option("--limit", type=click.IntRange(1), default=_SHOWN, show_default=True)
@click.option("--jsonl", is_flag=True, help="Print every act as a line of JSON, oldest first.")
@_with(*_STORE_OPTIONS)
def log(name: str | None, limit: int, jsonl: bool, **common: Any) -> None:
    """List acts, the last first: who said what, when, why, and whether it counts."""

    async def run(gateway: Gateway) -> tuple[list[CuratorAct], dict[str, str]]:
        if name is not None:
            found = await history_of(gateway, name)
            return list(reversed(found.acts)), found.works
        acts = await all_acts(gateway)
        return acts, await titles_named(gateway, acts[-limit:])

    acts, titles = answer_of(common, run)
    if jsonl:
        for one in acts:
            click.echo(msgspec.json.encode(one))
        return
    shown = acts[-limit:][::-1]
    if common["as_json"]:
        click.echo(msgspec.json.encode(shown))
        return
    for one in shown:
        say(act_line(one, titles))


@curate.command("history", cls=RichCommand)
@click.argument("name", metavar="WORK|FRANCHISE")
@_with(*_STORE_OPTIONS)
def history(name: str, **common: Any) -> None:
    """Say who says what of a work, since when, and what counts; or list a franchise's acts."""
    found: HistoryDocument = answer_of(common, lambda gateway: history_of(gateway, name))
    if common["as_json"]:
        click.echo(msgspec.json.encode(found))
        return
    say(f"{found.title} ({found.name}), version {found.version or 'none'}")
    for one in found.acts:
        say(f"  {act_line(one, found.works)}")
    for said in found.said:
        since = f", since {said.since[:10]}" if said.since else ""
        who = f"{said.author}: {said.reason}" if said.author else said.source
        lost = f"; counts: {said.against}" if said.against else ""
        say(f"{'+' if said.counts else '-'} {said.field}: {said.value}  [{who}{since}{lost}]")
