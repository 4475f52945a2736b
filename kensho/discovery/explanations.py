"""Explains the score of a hit: which differences were ignored, the edits left, and the evidence.

Guarantees: the parts add up to the score. The index scores a row with one of a few formulas and
keeps only the result; the formula that is explained is the one that gives this result.

Performance: some 150 µs for a title, and only when asked for.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from rapidfuzz.distance import OSA

from kensho.discovery.search_views import Explanation, Fold, ScorePart
from kensho.domain import ranking, titles
from kensho.read_model.model import ReadModel
from kensho.search import constraints, scripts
from kensho.search.finder import Evidence
from kensho.search.highlights import highlights
from kensho.search.interpretations import Interpretation
from kensho.search.keys import key_of

Stage: TypeAlias = tuple[Fold, Callable[[str], str]]

_DIGITS: Final = 6
_NOTHING: Final = 5e-5
"""Scores have four decimals; what rounding takes away is no part."""
_GRADES: Final = {
    ranking.VERBATIM: "verbatim",
    ranking.SAME_BUT_CASE: "same_but_case",
    ranking.SAME_WORDS: "same_words",
    ranking.SAME_LETTERS: "same_letters",
    ranking.SHORTENED: "shortened",
}
_LATIN_END: Final = 0x250
_TO_HIRAGANA: Final = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


def explained(
    model: ReadModel,
    node: int,
    reading: Interpretation,
    title: str,
    evidence: Evidence,
    score: float,
) -> Explanation:
    """Return why `title` of the work `node` scores `score` as the query is read."""
    return Explanation(
        via=reading.via,
        matched_title=title,
        folds=folds(reading, title),
        edits=OSA.distance(reading.key.letters, key_of(title).letters),
        parts=parts(reading, evidence, score, _agreement(model, node, reading)),
        score=round(score, _DIGITS),
    )


def redirected(reading: Interpretation, title: str, score: float) -> Explanation:
    """Return why the work of an episode comes first: it is given the score of the best hit."""
    return Explanation(
        via=reading.via,
        matched_title=title,
        folds=[],
        edits=OSA.distance(reading.key.letters, key_of(title).letters),
        parts=[ScorePart("redirected", round(score, _DIGITS))],
        score=round(score, _DIGITS),
    )


def folds(reading: Interpretation, title: str) -> list[Fold]:
    """Return which differences between the query and the part of `title` it matched were ignored.

    One is listed where the two would be farther apart without it; spaces only where the two are
    one but for them.
    """
    spans = highlights(title, reading.key)
    pair = reading.text.strip(), title[spans[0][0] : spans[-1][1]] if spans else title
    effective: list[Stage] = []
    both = pair
    for name, fold in _STAGES:
        before, both = both, (fold(both[0]), fold(both[1]))
        if both != before:
            effective.append((name, fold))
    apart = OSA.distance(*both)
    needed: list[Fold] = [
        name
        for name, _ in effective
        if _distance(pair, [stage for stage in effective if stage[0] != name]) > apart
        and (name != "spacing" or not apart)
    ]
    key, other = reading.key, key_of(title)
    if OSA.distance(key.letters, other.letters) < OSA.distance(key.plain, other.plain):
        needed.append("season_marker")
    return needed


def _distance(pair: tuple[str, str], stages: Sequence[Stage]) -> int:
    """Return how far apart two texts are after these stages."""
    typed, found = pair
    for _, fold in stages:
        typed, found = fold(typed), fold(found)
    return OSA.distance(typed, found)


def parts(
    reading: Interpretation, evidence: Evidence, score: float, agreement: int
) -> list[ScorePart]:
    """Return what adds up to `score`: the evidence, and what the interpretation changes.

    `agreement` is what `constraints.agreement` says of the work.
    """
    raw = score + reading.handicap + ranking.DISAGREES * (agreement == constraints.CONFLICTS)
    formulas = [_finished(formula, reading, agreement) for formula in _formulas(evidence, raw)]
    found = min(formulas, key=lambda formula: abs(sum(value for _, value in formula) - score))
    rest = score - sum(value for _, value in found)
    if abs(rest) > _NOTHING:
        found.append(("untyped" if reading.untyped else "rest", rest))
    return _rounded([(name, value) for name, value in found if value], score)


def _formulas(evidence: Evidence, raw: float) -> Iterator[list[tuple[str, float]]]:
    """Yield the formulas by which a row may have been scored `raw`, before its reading counts."""
    if evidence.grade is not None:
        step = min(max(raw - evidence.grade, -ranking.EXACT_STEP), 0.0)
        yield [(_GRADES[evidence.grade], evidence.grade), ("ties", step)]
    likeness, phrase, digits, tie = (float(part[0]) for part in evidence.parts)
    by_edits = [("likeness", likeness), ("digits", -digits)]
    by_phrase = [("phrase", phrase)]
    best = by_edits if likeness - digits > phrase else by_phrase
    most = ranking.MAX_INEXACT
    over = max(max(likeness - digits, phrase) - most, 0.0)
    yield [*best, ("limit", -over), ("ties", tie), ("begun", -evidence.begun)]
    yield [*by_phrase, ("ties", tie)]
    yield [("initials", ranking.INITIALS), ("ties", tie)]
    for worth in (ranking.SAME_MEANING, ranking.SEASON_OF_PREFIX):
        step = min(max(raw - worth, -2 * ranking.EXACT_STEP), 0.0)
        yield [("season", worth), ("ties", step)]


def _finished(
    formula: list[tuple[str, float]], reading: Interpretation, agreement: int
) -> list[tuple[str, float]]:
    """Return a formula with and what the interpretation changes."""
    room = max(ranking.SAME_MEANING - sum(value for _, value in formula), 0.0)
    wanted = {
        constraints.AGREES: ("agreement", min(ranking.AGREES, room)),
        constraints.CONFLICTS: ("disagreement", -ranking.DISAGREES),
    }.get(agreement, ("agreement", 0.0))
    return [*formula, wanted, ("handicap", -reading.handicap)]


def _rounded(found: list[tuple[str, float]], score: float) -> list[ScorePart]:
    """Return the parts in six places; what rounding loses goes to the first."""
    rounded = [ScorePart(name, round(value, _DIGITS)) for name, value in found]
    lost = round(score, _DIGITS) - sum(part.value for part in rounded)
    first = rounded[0]
    return [ScorePart(first.name, round(first.value + lost, _DIGITS)), *rounded[1:]]


def _agreement(model: ReadModel, node: int, reading: Interpretation) -> int:
    """Return whether the work is of the year and type that the query names."""
    if reading.via == "text":
        return 0
    columns, here = model.columns, slice(node, node + 1)
    return int(
        constraints.agreement(reading.title_parts, columns.year[here], columns.anime_type[here])[0]
    )


def _width(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _without_diacritics(text: str) -> str:
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFD", text)
        if not "\u0300" <= letter <= "\u036f"
    )
    return unicodedata.normalize("NFC", "".join(map(_in_plain_latin, bare)))


def _in_plain_latin(letter: str) -> str:
    foreign = not letter.isascii() and ord(letter) < _LATIN_END and letter.isalpha()
    return titles.folded(letter) if foreign else letter


def _in_one_script(text: str) -> str:
    return scripts.romanised(text.translate(_TO_HIRAGANA))


def _without_punctuation(text: str) -> str:
    # Between letters, because what stands alone is kept; some marks are spelt out.
    read = [letter if letter.isalnum() else titles.folded(f"a{letter}a")[1:-1] for letter in text]
    return " ".join("".join(read).split())


def _spaceless(text: str) -> str:
    return text.replace(" ", "")


_STAGES: Final[tuple[Stage, ...]] = (
    ("width", _width),
    ("case", str.casefold),
    ("diacritics", _without_diacritics),
    ("script", _in_one_script),
    ("han_variants", scripts.simplified),
    ("punctuation", _without_punctuation),
    ("spacing", _spaceless),
    ("long_vowels", titles.squeezed),
)
