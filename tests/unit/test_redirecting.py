"""Episodes that lead to another work, over revisions made by hand."""

import pytest

from kensho.discovery import episode_numbers
from kensho.storage.rows import RedirectRow
from tests.support.searches import Shelf, opened, work

FIRST = work(1, "Mushi no Mori", episodes=12)
SECOND = work(2, "Mushi no Mori 2", episodes=12)
EXTRA = work(3, "Mushi no Mori: Spider", anime_type="special", episodes=1)
LONG = work(4, "Mushi no Umi", episodes=50)


def led(named: int, to: int, episode: int) -> episode_numbers.EpisodeTarget | None:
    """Return where an episode of a work leads where the graph says that 13 on are another's."""
    works = {row.id.int: row for row in (FIRST, SECOND, EXTRA, LONG)}
    rule = RedirectRow(work=works[named].id, first=13, last=24, to=works[to].id, to_first=1)
    with opened(Shelf(list(works.values()), redirects=[rule])) as held:
        node = held.model.node(works[named].id)
        assert node is not None
        return episode_numbers.episode_target(held, node, episode)


def test_an_episode_beyond_the_last_leads_to_the_season_that_has_it() -> None:
    target = led(1, 2, 14)
    assert target is not None
    assert (target.redirect.id, target.redirect.episode, target.is_season) == (SECOND.id, 2, True)


def test_an_episode_that_is_a_special_is_told_of_only() -> None:
    target = led(1, 3, 13)
    assert target is not None
    assert (target.redirect.id, target.is_season) == (EXTRA.id, False)


@pytest.mark.parametrize("episode", [13, 24])
def test_a_work_keeps_the_episodes_that_it_has_itself(episode: int) -> None:
    assert led(4, 2, episode) is None


def test_an_episode_outside_of_the_rule_leads_nowhere() -> None:
    assert led(1, 2, 25) is None
