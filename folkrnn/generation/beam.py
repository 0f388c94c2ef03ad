"""Beam search for the music of a tune: the likeliest bars, one after the other.

Hypotheses are compared at bar lines, where they have come equally far: after as many bars of the form, by the bits that
they cost for the time they last. So lengths are made up for in music, not in characters, and none wins by saving
letters or by a pickup. Within a bar the usual search goes character by character. The likeliest music of all says the
same bar again and again; so a hypothesis is dropped when a bar stands in it a third time running, or more often than
MAX_SAME times, unless all would be.
"""

import math
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import torch

from folkrnn.errors import GenerationError, NotationError
from folkrnn.generation.prompts import Prompt
from folkrnn.generation.texts import GeneratedText
from folkrnn.model.network import NetworkState
from folkrnn.model.stepper import Stepper
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.context import ContextReader
from folkrnn.notation.grammar import Grammar, Walk

MAX_SAME = 4
"""The most times that the same bar may stand in a tune."""


@dataclass(frozen=True)
class _Hypothesis:
    """A beginning of the tune: its place in the grammar, its context, its bits, and its bars."""

    walk: Walk
    context: ContextReader
    bits: tuple[float, ...]
    row: int  # of the network's state before it reads ``last``
    last: tuple[int, ...]  # what it reads next
    total: float = 0.0
    time: Fraction = Fraction(0)
    bars: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """The bits of the music over its time."""
        return self.total / float(self.time or 1)

    @property
    def repeats(self) -> bool:
        """Whether its last bar comes too often."""
        return self.bars[-3:] == self.bars[-1:] * 3 or Counter(self.bars)[self.bars[-1]] > MAX_SAME


def _ends_bar(walk: Walk, character: str) -> bool:
    """Return whether a character that was written completes a bar line."""
    return walk.at_bar_line and character in "|:]"


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

    def write(self, header: GeneratedText, prompt: Prompt) -> GeneratedText:
        """Return the whole tune for a written header; the music begins as the prompt says."""
        begin, state = self._read(header.written, prompt)
        if isinstance(begin, str):
            return replace(header, finished=False, impossible=begin)
        beam = [begin]
        while not beam[0].walk.finished:
            beam, state = self._next_bar(beam, state)
        best = beam[0]
        bits = np.array([*header.bits, *best.bits], np.float32)
        return replace(header, written="".join(best.walk.text), bits=bits, finished=True)

    def _read(self, header: str, prompt: Prompt) -> tuple[_Hypothesis | str, NetworkState]:
        """Return the hypothesis after what is given, or why that cannot stand, and the network's state."""
        walk, context = self._grammar.walk(self._longest, prompt.similarity), ContextReader()
        state = self._stepper.zero_state(self._width)
        last: tuple[int, ...] = self._nothing_read
        bits: list[float] = []
        body = prompt.body
        given = header
        while True:
            for character in given:
                logits, state = self._stepper(torch.tensor([last] * self._width), state)
                if walk.in_music or given is not header:
                    bits.append(-float(logits[0].log_softmax(0)[self._vocabulary.id(character)]) / math.log(2))
                try:
                    walk.advance(character, given=True)
                except NotationError as error:
                    return str(error), state
                last = self._reading(character, context)
            if not body:
                if given is not header:
                    walk.settle()
                return _Hypothesis(walk, context, tuple(bits), 0, last), state
            given, body = walk.opened(body), ""

    def _reading(self, character: str, context: ContextReader) -> tuple[int, ...]:
        """Return what the network reads of a character, and advance the context."""
        context.advance(character)
        return (self._vocabulary.id(character), *context.values)[: self._stepper.reads]

    def _next_bar(self, beam: list[_Hypothesis], state: NetworkState) -> tuple[list[_Hypothesis], NetworkState]:
        """Return the likeliest hypotheses with one more bar, best first, and the state of their rows."""
        done: list[tuple[_Hypothesis, NetworkState]] = []
        live, counted = beam, beam[0].walk.counted
        while live:
            lasts = torch.tensor([each.last for each in live] + [self._nothing_read] * (self._width - len(live)))
            rows = torch.tensor([each.row for each in live] + [0] * (self._width - len(live)))
            state = (state[0][:, rows], state[1][:, rows])
            logits, after = self._stepper(lasts, state)
            costs = logits.log_softmax(1).double().numpy() / -math.log(2)
            choices = [
                (each.total + costs[row, self._vocabulary.id(character)], row, character)
                for row, each in enumerate(live)
                for character in each.walk.choices
            ]
            following = []
            for total, row, character in sorted(choices)[: self._width]:
                each = self._extended(live[row], row, character, total)
                if each.walk.finished or (_ends_bar(each.walk, character) and each.walk.counted > counted):
                    done.append((each, after))
                else:
                    following.append(each)
            state = after
            done = sorted(done, key=lambda pair: pair[0].rate)[: self._width]
            # A hypothesis only ever gets less likely.
            bound = max(each.total for each, _ in done) if len(done) == self._width else math.inf
            live = [each for each in following if each.total < bound]
        fresh = [pair for pair in done if not pair[0].repeats] or done
        return self._gathered(fresh)

    def _extended(self, each: _Hypothesis, row: int, character: str, total: float) -> _Hypothesis:
        walk, context = each.walk.copy(), each.context.copy()
        walk.advance(character)
        last = self._reading(character, context)
        bars, time = each.bars, each.time
        if _ends_bar(walk, character):
            time += walk.bar_length
        if character in "|:" and not (each.walk.text and each.walk.text[-1] in "|:"):
            music = "".join(each.walk.text)
            bars = (*bars, music[max(music.rfind("|"), music.rfind(":"), music.rfind("\n")) + 1 :])
        return _Hypothesis(walk, context, (*each.bits, total - each.total), row, last, total, time, bars)

    def _gathered(self, pairs: list[tuple[_Hypothesis, NetworkState]]) -> tuple[list[_Hypothesis], NetworkState]:
        """Return the hypotheses, with the rows of a state that holds what each of them needs."""
        hidden = torch.stack([state[0][:, each.row] for each, state in pairs], 1)
        cell = torch.stack([state[1][:, each.row] for each, state in pairs], 1)
        return [replace(each, row=row) for row, (each, _) in enumerate(pairs)], (hidden, cell)
