"""The judge's verdicts by rhythm: what a model writes in each, beside real tunes of that rhythm and those meters.

Only one setting of each real tune counts. The real tunes are from all parts of the corpus, because the held-out ones
alone have too few dances.
"""

import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from folkrnn.analysis.structure import TABLE, table_means
from folkrnn.composition.imitation import distinct, imitate, write_unasked
from folkrnn.corpus import Corpus
from folkrnn.evaluation.comparison import FOLDS
from folkrnn.evaluation.judge import Verdict, judge
from folkrnn.generation.drafts import SINGLE_DRAFT, DraftPolicy
from folkrnn.generation.sampling import DEFAULT_SAMPLING, SamplingParameters
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.grammar.header import abc2midi_takes
from folkrnn.notation.text import plain_text

JUDGED_RHYTHMS = ("reel", "jig", "hornpipe", "song")
"""The rhythms that are judged, as far as the corpus has them."""

UNASKED = "unasked"
"""The group of tunes of which nothing was asked."""

JUDGED_TUNES = 200
"""The usual number of tunes of a rhythm."""


MIN_JUDGED_TUNES = 2 * FOLDS
"""Fewer tunes of a rhythm than this are not judged."""

COMMON_WORDS = "title of common words only"
"""The row of the table about titles: two tunes of the corpus or more have each of the words in their titles."""


class Means(NamedTuple):
    """A row of the table: the means over real and over written tunes, and whether they are shares (0 to 1).

    A mean is None if the row applies to no tune.
    """

    real: float | None
    written: float | None
    is_share: bool


@dataclass(frozen=True)
class Group:
    """Real and written tunes of the same rhythms and meters, the verdict on them, and the table.

    ``floor`` is the verdict on two sets of real tunes. ``table`` has the mean of each row in real and in written tunes.
    """

    real: Sequence[Tune]
    written: Sequence[Tune]
    verdict: Verdict
    floor: Verdict
    table: dict[str, Means]

    @classmethod
    def of(
        cls,
        real: Sequence[Tune],
        written: Sequence[Tune],
        other: Sequence[Tune] = (),
        seed: int = 0,
        words: Mapping[str, int] | None = None,
    ) -> "Group":
        """Return the group of at least MIN_JUDGED_TUNES tunes on each side, with its verdicts.

        The floor compares with ``other`` real tunes. If they are few, the real ones are divided in two for it.
        ``words`` says in the titles of how many tunes of the corpus each word is. Without it no row is about titles.
        """
        half = len(real) // 2
        floor = judge(real, other, seed) if len(other) >= half else judge(real[:half], real[half:], seed)
        means = table_means(real), table_means(written)
        table = {name: Means(means[0][name], means[1][name], row.is_share) for name, row in TABLE.items()}
        if words is not None:
            table[COMMON_WORDS] = Means(_common(words, real), _common(words, written), is_share=True)
        return cls(real, written, judge(real, written, seed), floor, table)

    def figures(self) -> dict[str, Any]:
        """Return the figures as data for JSON."""
        return {
            "tunes": {"real": len(self.real), "written": len(self.written)},
            "told apart": {
                name: {kind: _rounded(area) for kind, area in verdict.areas().items()}
                for name, verdict in (("written against real", self.verdict), ("real against real", self.floor))
            },
            "table": {name: _rounded(means) for name, means in self.table.items()},
            "n-grams": [_rounded(gram) for gram in self.verdict.strongest],
            "habits": [_rounded(habit) for habit in self.verdict.by_habit],
        }


def judge_model(
    checkpoint: Checkpoint,
    corpus: Corpus,
    *,
    rhythms: Sequence[str] = (*JUDGED_RHYTHMS, UNASKED),
    count: int = JUDGED_TUNES,
    sampling: SamplingParameters = DEFAULT_SAMPLING,
    policy: DraftPolicy = SINGLE_DRAFT,
    seed: int = 0,
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, Group]:
    """Return the groups of the rhythms that a corpus and the model have, with up to ``count`` tunes on each side.

    ``sampling`` and ``policy`` say how the model writes. A rhythm with less than MIN_JUDGED_TUNES is left out.
    """
    groups: dict[str, Group] = {}
    if len(corpus.tunes) < MIN_JUDGED_TUNES:
        return groups
    words = title_counts(corpus)
    for rhythm in rhythms:
        if rhythm == UNASKED:
            progress(f"writing {count} tunes, {rhythm}")
            texts = write_unasked(count, checkpoint, sampling, seed, policy=policy)
            real, written, other = _matched(corpus, [text.tune for text in texts], seed)
        else:
            known = checkpoint.corpus.learned.meters(rhythm)
            found = real_tunes(corpus, rhythm, seed, known, 2 * count)
            real, other = found[:count], found[count:]
            progress(f"writing {len(real)} tunes, {rhythm}")
            texts = imitate(real, checkpoint, sampling, seed, policy=policy) if len(real) >= MIN_JUDGED_TUNES else []
            real, written = _alike(real, [text.tune for text in texts])
        if len(written) < MIN_JUDGED_TUNES:
            progress(f"too few real tunes to judge by, {rhythm}")
            continue
        progress(f"judging {len(written)} tunes, {rhythm}")
        groups[rhythm] = Group.of(real, written, other, seed, words)
    return groups


def real_tunes(
    corpus: Corpus, rhythm: str, seed: int = 0, meters: Container[str] | None = None, count: int = sys.maxsize
) -> list[Tune]:
    """Return up to ``count`` distinct tunes of a rhythm, shuffled by the seed; only those in ``meters`` if given.

    Tunes in meters in which the grammar would not write this rhythm are left out.
    """
    named = [tune for tune in corpus.tunes if f"\nR:{rhythm}\n" in tune.text]
    random.Random(seed).shuffle(named)
    tunes = (read_tunes(kept.text)[0] for kept in distinct(named))
    usable = (
        tune
        for tune in tunes
        if abc2midi_takes(rhythm, str(tune.meter)) and (meters is None or str(tune.meter) in meters)
    )
    return list(islice(usable, count))


def _kind(tune: Tune) -> tuple[str, str]:
    return tune.rhythm, str(tune.meter)


def _alike(real: Sequence[Tune], written: Sequence[Tune]) -> tuple[list[Tune], list[Tune]]:
    """Return those real tunes whose written counterpart has their rhythm and meter, and the counterparts."""
    pairs = [(one, other) for one, other in zip(real, written, strict=False) if _kind(one) == _kind(other)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def _matched(corpus: Corpus, written: Sequence[Tune], seed: int) -> tuple[list[Tune], list[Tune], list[Tune]]:
    """Return a real tune of its rhythm and meter for each written one, those written, and other real ones.

    A written tune is left out if no such real one is left.
    """
    left: dict[tuple[str, str], list[Tune]] = defaultdict(list)
    for rhythm in dict.fromkeys(tune.rhythm for tune in written):
        for tune in real_tunes(corpus, rhythm, seed):
            left[_kind(tune)].append(tune)
    pairs = [(left[_kind(tune)].pop(), tune) for tune in written if left[_kind(tune)]]
    other = [left[_kind(tune)].pop() for _, tune in pairs if left[_kind(tune)]]
    return [one for one, _ in pairs], [tune for _, tune in pairs], other


def title_counts(corpus: Corpus) -> Counter[str]:
    """Return in the titles of how many tunes each word is; settings of one tune count once."""
    families: dict[str, set[str]] = defaultdict(set)
    for tune in corpus.tunes:
        title = next((line[2:] for line in tune.text.split("\n") if line.startswith("T:")), "")
        families[tune.family].update(_words(title))
    return Counter(word for words in families.values() for word in words)


def _words(title: str) -> list[str]:
    return re.findall(r"\w+(?:'\w+)*", plain_text(title).casefold())


def _common(words: Mapping[str, int], tunes: Sequence[Tune]) -> float:
    """Return the share of the tunes all of whose title's words are in two titles or more."""
    return sum(all(words.get(word, 0) > 1 for word in _words(tune.title)) for tune in tunes) / len(tunes)


def _rounded(row: Any) -> dict[str, Any]:
    """Return a named tuple as data with rounded figures."""
    return {name: round(each, 4) if isinstance(each, float) else each for name, each in row._asdict().items()}
