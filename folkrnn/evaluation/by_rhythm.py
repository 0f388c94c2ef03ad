"""The judge's verdicts by rhythm: what a model writes in each, beside real tunes of that rhythm and those meters.

Only one setting of each real tune counts. The real tunes are from all parts of the corpus, because the held-out ones
alone have too few dances.
"""

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from folkrnn.analysis.structure import TABLE, table_means
from folkrnn.composition.imitation import distinct, imitate, write_unasked
from folkrnn.corpus import Corpus
from folkrnn.errors import CorpusError
from folkrnn.evaluation.comparison import FOLDS
from folkrnn.evaluation.judge import Verdict, judge
from folkrnn.generation.drafts import SINGLE_DRAFT, DraftPolicy
from folkrnn.generation.sampling import DEFAULT_SAMPLING, SamplingParameters
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.grammar.header import abc2midi_takes

JUDGED_RHYTHMS = ("reel", "jig", "hornpipe", "song")
"""The rhythms that are judged, as far as the corpus has them."""

UNASKED = "unasked"
"""The group of tunes of which nothing was asked."""

JUDGED_TUNES = 200
"""The usual number of tunes of a rhythm."""


Sets = tuple[list[Tune], list[Tune], list[Tune]]
"""Real tunes, written ones, and other real ones."""


@dataclass(frozen=True)
class Group:
    """Real and written tunes of the same rhythms and meters; the verdict on them, and the floor.

    The floor is the verdict on two sets of real tunes.
    """

    real: Sequence[Tune]
    written: Sequence[Tune]
    verdict: Verdict
    floor: Verdict

    @classmethod
    def of(cls, real: Sequence[Tune], written: Sequence[Tune], other: Sequence[Tune], seed: int) -> "Group":
        """Return the group with its verdicts. ``other`` are further real tunes for the floor.

        If they are few, the real tunes are divided in two for it.
        """
        half = len(real) // 2
        floor = judge(real, other, seed) if len(other) >= half else judge(real[:half], real[half:], seed)
        return cls(real, written, judge(real, written, seed), floor)

    def figures(self) -> dict[str, Any]:
        """Return the figures as data for JSON."""
        table = {"real": table_means(self.real), "written": table_means(self.written)}
        return {
            "tunes": {"real": len(self.real), "written": len(self.written)},
            "told apart": {name: _rounded(area._asdict()) for name, area in self.verdict.areas().items()},
            "real against real": {name: _rounded(area._asdict()) for name, area in self.floor.areas().items()},
            "table": {name: {side: round(means[name], 4) for side, means in table.items()} for name in TABLE},
            "n-grams": [_rounded(gram._asdict()) for gram in self.verdict.strongest],
            "habits": [_rounded(habit._asdict()) for habit in self.verdict.by_habit],
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

    ``sampling`` and ``policy`` say how the model writes. Raises CorpusError if no rhythm has enough tunes.
    """
    groups = {}
    for rhythm in rhythms:
        real, written, other = (_asked if rhythm != UNASKED else _unasked)(
            checkpoint, corpus, rhythm, count, sampling, policy, seed, progress
        )
        if min(len(real), len(written)) < 2 * FOLDS:
            progress(f"{rhythm}: too few tunes to judge, {min(len(real), len(written))}")
            continue
        progress(f"{rhythm}: judging {len(written)} tunes")
        groups[rhythm] = Group.of(real, written, other, seed)
    if not groups:
        raise CorpusError(
            f"corpus {corpus.name!r} has too few tunes to judge {', '.join(rhythms)} by; "
            f"expected {2 * FOLDS} playable tunes of one of them"
        )
    return groups


def real_tunes(corpus: Corpus, rhythm: str, count: int, seed: int) -> list[Tune]:
    """Return distinct tunes of a rhythm, in meters in which the grammar writes it, shuffled by the seed."""
    named = [tune for tune in corpus.tunes if f"\nR:{rhythm}\n" in tune.text]
    random.Random(seed).shuffle(named)
    tunes = []
    for kept in distinct(named):
        (tune,) = read_tunes(kept.text)
        if abc2midi_takes(rhythm, str(tune.meter)):
            tunes.append(tune)
        if len(tunes) == count:
            break
    return tunes


def _asked(
    checkpoint: Checkpoint,
    corpus: Corpus,
    rhythm: str,
    count: int,
    sampling: SamplingParameters,
    policy: DraftPolicy,
    seed: int,
    progress: Callable[[str], None],
) -> Sets:
    """Return real tunes of a rhythm, what the model writes for each of them, and other real ones."""
    progress(f"{rhythm}: reading real tunes")
    known = checkpoint.corpus.learned.meters(rhythm)
    found = [tune for tune in real_tunes(corpus, rhythm, 2 * count, seed) if str(tune.meter) in known]
    real = found[:count]
    if len(real) < 2 * FOLDS:
        return real, [], []
    progress(f"{rhythm}: writing {len(real)} tunes")
    written = [text.tune for text in imitate(real, checkpoint, sampling, seed, policy=policy)]
    pairs = [(one, other) for one, other in zip(real, written, strict=True) if _kind(one) == _kind(other)]
    return [one for one, _ in pairs], [other for _, other in pairs], found[count:]


def _unasked(
    checkpoint: Checkpoint,
    corpus: Corpus,
    rhythm: str,
    count: int,
    sampling: SamplingParameters,
    policy: DraftPolicy,
    seed: int,
    progress: Callable[[str], None],
) -> Sets:
    """Return what the model writes unasked, with a real tune of its rhythm and meter for each, and other real ones.

    What is written in a rhythm and meter of which no further real tune is left is left out.
    """
    progress(f"{rhythm}: writing {count} tunes")
    texts = write_unasked(count, checkpoint, sampling, seed, policy=policy)
    progress(f"{rhythm}: reading real tunes")
    kinds = Counter(_kind(text.tune) for text in texts)
    sets: dict[tuple[str, str], list[Tune]] = defaultdict(list)
    for name in dict.fromkeys(name for name, _ in kinds):
        for tune in real_tunes(corpus, name, sys.maxsize, seed):
            sets[_kind(tune)].append(tune)
    real, written, other = [], [], []
    for text in texts:
        left = sets[_kind(text.tune)]
        if left:
            real.append(left.pop())
            written.append(text.tune)
    for tune in written:
        left = sets[_kind(tune)]
        if left:
            other.append(left.pop())
    return real, written, other


def _kind(tune: Tune) -> tuple[str, str]:
    return tune.rhythm, str(tune.meter)


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: round(figure, 4) if isinstance(figure, float) else figure for name, figure in figures.items()}
