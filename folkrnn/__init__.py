"""Compose, validate, hear and print folk tunes in ABC notation.

    import folkrnn

    tunes = folkrnn.read("session.abc")              # A list of tunes, from a file.
    tune = folkrnn.parse("X:1\\nT:…")[0]              # The same from a string.
    print(tune)                                      # ABC for people.
    folkrnn.validate(tune).playable                  # What two independent readers say.

    new = folkrnn.generate(3, rhythm="jig", key="D", seed=7)
    longer = folkrnn.extend(tune, bars=8)
    other = folkrnn.rewrite(tune, bars=(9, 16))
    setting = folkrnn.vary(tune, closeness=3)
    folkrnn.write(new, "set.pdf")                    # By the name's ending.

    composer = folkrnn.Composer()                    # Keeps a model warm.
    for composition in composer.generate(5, rhythm="reel"):
        print(composition.tune.title, composition.report.playable)

    folkrnn.train("my-tunes/", "runs/mine", minutes=30)

Nothing heavy is loaded before it is needed. All errors are ``folkrnn.FolkrnnError``; messages go to the
logger ``folkrnn``. Everything may be called from any thread.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from folkrnn.api import extend, generate, parse, read, rewrite, train, validate, vary, write
    from folkrnn.composition.composer import Composer
    from folkrnn.errors import FolkrnnError

__version__ = "0.1.0"

__all__ = [
    "Composer", "FolkrnnError", "extend", "generate", "parse", "read", "rewrite", "train", "validate", "vary", "write",
]  # fmt: skip

_HOMES = {"Composer": "folkrnn.composition.composer", "FolkrnnError": "folkrnn.errors"}


def __getattr__(name: str) -> Any:
    """Import a name of the front door when it is first asked for."""
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module 'folkrnn' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOMES.get(name, "folkrnn.api")), name)
    return found


def __dir__() -> list[str]:
    """Return the names of the front door, and Python's own."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
