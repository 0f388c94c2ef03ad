"""Features of jSymbolic as music21 computes them (McKay and Fujinaga, 2006; Cuthbert, Ariza and Friedland, 2011)."""

from music21.features import DataInstance, FeatureException, FeatureExtractor, jSymbolic

from folkrnn.notation import Tune
from folkrnn.score.build import to_score

JSYMBOLIC: dict[str, type[FeatureExtractor]] = {
    "mean interval": jSymbolic.AverageMelodicIntervalFeature,
    "commonest interval": jSymbolic.MostCommonMelodicIntervalPrevalenceFeature,
    "broken chords": jSymbolic.AmountOfArpeggiationFeature,
    "repeated notes": jSymbolic.RepeatedNotesFeature,
    "semitones": jSymbolic.ChromaticMotionFeature,
    "steps": jSymbolic.StepwiseMotionFeature,
    "thirds": jSymbolic.MelodicThirdsFeature,
    "fifths": jSymbolic.MelodicFifthsFeature,
    "tritones": jSymbolic.MelodicTritonesFeature,
    "octaves": jSymbolic.MelodicOctavesFeature,
    "rising": jSymbolic.DirectionOfMotionFeature,
    "length of arcs": jSymbolic.DurationOfMelodicArcsFeature,
    "size of arcs": jSymbolic.SizeOfMelodicArcsFeature,
    "commonest pitch": jSymbolic.MostCommonPitchPrevalenceFeature,
    "commonest pitch class": jSymbolic.MostCommonPitchClassPrevalenceFeature,
    "second pitch": jSymbolic.RelativeStrengthOfTopPitchesFeature,
    "second pitch class": jSymbolic.RelativeStrengthOfTopPitchClassesFeature,
    "pitches": jSymbolic.PitchVarietyFeature,
    "pitch classes": jSymbolic.PitchClassVarietyFeature,
    "range": jSymbolic.RangeFeature,
}
"""The features that describe a melody of one voice, without its tempo and instrument, by our names."""


def jsymbolic(tune: Tune) -> dict[str, float]:
    """Return the features in JSYMBOLIC of a tune's melody as it is written; one that needs more notes is 0.

    Raises ScoreError where music21 cannot represent the tune.
    """
    data = DataInstance(to_score(tune.alone(tune.melody)))
    found = {}
    for name, extractor in JSYMBOLIC.items():
        each = extractor()
        each.data = data
        try:
            found[name] = float(each.extract().vector[0])
        except (FeatureException, ArithmeticError, LookupError):
            found[name] = 0.0
    return found
