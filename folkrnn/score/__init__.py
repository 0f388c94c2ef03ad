"""music21's view of a tune: the only package that imports music21.

``build`` makes scores, ``features`` counts features of them, and ``reading`` is music21's own reading of a text.
Import them where they are used, for music21 loads slowly.
"""
