"""Which season of a provider a work is: the file of links, and what titles and numbers tell."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from kensho.edges.provider.inference import SeasonFacts, WorkFacts, judged, proposed
from kensho.edges.provider.links import Link, LinkFile
from kensho.errors import ConflictError, NotFoundError, SettingsError

WORK, OTHER = UUID(int=1), UUID(int=2)
SPY = "SPY x FAMILY"
DEMON = "Demon Slayer: Kimetsu no Yaiba"
SEASONS = (
    SeasonFacts("G1", "S1", SPY, "SPY x FAMILY", 1, 25),
    SeasonFacts("G1", "S2", SPY, "SPY x FAMILY Season 2", 2, 12),
    SeasonFacts("G1", "S3", SPY, "Season 3", 3, 13),
    SeasonFacts("G2", "S4", DEMON, "Entertainment District Arc", 3, 11),
    SeasonFacts("G2", "S5", DEMON, DEMON, 1, 26),
    SeasonFacts("G2", "S6", DEMON, f"{DEMON} Swordsmith Village Arc", 4, 11),
    SeasonFacts("G3", "S7", "Mob Psycho 100", "Mob Psycho 100", 1, 12),
    SeasonFacts("G3", "S8", "Mob Psycho 100", "Mob Psycho 100 II", 2, 13),
    SeasonFacts("G4", "S9", "Attack on Titan", "Attack on Titan Season 3 Part 2", 3, 10),
    SeasonFacts("G4", "SA", "Attack on Titan", "Attack on Titan Season 3", 3, 12),
    SeasonFacts("G5", "SB", "Your Name.", "Kimi no Na wa.", 1, 1),
    SeasonFacts("G6", "SC", "Monster", "Monster", 1, 74),
    SeasonFacts("G7", "SD", "Fruits Basket", "Fruits Basket", 1, 26),
    SeasonFacts("G8", "SE", "Fruits Basket", "Fruits Basket", 1, 25),
)


def linked(titles: list[str], episodes: int | None) -> str | None:
    found = proposed(WorkFacts(WORK, titles, episodes), SEASONS)
    return None if found is None else found.season


@pytest.mark.parametrize(
    ("titles", "episodes", "season"),
    [
        (["SPY×FAMILY Season 2"], 12, "S2"),
        (["SPY×FAMILY 3rd Season"], 13, "S3"),
        (["Kimetsu no Yaiba: Yuukaku-hen", f"{DEMON} Entertainment District Arc"], 11, "S4"),
        (["Kimetsu no Yaiba", DEMON], 26, "S5"),
        (["Kimetsu no Yaiba: Katanakaji no Sato-hen", f"{DEMON} Swordsmith Village Arc"], 11, "S6"),
        (["Mob Psycho 100"], 12, "S7"),
        (["Mob Psycho 100 II"], 13, "S8"),
        (["Shingeki no Kyojin Season 3 Part 2", "Attack on Titan Season 3 Part 2"], 10, "S9"),
        (["Shingeki no Kyojin Season 3", "Attack on Titan Season 3"], 12, "SA"),
        (["Kimi no Na wa.", "Your Name."], 1, "SB"),
        (["Fruits Basket (2001)", "Fruits Basket"], 26, "SD"),
    ],
)
def test_a_season_is_found_by_its_titles_and_numbers(
    titles: list[str], episodes: int, season: str
) -> None:
    assert linked(titles, episodes) == season


@pytest.mark.parametrize(
    ("titles", "episodes"),
    [
        (["SPY×FAMILY"], 12),  # the provider's season is two of ours
        (["SPY×FAMILY Part 2"], 13),
        (["Monster Strike"], 74),  # another word, another thing
        (["Pocket Monsters"], 74),
        (["Monster"], 13),
        (["Fruits Basket"], None),  # two of them, and nothing to tell them apart
        (["Mob Psycho 100 III"], 12),
        (["Haibane Renmei"], 13),
        ([], 12),
    ],
)
def test_what_is_not_sure_is_not_linked(titles: list[str], episodes: int | None) -> None:
    assert linked(titles, episodes) is None


def test_a_number_that_contradicts_outweighs_equal_titles() -> None:
    ranked = judged(WorkFacts(WORK, ["Monster"], 13), SEASONS)
    assert ranked[0].season.season_id == "SC"
    assert ranked[0].confidence < 0.5
    near = judged(WorkFacts(WORK, ["Monster"], 75), SEASONS)
    assert 0.8 <= near[0].confidence < 1


def link(work: UUID = WORK, season: str = "S1", **fields: object) -> Link:
    return Link(work=work, series="G1", season=season, **fields)  # type: ignore[arg-type]


def test_links_are_read_again_when_the_file_changes(tmp_path: Path) -> None:
    now = 0.0
    path = tmp_path / "links.json"
    reader, writer = LinkFile(path, lambda: now), LinkFile(path)
    assert (reader.of(WORK), reader.revision, reader.all()) == (None, "", [])
    writer.add([link()])
    assert reader.of(WORK) is None
    now = 3.0
    assert reader.of(WORK) == link()
    first = reader.revision
    writer.add([link(OTHER, "S2", first_episode=13)])
    now = 6.0
    assert reader.revision != first
    assert [one.work for one in reader.all()] == [WORK, OTHER]
    assert writer.remove(WORK) == link()
    with pytest.raises(NotFoundError):
        writer.remove(WORK)
    writer.remove(OTHER)
    now = 9.0
    assert (reader.of(OTHER), reader.revision) == (None, "")


def test_what_a_person_linked_stands(tmp_path: Path) -> None:
    file = LinkFile(tmp_path / "links.json")
    guess = link(method="inferred", confidence=0.9)
    assert file.add([guess]) == [guess]
    worse = link(season="S9", method="inferred", confidence=0.85)
    assert file.add([worse]) == []
    assert file.add([link(season="S2")]) == [link(season="S2")]
    assert file.add([guess]) == []
    with pytest.raises(ConflictError):
        file.add([link(season="S3")])
    file.add([link(season="S3")], replace=True)
    assert file.of(WORK) == link(season="S3")


@pytest.mark.parametrize("content", ["[", '{"links": [{"work": "x"}]}', '{"links": 3}'])
def test_a_broken_file_is_refused_by_writers_and_passed_over_by_readers(
    tmp_path: Path, content: str
) -> None:
    now = 0.0
    path = tmp_path / "links.json"
    file = LinkFile(path, lambda: now)
    file.add([link()])
    assert file.of(WORK) == link()
    path.write_text(content)
    now = 5.0
    assert file.of(WORK) == link(), "what was read before"
    with pytest.raises(SettingsError, match="KENSHO_PROVIDER_LINKS"):
        file.add([link(uuid4())])
