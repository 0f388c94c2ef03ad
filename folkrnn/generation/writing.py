"""What all drafts share: the model, how characters are chosen, and how often something is written again."""

from dataclasses import dataclass, replace
from functools import cached_property

from folkrnn.generation.ngram_critics import NO_CRITICS, NgramCritics
from folkrnn.generation.sampling import SamplingParameters
from folkrnn.model.stepper import Stepper
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.grammar import Grammar

RETRIES = 3
"""How often an impossible bar is written again before the grammar steers it."""

TITLE_RETRIES = 30
"""How often a title that will not do is written again, alone."""

CADENCE_RETRIES = 3
"""How often the last bar of a part is written again if it does not end on the tonic.

Three real parts of four end there, but fewer of those that the model writes: it knows how real tunes close,
yet seldom leads up to it by itself.
"""

KEY_RETRIES = 40
"""How often the last bar of a tune is written again where it shall end on the tonic."""

KEY_ACCIDENTALS = 0.08
"""The largest share of notes with accidentals where a tune shall keep to the scale; 15 % may be outside it."""

ACCIDENTAL_SIGNS = frozenset("^_=")
NOTE_LETTERS = frozenset("ABCDEFGabcdefg")

COLD = 0.5
"""Below this temperature of the music, what is written again is drawn at temperature 1: it would come out as before."""

GUARD_RETRIES = 30
"""How often a bar is written again if it comes too often (``notation.repetition.Repetition.worn_out``).

Of 397 real fiddle tunes none has a bar three times running, and 3 % one more than four times.
"""

PLAN_RETRIES = 12
"""How often a bar is written again if it is not what the plan says."""

FIRST_BAR_RETRIES = 2
"""How often the model itself writes the first bar of a part that the plan says is the same as an earlier one."""

PLAN_TEMPERATURE = 0.9
"""The factor of the temperature of a plan's labels.

At 1 plans are less orderly than those of real tunes: bars 5 and 1 are the same in 56 of 100 jigs, where it is 67.
"""

FOLLOWING_TEMPERATURE = 0.6
"""The factor of the temperature while a bar follows an earlier one note for note, in a tune without a plan.

Left alone, a model repeats half as many bars as people do. If one draw in ten goes astray, a bar of eight
notes seldom comes back whole. And a text in which bars do not come back teaches the model not to repeat.
"""


@dataclass(frozen=True)
class Writing:
    """What all rows have in common: the model, and how characters are chosen."""

    stepper: Stepper
    vocabulary: Vocabulary
    header_sampling: SamplingParameters
    title_sampling: SamplingParameters
    music_sampling: SamplingParameters
    max_characters: int
    seed: int
    grammar: Grammar | None
    retries: int
    opening_sampling: SamplingParameters
    """The choice in the first bar of the music."""
    opening_only: bool
    """Whether drafts are over after the first bar; a search finds the rest."""
    critics: NgramCritics = NO_CRITICS
    """Have bars and plans written again that the model writes too often."""

    @cached_property  # asked for with every character
    def inputs(self) -> int:
        """R, how many numbers the network reads with each character."""
        return self.stepper.reads

    @cached_property
    def title_again_sampling(self) -> SamplingParameters:
        """The choice in a title that is written again: never certain, or it would come out as before."""
        return replace(self.title_sampling, temperature=self.title_sampling.temperature or 1.0)

    @cached_property
    def plan_sampling(self) -> SamplingParameters:
        """The choice of the labels of a plan."""
        temperature = PLAN_TEMPERATURE * self.header_sampling.temperature
        return replace(self.header_sampling, temperature=temperature)

    @cached_property  # asked for with every character
    def following_sampling(self) -> SamplingParameters:
        """The choice in music while a bar follows an earlier one."""
        temperature = FOLLOWING_TEMPERATURE * self.music_sampling.temperature
        return replace(self.music_sampling, temperature=temperature)

    @cached_property
    def again_sampling(self) -> SamplingParameters:
        """The choice in a bar that is written again."""
        cold = self.music_sampling.temperature < COLD
        return replace(self.music_sampling, temperature=1.0) if cold else self.music_sampling
