"""Bits per note: what a model spends on the body of tunes it has not seen, by collection."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from folkrnn.corpus import CorpusTune
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.model.scoring import bits
from folkrnn.notation.context import planned_text
from folkrnn.notation.headers import split_header, training_text

FIDDLE = ("oneills1850", "ryansMammoth", "airdsAirs")
"""The fiddle collections; the summary has a figure for all of them together besides their own."""


@dataclass(frozen=True, slots=True)
class Bits:
    """Totals over some tunes: bits of whole texts, of bodies and of form lines, and how much there is of each.

    The body is the line of music with the line end that ends the tune. Characters are those of the whole texts.
    """

    text: float = 0.0
    body: float = 0.0
    form: float = 0.0
    characters: int = 0
    notes: int = 0
    tunes: int = 0

    def __add__(self, other: "Bits") -> "Bits":
        return Bits(
            self.text + other.text,
            self.body + other.body,
            self.form + other.form,
            self.characters + other.characters,
            self.notes + other.notes,
            self.tunes + other.tunes,
        )

    @property
    def per_note(self) -> float:
        """Bits of the body per note or rest."""
        return self.body / max(1, self.notes)

    @property
    def per_note_with_form(self) -> float:
        """The same with the bits of the form line, which gives the body's length beforehand."""
        return (self.body + self.form) / max(1, self.notes)

    @property
    def per_character(self) -> float:
        """Bits of the whole text per character."""
        return self.text / max(1, self.characters)


def measure_bits(checkpoint: Checkpoint, tunes: Sequence[CorpusTune]) -> dict[str, Bits]:
    """Return the bits of some tunes by collection; the fields of each header are in an order drawn for that tune."""
    totals: dict[str, Bits] = defaultdict(Bits)
    plans = checkpoint.network.settings.plans
    texts = [training_text(planned_text(tune.text) if plans else tune.text) for tune in tunes]
    spent = bits(checkpoint.network, checkpoint.vocabulary, texts)
    for tune, text, characters in zip(tunes, texts, spent, strict=True):
        start = len(text) - len(split_header(text)[1])
        form = text.index("\nI:form") + 1
        totals[tune.collection] += Bits(
            text=float(characters.sum()),
            body=float(characters[start:].sum()),
            form=float(characters[form : text.index("\n", form) + 1].sum()),
            characters=len(tune.text),
            notes=tune.notes,
            tunes=1,
        )
    return dict(totals)


def summarise(totals: dict[str, Bits]) -> dict[str, dict[str, float]]:
    """Return rounded figures for ``all``, ``fiddle`` and each collection, for a report or a model file."""

    def figures(parts: Iterable[Bits]) -> dict[str, float]:
        total = sum(parts, Bits())
        return {
            "bits_per_note": round(total.per_note, 4),
            "bits_per_note_with_form": round(total.per_note_with_form, 4),
            "bits_per_character": round(total.per_character, 4),
            "tunes": total.tunes,
        }

    fiddle = [totals[name] for name in FIDDLE if name in totals]
    combined = {"fiddle": figures(fiddle)} if fiddle else {}
    return {"all": figures(totals.values()), **combined, **{name: figures([part]) for name, part in totals.items()}}
