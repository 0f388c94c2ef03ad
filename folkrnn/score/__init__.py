"""music21's view of a tune: the only package that imports music21.

``folkrnn.score.build`` makes scores; import it where it is used, for music21 takes half a second to load.
"""
