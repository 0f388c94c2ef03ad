"""Which tune of a changed book is which tune of before."""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True)
class Trait:
    """What a tune is known by: its book, the digest of its text without ``X:``, its number and its first title.

    A tune that stands in no book (``book`` empty) is known by its digests alone. ``last`` is the digest of the last
    version that was saved, which differs from ``digest`` if a program was stopped between the two.
    """

    book: str
    digest: str
    number: str = ""
    title: str = ""
    id: str = ""
    last: str = ""


_RULES: tuple[tuple[Callable[[Trait], tuple[str, ...]], Callable[[Trait], tuple[str, ...]]], ...] = (
    (lambda old: (old.book, old.digest, old.number), lambda new: (new.book, new.digest, new.number)),
    (lambda old: (old.book, old.digest), lambda new: (new.book, new.digest)),
    (lambda old: (old.digest,), lambda new: (new.digest,)),
    (lambda old: (old.last,), lambda new: (new.digest,)),
    (lambda old: (old.book, old.number, old.title), lambda new: (new.book, new.number, new.title)),
    (lambda old: (old.book, old.title) if old.title else (), lambda new: (new.book, new.title)),
    (lambda old: (old.book, old.number) if old.number else (), lambda new: (new.book, new.number)),
)
"""What must be equal, the surest first: what an old tune shows, and what a new one shows."""


def matched(old: Sequence[Trait], new: Sequence[Trait]) -> list[str]:
    """Return the id of each new tune; empty for one that is none of the old ones. No id is given twice."""
    ids = [""] * len(new)
    used: set[str] = set()
    for of_old, of_new in _RULES:
        waiting: dict[tuple[str, ...], deque[str]] = defaultdict(deque)
        for trait in old:
            shown = of_old(trait)
            if trait.id not in used and shown and (trait.book or len(shown) == 1):
                waiting[shown].append(trait.id)
        for place, trait in enumerate(new):
            if not ids[place] and (queue := waiting.get(of_new(trait))):
                ids[place] = queue.popleft()
                used.add(ids[place])
    return ids


def new_id(book: str, number: str, title: str, taken: Callable[[str], bool]) -> str:
    """Return an id for a tune, which is the same if it is asked for again; another one if that is taken."""
    count = 0
    while True:
        name = "\0".join((book, number, title, str(count)))
        id = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        if not taken(id):
            return id
        count += 1
