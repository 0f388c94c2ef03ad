"""Which draft is written when, and which draft of each tune is delivered.

What a draft says depends on its tune and number alone. So drafts may be written in any order and at any place. On rows
that would rest, drafts are begun before anybody knows whether they are needed (speculation). They are judged in the
order of their numbers, as if they had been written one after the other.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from folkrnn.errors import GenerationError
from folkrnn.generation.drafts import DraftPolicy
from folkrnn.generation.prompts import Prompt
from folkrnn.generation.rows import Block
from folkrnn.generation.texts import GeneratedText, Refusal
from folkrnn.generation.writing import Writing
from folkrnn.model.threads import thread_map

Watch = Callable[[int, float, int, str], None]
"""A watcher of progress: the tunes finished, and of the next one the share written, the drafts judged, and its text."""

WATCH_INTERVAL = 0.1
"""Seconds between two calls of a watcher: more often nobody can see."""

SPECULATIVE_ROWS = 28
"""Up to this many rows, drafts are written that may not be needed: a row more costs little time then."""

SPECULATIVE_DRAFTS = 4
"""The drafts of a tune that are under way before any is judged; after more refusals, as many as were refused.

Most tunes need one draft or two. With the bundled model a single tune takes 0.6 of the time with 4 rows that it takes
with 12, and five tunes take 0.9 of it.
"""


@dataclass
class _Drafts:
    """The drafts of one tune: those from number ``judged`` on are under way, or ``over`` and wait for their turn."""

    index: int
    begun: int = 0
    judged: int = 0
    over: dict[int, GeneratedText] = field(default_factory=dict)
    accepted: list[GeneratedText] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    certain: set[str] = field(default_factory=set)  # what was written without chance


class Schedule:
    """The drafts of ``tunes``, at most ``batch`` at once, and the block in which they are written.

    Tunes are given by their numbers, in rising order.

    There is one block on one thread. Half of the work is Python's, so several blocks on several threads would wait for
    each other, and a row of a large block costs less. ``complete`` makes the whole tune of what a row has written.
    """

    def __init__(
        self,
        prompt_of: Callable[[int, int], Prompt],
        tunes: Sequence[int],
        batch: int,
        writing: Writing,
        policy: DraftPolicy,
        complete: Callable[[GeneratedText], GeneratedText],
    ) -> None:
        self._prompt_of = prompt_of
        self._tunes = tunes
        self._policy = policy
        self._complete = complete
        self._under_way: dict[int, _Drafts] = {}
        self._begun = 0  # tunes
        self._block = Block(writing, min(batch, max(SPECULATIVE_ROWS, len(tunes) * policy.best_of)))

    def run(self, stop: Callable[[], bool], watch: Watch | None = None) -> Iterator[GeneratedText]:
        """Write all tunes and yield them in order; when told to stop, yield those that are over."""
        done: dict[int, GeneratedText] = {}
        due = 0.0
        self._seat()
        for number, index in enumerate(self._tunes):
            while index not in done:
                if stop():
                    yield from (done[each] for each in sorted(done))
                    return
                (over,) = thread_map(Block.write, [self._block])
                for text in over:
                    if text.index in self._under_way and (delivered := self._judge(text)):
                        done[text.index] = delivered
                if over:
                    self._seat()
                if watch and time.monotonic() >= due:
                    due = time.monotonic() + WATCH_INTERVAL
                    drafts = self._under_way[index].judged if index in self._under_way else 0
                    share, draft = self._block.furthest(index)
                    watch(number + len(done), share, drafts, draft)
            yield done.pop(index)

    # ── judging ─────────────────────────────────────────────────────────────────────────────────

    def _judge(self, text: GeneratedText) -> GeneratedText | None:
        """Take a draft that is over; return the draft to deliver of its tune, if that is decided now."""
        drafts, policy = self._under_way[text.index], self._policy
        drafts.over[text.draft] = text
        while drafts.judged in drafts.over:
            last = self._complete(drafts.over.pop(drafts.judged))
            drafts.judged += 1
            if last.impossible:
                drafts.refusals.append(Refusal(last.impossible, kind="given"))
            elif refusal := policy.refusal(last):
                drafts.refusals.append(refusal)
            else:
                drafts.accepted.append(last)
            used_up = drafts.judged == policy.most_drafts or last.written in drafts.certain
            if used_up or len(drafts.accepted) == policy.best_of:
                return self._delivered(drafts, last)
            if last.certain:
                drafts.certain.add(last.written)
        return None

    def _delivered(self, drafts: _Drafts, last: GeneratedText) -> GeneratedText:
        """End the writing of a tune, and return the draft to deliver."""
        del self._under_way[drafts.index]
        self._block.drop(drafts.index)
        policy = self._policy
        best = max(drafts.accepted, key=policy.score, default=last)
        if best.impossible:
            raise GenerationError(f"the music given cannot begin this tune: {best.impossible}")
        return best.delivered(
            drafts=drafts.judged,
            refusals=tuple(drafts.refusals),
            accepted=bool(drafts.accepted),
            violation="" if drafts.accepted else policy.violation(best),
        )

    # ── beginning ───────────────────────────────────────────────────────────────────────────────

    def _seat(self) -> None:
        """Begin as many drafts as there is room for."""
        block = self._block
        while len(block) < block.size and (drafts := self._next(len(block))):
            block.begin(drafts.index, drafts.begun, self._prompt_of(drafts.index, drafts.begun))
            drafts.begun += 1

    def _next(self, rows: int) -> _Drafts | None:
        """Return the tune of which a draft is to be begun next, while some rows are busy; None if none is.

        First come drafts that are needed, of the tunes under way and then of new ones. Where rows rest, other drafts
        of the tunes under way follow, evenly.
        """
        policy = self._policy
        for drafts in self._under_way.values():
            if drafts.begun < min(drafts.judged + policy.best_of - len(drafts.accepted), policy.most_drafts):
                return drafts
        if self._begun < len(self._tunes):
            index = self._tunes[self._begun]
            self._begun += 1
            self._under_way[index] = _Drafts(index)
            return self._under_way[index]
        open_tunes = [
            drafts
            for drafts in self._under_way.values()
            if drafts.begun < min(drafts.judged + max(SPECULATIVE_DRAFTS, drafts.judged), policy.most_drafts)
        ]
        if rows >= SPECULATIVE_ROWS or not open_tunes:
            return None
        return min(open_tunes, key=lambda drafts: (drafts.begun - drafts.judged, drafts.index))
