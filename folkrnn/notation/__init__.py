"""The ABC language of folk tunes: reading, writing, bar arithmetic, repeats."""

from folkrnn.notation.bars import check_bars, is_pickup
from folkrnn.notation.canonical import canonical, without
from folkrnn.notation.encoding import decode
from folkrnn.notation.final import ends_on, final_pitch
from folkrnn.notation.findings import ERROR, LEVELS, NOTE, WARNING, Finding, faults, is_playable
from folkrnn.notation.form import form, similarity
from folkrnn.notation.key import Key, parse_key
from folkrnn.notation.meter import Meter, parse_meter
from folkrnn.notation.order import performed_order
from folkrnn.notation.performance import Sound, performance
from folkrnn.notation.pitch import Pitch
from folkrnn.notation.reading import iter_tunes, read_tunes
from folkrnn.notation.repeats import Ending, Section, order_of, sections
from folkrnn.notation.transposition import interval_between, transpose
from folkrnn.notation.tune import Bar, Change, Grace, Note, Tune, Tuplet, Voice
from folkrnn.notation.writer import write_tune, write_tunebook

__all__ = [
    "ERROR",
    "LEVELS",
    "NOTE",
    "WARNING",
    "Bar",
    "Change",
    "Ending",
    "Finding",
    "Grace",
    "Key",
    "Meter",
    "Note",
    "Pitch",
    "Section",
    "Sound",
    "Tune",
    "Tuplet",
    "Voice",
    "canonical",
    "check_bars",
    "decode",
    "ends_on",
    "faults",
    "final_pitch",
    "form",
    "interval_between",
    "is_pickup",
    "is_playable",
    "iter_tunes",
    "order_of",
    "parse_key",
    "parse_meter",
    "performance",
    "performed_order",
    "read_tunes",
    "sections",
    "similarity",
    "transpose",
    "without",
    "write_tune",
    "write_tunebook",
]
