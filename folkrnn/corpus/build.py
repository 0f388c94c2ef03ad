"""Building a corpus: read, clean, drop, group into families, split, save, load."""

import hashlib
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from folkrnn.corpus.cleaning import clean_title, match_value, title_key
from folkrnn.corpus.mending import with_slurs
from folkrnn.corpus.recipe import WIDE, Recipe, SourceSettings
from folkrnn.corpus.sources import source_size, source_texts
from folkrnn.errors import CorpusError
from folkrnn.files import write_together
from folkrnn.notation import Tune, canonical, faults, is_playable, iter_tunes, without
from folkrnn.notation.canonical import without_inner_ties
from folkrnn.notation.headers import split_header
from folkrnn.notation.microtones import has_microtones
from folkrnn.notation.reading import cut_book
from folkrnn.notation.rhythms import meters_fit
from folkrnn.notation.text import escaped_text
from folkrnn.notation.voices import about_melody
from folkrnn.processes import process_map

if TYPE_CHECKING:
    from folkrnn.cluster import Cluster
    from folkrnn.corpus.contours import Contour
    from folkrnn.corpus.families import Runs

_log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

SPLITS = ("train", "validation", "test")

MIN_SHARED_BYTES = 1 << 20
"""Fewer bytes than this are read before other processes have started."""

PIECE_CHARACTERS = 1 << 14
"""A longer tunebook is cut into pieces of about this length, some sixty tunes, where several processes read."""


@dataclass(frozen=True, slots=True)
class CorpusTune:
    """A tune of a corpus: its canonical text, its collection and source, its family and its split.

    ``notes`` counts its notes and rests, the denominator of bits per note. A tune is ``playable`` if our reader finds
    neither an error nor a warning.
    """

    text: str
    collection: str
    source: str
    family: str
    split: str
    notes: int
    playable: bool


@dataclass(frozen=True, slots=True)
class Corpus:
    """The tunes that a recipe keeps, in the order of its sources, and the counts of dropped ones.

    ``dropped`` counts them by collection and reason. ``mix`` is that of the recipe: weights of rhythms.
    """

    name: str
    recipe: dict[str, Any]
    tunes: tuple[CorpusTune, ...]
    dropped: dict[str, dict[str, int]]
    mix: dict[str, float] = field(default_factory=dict)

    def texts(self, split: str) -> list[str]:
        """Return the canonical texts of one split."""
        return [tune.text for tune in self.tunes if tune.split == split]

    def of(self, split: str) -> list[CorpusTune]:
        """Return the tunes of one split."""
        return [tune for tune in self.tunes if tune.split == split]

    @property
    def digest(self) -> str:
        """A hash of all texts and their splits."""
        content = "".join(f"{tune.split} {tune.text}" for tune in self.tunes)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _KeptTune:
    """What a corpus needs to know of a tune besides its text: a thousandth of the tune itself.

    ``title`` is the key of its title, ``digest`` that of title and notes. Its melody is compared by ``runs``
    and, where families are wide, by its ``contour``.
    """

    title: str
    digest: str
    runs: "Runs"
    contour: "Contour | None"
    source: str
    notes: int
    playable: bool

    @classmethod
    def of(cls, tune: Tune, wide: bool) -> "_KeptTune":
        from folkrnn.corpus.contours import contour
        from folkrnn.corpus.families import runs

        notes = [(*(pitch.midi for pitch in note.pitches), str(note.duration)) for note in tune.notes()]
        title = title_key(tune.title)
        digest = hashlib.sha256(f"{title} {notes}".encode()).hexdigest()[:12]
        source = f"{tune.source}:{tune.line}"
        heard = contour(tune) if wide else None
        return cls(title, digest, runs(tune), heard, source, len(notes), is_playable(tune.findings))


def build_corpus(
    recipe: Recipe,
    progress: Callable[[str], None] | None = None,
    jobs: int = 1,
    cluster: "Cluster | None" = None,
) -> Corpus:
    """Build the corpus of a recipe; ``progress`` gets a line a source.

    The files are read by the workers of a ``cluster``, or by ``jobs`` processes.

    Raise CorpusError if no tune is left.
    """
    # NumPy is not needed to read a file or a recipe.
    from folkrnn.corpus.families import families_of_runs

    dropped: dict[str, Counter[str]] = defaultdict(Counter)
    kept = list(map_kept(partial(_KeptTune.of, wide=recipe.families == WIDE), recipe, dropped, progress, jobs, cluster))
    if not kept:
        raise CorpusError(f"recipe {recipe.name!r} leaves no tune; dropped: {_reasons(dropped)}")
    if progress:
        progress(f"finding the families of {len(kept)} tunes")
    contours = [tune.contour for tune, _, _ in kept if tune.contour]
    family = families_of_runs((tune.runs for tune, _, _ in kept), [tune.title for tune, _, _ in kept], contours)
    names = _family_names(family, [tune.digest for tune, _, _ in kept])
    tunes = tuple(
        CorpusTune(text, collection, tune.source, name, split_of(name, recipe), tune.notes, tune.playable)
        for (tune, collection, text), name in zip(kept, names, strict=True)
    )
    left_out = {name: dict(counts) for name, counts in dropped.items()}
    return Corpus(recipe.name, recipe.settings(), tunes, left_out, recipe.mix)


def kept_tunes(
    recipe: Recipe,
    dropped: dict[str, Counter[str]] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Iterator[tuple[Tune, str, str]]:
    """Yield each tune that a recipe keeps, cleaned, with the name of its source and its canonical text.

    See ``map_kept``.
    """
    return map_kept(_itself, recipe, dropped, progress)


def _itself(tune: Tune) -> Tune:
    return tune


def map_kept(
    function: Callable[[Tune], _Result],
    recipe: Recipe,
    dropped: dict[str, Counter[str]] | None = None,
    progress: Callable[[str], None] | None = None,
    jobs: int = 1,
    cluster: "Cluster | None" = None,
) -> Generator[tuple[_Result, str, str], None, None]:
    """Yield what a function returns for each tune that a recipe keeps, with the tune's source and canonical text.

    A file is read when its first tune is asked for, so the caller may stop at any time; ``jobs`` processes above 1
    read ahead (see ``processes.process_map``), unless there are less than MIN_SHARED_BYTES, and so do the workers of a
    ``cluster``. They share long files too.
    ``dropped`` counts the other tunes by source and reason, and
    ``progress`` gets a line after each source. A file of a folder that holds no tune is named in the log. Raise
    CorpusError for a source that cannot be read.
    """
    dropped = defaultdict(Counter) if dropped is None else dropped
    seen: set[str] = set()
    files = ((source, name, text) for source in recipe.sources for name, text in source_texts(source))
    read_piece = partial(_read_piece, function, recipe)
    results: Generator[tuple[SourceSettings, str, list[tuple[_Result, str] | str]], None, None]
    if cluster:
        results = cluster.map(read_piece, _pieces(files))
    elif jobs > 1 and sum(map(source_size, recipe.sources)) >= MIN_SHARED_BYTES:
        results = process_map(read_piece, _pieces(files), jobs)
    else:
        results = process_map(read_piece, ((*file, 0) for file in files), 1)
    with closing(results):
        for source, group in groupby(results, key=itemgetter(0)):
            read = 0
            for tune in chain.from_iterable(map(_tunes_of, group)):
                read += 1
                if isinstance(tune, str):
                    dropped[source.name][tune] += 1
                    continue
                result, text = tune
                music = text.split("\n", 2)[-1]
                if music in seen:
                    dropped[source.name]["duplicate"] += 1
                else:
                    seen.add(music)
                    yield result, source.name, text
            if progress:
                progress(f"{source.name}: {read} tunes read, {read - sum(dropped[source.name].values())} kept")


def _tunes_of(file: tuple[SourceSettings, str, list[_Result]]) -> list[_Result]:
    """Return what was read of a file's tunes; a file without tunes is named in the log."""
    _, name, tunes = file
    if not tunes:
        _log.warning("%s: holds no tune; expected one that begins with X: and has a K: field", name)
    return tunes


def _pieces(files: Iterable[tuple[SourceSettings, str, str]]) -> Iterator[tuple[SourceSettings, str, str, int]]:
    """Yield source, name and text of each file, long ones in pieces, and the lines before each; see ``cut_book``."""
    for source, name, text in files:
        for lines, piece in cut_book(text, PIECE_CHARACTERS):
            yield source, name, piece, lines


def _read_piece(
    function: Callable[[Tune], _Result], recipe: Recipe, piece: tuple[SourceSettings, str, str, int]
) -> tuple[SourceSettings, str, list[tuple[_Result, str] | str]]:
    """Return source and name of a piece of a file, and what ``_read_tune`` returns for its tunes; see ``_pieces``."""
    source, name, text, lines = piece
    tunes = (replace(tune, line=tune.line + lines) for tune in iter_tunes(text, name))
    return source, name, [_read_tune(function, clean(tune, recipe, source), recipe) for tune in tunes]


def _read_tune(function: Callable[[Tune], _Result], tune: Tune, recipe: Recipe) -> tuple[_Result, str] | str:
    """Return what a function returns for a clean tune, with its canonical text; or the reason to drop it."""
    if reason := reason_to_drop(tune, recipe):
        return reason
    text = canonical(tune)
    return "longer-than-allowed" if len(text) > recipe.longest_characters else (function(tune), text)


def clean(tune: Tune, recipe: Recipe, source: SourceSettings) -> Tune:
    """Return the melody of a tune mended, with a clean title, rhythm and origin, without what the recipe drops.

    Rhythm and origin are those that its fields match in the recipe's tables, else those of its source: a rhythm by the
    tune's number, if the tune's meter is one of that rhythm, else the one of all its tunes. Other voices are left out
    with what was found about them, and so are ties of single notes of a chord.
    """
    tune = with_slurs(tune) if "slurs" in recipe.mend else tune
    title = clean_title(tune.title)
    section = source.rhythm_of(tune.number)
    if not meters_fit(section, str(tune.meter)):
        section = ""
    rhythm = match_value((tune.rhythm, *tune.all_fields("T")), recipe.rhythms) or section or source.rhythm
    origin = match_value((tune.origin,), recipe.origins) or source.origin
    fields = tuple((letter, value) for letter, value in tune.fields if letter not in "TRO")
    fields = (("T", escaped_text(title)), ("R", rhythm), ("O", origin), *fields)
    melody = replace(tune.alone(tune.melody), fields=fields, findings=about_melody(tune))
    return without_inner_ties(without(melody, frozenset(recipe.drop)))


def reason_to_drop(tune: Tune, recipe: Recipe) -> str:
    """Why a recipe drops a tune: the code of a finding, ``microtones``, or its length; empty if it stays."""
    for finding in faults(tune.findings):
        if finding.code not in recipe.allow:
            return finding.code
    if any(map(has_microtones, tune.bars)):
        return "microtones"  # neither the grammar nor the model has them
    return "shorter-than-allowed" if tune.bar_count < recipe.shortest_bars else ""


def _family_names(family: list[int], digests: list[str]) -> list[str]:
    """Return the name of each tune's family, which depends only on its members' titles and notes.

    The order and the number of the members do not change it, nor does their spelling, so a held-out tune stays held
    out.
    """
    names: dict[int, str] = {}
    for index, digest in zip(family, digests, strict=True):
        names[index] = min(names.get(index, digest), digest)
    return [names[index] for index in family]


def split_of(family: str, recipe: Recipe) -> str:
    """Return the split of a family, from the hash of its name."""
    # Split by tune family: settings of one tune must not be both in train and in test.
    share = int(hashlib.sha256(family.encode()).hexdigest()[:8], 16) / 16**8
    if share < recipe.test:
        return "test"
    return "validation" if share < recipe.test + recipe.validation else "train"


def _reasons(dropped: dict[str, Counter[str]]) -> str:
    total: Counter[str] = sum(dropped.values(), Counter())
    return ", ".join(f"{code} {count}" for code, count in total.most_common(5)) or "none"


def save_corpus(corpus: Corpus, folder: Path, overwrite: bool = False) -> None:
    """Write a corpus: a tunebook for each split, and ``corpus.json``.

    Raise CorpusError if a file exists, unless ``overwrite``, or cannot be written.
    """
    paths = {split: folder / f"{split}.abc" for split in SPLITS}
    taken = [path for path in (*paths.values(), folder / "corpus.json") if path.exists()]
    if taken and not overwrite:
        raise _exists(taken[0])
    tunes = [{k: v for k, v in asdict(tune).items() if k != "text"} for tune in corpus.tunes]
    about = {"name": corpus.name, "recipe": corpus.recipe, "digest": corpus.digest, "dropped": corpus.dropped}
    about["mix"] = corpus.mix
    try:
        folder.mkdir(parents=True, exist_ok=True)
        contents = {path: "\n".join(corpus.texts(split)).encode() for split, path in paths.items()}
        # What makes a corpus of them takes its place last.
        contents[folder / "corpus.json"] = json.dumps({**about, "tunes": tunes}, indent=0, ensure_ascii=False).encode()
        try:
            write_together(contents, overwrite=overwrite)
        except FileExistsError as error:  # it came to be there meanwhile
            raise _exists(error.filename) from None
    except OSError as error:
        raise CorpusError(f"{folder}: cannot be written: {error.strerror or error}") from None


def _exists(path: Path | str) -> CorpusError:
    return CorpusError(f"{path}: exists already; --force overwrites it")


def load_corpus(folder: Path) -> Corpus:
    """Read a corpus that ``save_corpus`` wrote. Raise CorpusError if it is not one, or has been changed."""
    try:
        about = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
        texts = {}
        for split in SPLITS:
            content = (folder / f"{split}.abc").read_text(encoding="utf-8")
            texts[split] = iter([text.rstrip("\n") + "\n" for text in content.split("\n\n") if text.strip()])
        tunes = [CorpusTune(text=next(texts[entry["split"]]), **entry) for entry in about["tunes"]]
        corpus = Corpus(about["name"], about["recipe"], tuple(tunes), about["dropped"], about.get("mix", {}))
        left = [text for rest in texts.values() for text in rest]
        if left or corpus.digest != about["digest"]:
            raise CorpusError(f"{folder}: the tunes do not match corpus.json; build the corpus again")
    except FileNotFoundError as error:
        raise CorpusError(
            f"{error.filename}: is not there; expected a folder that 'folkrnn corpus build' wrote"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError) as error:
        raise CorpusError(
            f"{folder}: is no corpus that 'folkrnn corpus build' wrote: {str(error) or 'a tune is missing'}"
        ) from None
    return corpus


VALUE_FIELDS = "ROMK"
"""The letters of the fields whose values many tunes share: rhythm, origin, meter, key."""


def field_values(tunes: Iterable[CorpusTune]) -> dict[str, list[str]]:
    """Return the values of the header fields of some tunes, by the field's letter, commonest first."""
    return {letter: [value for value, _ in counts.most_common()] for letter, counts in _counted(tunes).items()}


def merged_values(values: Mapping[str, list[str]], more: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return values by letter followed by more of them, each once."""
    return {letter: list(dict.fromkeys([*values.get(letter, []), *more.get(letter, [])])) for letter in VALUE_FIELDS}


def _counted(tunes: Iterable[CorpusTune]) -> dict[str, Counter[str]]:
    """Return how often each field has each value, by the field's letter."""
    values: dict[str, Counter[str]] = {letter: Counter() for letter in VALUE_FIELDS}
    for tune in tunes:
        for line in split_header(tune.text)[0]:
            if line[0] in values:
                values[line[0]][line[2:]] += 1
    return values


def statistics(tunes: Iterable[CorpusTune]) -> dict[str, Any]:
    """Return counts of corpus tunes: tunes, families, notes, characters, and the commonest field values."""
    tunes = list(tunes)
    values = _counted(tunes)
    return {
        "tunes": len(tunes),
        "families": len({tune.family for tune in tunes}),
        "playable": sum(tune.playable for tune in tunes),
        "notes": sum(tune.notes for tune in tunes),
        "characters": sum(len(tune.text) for tune in tunes),
        "rhythms": dict(values["R"].most_common(12)),
        "origins": dict(values["O"].most_common(12)),
        "meters": dict(values["M"].most_common(12)),
        "keys": dict(values["K"].most_common(12)),
    }
