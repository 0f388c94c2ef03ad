"""The reader: ABC text of any origin to tunes, with findings and without exceptions.

``book`` divides a text into tunes, ``tune`` reads the lines of one, ``voice`` its music token by token.
"""

from folkrnn.notation.reading.book import cut_book, iter_tunes, read_tunes
from folkrnn.notation.reading.lengths import parse_length

__all__ = ["cut_book", "iter_tunes", "parse_length", "read_tunes"]
