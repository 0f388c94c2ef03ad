"""Beam search for the music of a tune: the likeliest bars, one after the other.

Hypotheses are compared at bar lines, where they have come equally far: after as many bars of the form, by the bits that
they cost for the time they last. So lengths are made up for in music, not in characters, and none wins by saving
letters or by a pickup. Within a bar the usual search goes character by character. The likeliest music of all says the
same bar again and again; so a hypothesis is dropped at a bar that comes too often
(``notation.repetition.Repetition.worn_out``). If all are, the bar is looked for once more, with twice the width.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import torch

from folkrnn.errors import GenerationError
from folkrnn.generation.copying import copy_choices
from folkrnn.generation.texts import GeneratedText
from folkrnn.model.network import NetworkState
from folkrnn.model.stepper import Stepper
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.context import ContextReader
from folkrnn.notation.grammar import NO_WISH, Grammar, Walk, Wish

MAX_WIDTH = 64
"""The widest search for a bar in place of those that come too often."""


@dataclass(frozen=True)
class _Hypothesis:
    """A beginning of the tune: its place in the grammar, its context, its bits, and whether a bar comes too often."""

    walk: Walk
    context: ContextReader
    bits: tuple[float, ...]
    row: int  # of the network's state before it reads ``last``
    last: tuple[int, ...]  # what it reads next
    total: float = 0.0
    time: Fraction = Fraction(0)
    poor: bool = False  # whether a bar of it comes too often, or is not what the plan says

    @property
    def rate(self) -> float:
        """The bits of the music over its time."""
        return self.total / float(self.time or 1)


def _ends_bar(walk: Walk, character: str) -> bool:
    """Return whether a character that was written completes a bar line."""
    return walk.at_bar_line and character in "|:]"


def _is_poor(context: ContextReader, character: str) -> bool:
    """Return whether a character would end a bar that comes too often, or that is not what the plan says."""
    return context.ends_off_plan(character) or (not context.shall_return and context.ends_worn_out(character))


class BeamSearch:
    """A search for the music after a header; the same header always has the same music."""

    def __init__(self, stepper: Stepper, vocabulary: Vocabulary, grammar: Grammar, longest: int, width: int) -> None:
        if width < 1:
            raise GenerationError(f"beam width={width!r} should be at least 1")
        self._stepper = stepper
        self._vocabulary = vocabulary
        self._grammar = grammar
        self._longest = longest
        self._width = width
        self._nothing_read = (vocabulary.start, *ContextReader().values)[: stepper.reads]

    def write(self, opening: GeneratedText, wish: Wish = NO_WISH) -> GeneratedText:
        """Return the whole tune for a written header and first bar; ``wish`` as for ``Grammar.walk``."""
        begin, state = self._read(opening.written, wish)
        beam = [begin]
        while not beam[0].walk.finished:
            beam, state = self._next_bar(beam, state, self._width)
        best = beam[0]
        bits = np.array([*opening.bits, *best.bits], np.float32)
        return replace(opening, written="".join(best.walk.text), bits=bits, finished=True)

    def _read(self, opening: str, wish: Wish) -> tuple[_Hypothesis, NetworkState]:
        """Return the hypothesis after what is written, and the network's state."""
        walk, context = self._grammar.walk(self._longest, wish), ContextReader()
        state = self._stepper.zero_state(1)
        last: tuple[int, ...] = self._nothing_read
        for character in opening:
            _, state = self._stepper(torch.tensor([last]), state)
            walk.advance(character, given=True)
            last = self._reading(character, context)
        return _Hypothesis(walk, context, (), 0, last), state

    def _reading(self, character: str, context: ContextReader) -> tuple[int, ...]:
        """Return what the network reads of a character, and advance the context."""
        context.advance(character)
        return (self._vocabulary.id(character), *context.values)[: self._stepper.reads]

    def _next_bar(
        self, beam: list[_Hypothesis], state: NetworkState, width: int
    ) -> tuple[list[_Hypothesis], NetworkState]:
        """Return the likeliest hypotheses with one more bar, best first, and the state of their rows."""
        done: list[tuple[_Hypothesis, NetworkState]] = []
        poor: list[tuple[_Hypothesis, NetworkState]] = []
        live, before, counted = beam, state, beam[0].walk.counted
        while live:
            rows = torch.tensor([each.row for each in live])
            logits, after = self._stepper(
                torch.tensor([each.last for each in live]), (before[0][:, rows], before[1][:, rows])
            )
            costs = logits.log_softmax(1).double().numpy() / -math.log(2)
            choices = [
                (each.total + costs[row, self._vocabulary.id(character)], row, character)
                for row, each in enumerate(live)
                for character in copy_choices(each.context, each.walk, first_bars=True) or each.walk.choices
            ]
            following = []
            for total, row, character in sorted(choices)[:width]:
                each = self._extended(live[row], row, character, total)
                if each.walk.finished or (_ends_bar(each.walk, character) and each.walk.counted > counted):
                    (poor if each.poor else done).append((each, after))
                else:
                    following.append(each)
            before = after
            done = sorted(done, key=lambda pair: pair[0].rate)[:width]
            # A hypothesis only ever gets less likely.
            bound = max(each.total for each, _ in done) if len(done) == width else math.inf
            live = [each for each in following if each.total < bound]
        if not done and width < MAX_WIDTH:
            return self._next_bar(beam, state, 2 * width)
        return self._gathered((done or sorted(poor, key=lambda pair: pair[0].rate))[: self._width])

    def _extended(self, each: _Hypothesis, row: int, character: str, total: float) -> _Hypothesis:
        walk, context = each.walk.copy(), each.context.copy()
        walk.advance(character)
        last = self._reading(character, context)
        poor = each.poor or _is_poor(each.context, character)
        time = each.time
        if _ends_bar(walk, character):
            time += walk.bar_length
        return _Hypothesis(walk, context, (*each.bits, total - each.total), row, last, total, time, poor)

    def _gathered(self, pairs: list[tuple[_Hypothesis, NetworkState]]) -> tuple[list[_Hypothesis], NetworkState]:
        """Return the hypotheses, with the rows of a state that holds what each of them needs."""
        hidden = torch.stack([state[0][:, each.row] for each, state in pairs], 1)
        cell = torch.stack([state[1][:, each.row] for each, state in pairs], 1)
        return [replace(each, row=row, poor=False) for row, (each, _) in enumerate(pairs)], (hidden, cell)
