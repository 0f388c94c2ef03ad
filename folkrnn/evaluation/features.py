"""All features of a tune: those that are counted, and jSymbolic's, which need music21."""

import numpy as np
from numpy.typing import NDArray

from folkrnn.analysis.features import COUNTED, counted_of
from folkrnn.notation import Tune
from folkrnn.score.jsymbolic import JSYMBOLIC, jsymbolic

TUNE_FEATURES: dict[str, str] = dict.fromkeys(JSYMBOLIC, "McKay and Fujinaga 2006 (jSymbolic)") | COUNTED
"""All features: name and source in the literature; the order is that of the vectors."""


def features_of(tune: Tune) -> NDArray[np.float64]:
    """Return the features of a tune, (len(TUNE_FEATURES),). Raise ScoreError if music21 cannot represent it."""
    found = jsymbolic(tune)
    return np.array([*(found[name] for name in JSYMBOLIC), *counted_of(tune)])
