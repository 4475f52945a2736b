"""What the demo's provider has: seasons of the sample catalogue, and people who may sign in.

`PEOPLE` each show something: somebody who sees all, one without a subscription, one who is
elsewhere. Passwords are told to whoever starts the demo, and open nothing else.
"""

from typing import Final, NamedTuple

from deploy.demo.reference_provider import Account, ReferenceProvider


class Person(NamedTuple):
    """Somebody who may sign in to the provider."""

    name: str
    password: str
    account: Account
    told: str


class CuratedLink(NamedTuple):
    """A work, by its title in the sample, that is a part of a season."""

    work: str
    season: str
    first_episode: int


SEASONS: Final = (
    ("SPY x FAMILY", "SPY x FAMILY", 25, 1),
    ("SPY x FAMILY", "SPY x FAMILY Season 2", 12, 2),
    ("SPY x FAMILY", "SPY x FAMILY Season 3", 13, 3),
    ("Frieren: Beyond Journey's End", "Sousou no Frieren", 28, 1),
    ("Frieren: Beyond Journey's End", "Sousou no Frieren Season 2", 10, 2),
    ("BOCCHI THE ROCK!", "BOCCHI THE ROCK!", 12, 1),
    ("Cowboy Bebop", "Cowboy Bebop", 26, 1),
    ("Mob Psycho 100", "Mob Psycho 100", 12, 1),
    ("Mob Psycho 100", "Mob Psycho 100 II", 13, 2),
    ("Mob Psycho 100", "Mob Psycho 100 III", 12, 3),
    ("Your Name.", "Kimi no Na wa.", 1, 1),
)
"""Series, season, episodes, and the number that the provider gives it."""
CURATED: Final = (
    CuratedLink("Spy x Family", "SPY x FAMILY", 1),
    CuratedLink("Spy x Family Part 2", "SPY x FAMILY", 13),
)
"""One season of the provider that is two works: what titles and numbers don't tell."""
PEOPLE: Final = (
    Person("viewer@example.org", "watch the sample", Account(""), "may play everything"),
    Person(
        "free@example.org",
        "watch the sample",
        Account("", is_premium=False),
        "has no subscription: episode 2 of Bocchi the Rock! is refused",
    ),
    Person(
        "abroad@example.org",
        "watch the sample",
        Account("", country="FR"),
        "is in France, where Cowboy Bebop is not offered",
    ),
)


def fill(provider: ReferenceProvider) -> None:
    """Give a provider the seasons and the people of the demo."""
    for series, title, episodes, number in SEASONS:
        season = provider.add_season(series, title, episodes, number)
        if title == "BOCCHI THE ROCK!":
            season.episodes[1].is_premium_only = True
        if title == "Cowboy Bebop":
            for episode in season.episodes:
                episode.countries = frozenset(("US", "DE"))
            season.episodes[-1].is_protected = True
    for person in PEOPLE:
        person.account.password = person.password
        provider.add_account(person.name, person.account)
