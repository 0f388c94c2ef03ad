"""The reader: ABC text of any origin to tunes, with findings and without exceptions.

book         a text, to tunes
tune         the header and the lines of one tune
voice        the music of one voice, token by token
drafts       the bar in the making
accidentals  which pitch a letter stands for
lengths      how long a note is
lyrics       words and symbols below the music, to its notes
quoted       chord symbols and annotations
macros       texts that stand for longer ones
"""

from folkrnn.notation.reading.book import read_tunes
from folkrnn.notation.reading.lengths import parse_length

__all__ = ["parse_length", "read_tunes"]
