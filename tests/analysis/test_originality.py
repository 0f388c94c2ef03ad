"""Known tunes are found again, in any key and note by note changed; unknown ones are not."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest

from folkrnn.analysis import originality, shortlist
from folkrnn.analysis.originality import COPY, RUN, Index
from folkrnn.composition.acceptors import COPIED_DRAFTS, IsOriginal
from folkrnn.corpus.melody import GRID_BARS, HELD, grid_of, melody_of, points_of
from folkrnn.errors import ModelError
from folkrnn.generation.texts import GeneratedText
from folkrnn.notation import Tune, canonical, read_tunes, transpose
from folkrnn.notation.pitch import Pitch


def tune(body: str, title: str = "Test", meter: str = "4/4", key: str = "G") -> Tune:
    return read_tunes(f"X:1\nT:{title}\nM:{meter}\nL:1/8\nK:{key}\n{body}\n")[0]


def invented(seed: int, bars: int = 16, meter: str = "4/4") -> Tune:
    """A melody like no other seed's."""
    rng = random.Random(seed)
    size = 8 if meter == "4/4" else 6
    body = "|".join("".join(rng.choices("DEFGABcdefga", k=size)) for _ in range(bars))
    return tune(body + "|]", f"Tune {seed}", meter)


@pytest.fixture(scope="module")
def index() -> Index:
    tunes = [invented(seed, meter=meter) for seed in range(150) for meter in ("4/4", "6/8")]
    return Index.of((each, f"{each.title} in {each.meter}") for each in tunes)


def changed(tune: Tune, share: float, seed: int) -> Tune:
    """A tune with some of its notes moved by a few steps."""
    rng = random.Random(seed)

    def moved(pitch: Pitch) -> Pitch:
        octave, step = divmod(pitch.octave * 7 + pitch.step + rng.choice([-3, -2, -1, 1, 2, 3]), 7)
        return Pitch(step, octave, tune.key.signature.get(step, 0))

    bars = [
        replace(
            bar,
            notes=tuple(
                note._replace(pitches=tuple(map(moved, note.pitches))) if rng.random() < share else note
                for note in bar.notes
            ),
        )
        for bar in tune.bars
    ]
    return tune.with_bars(tuple(bars))


@pytest.mark.parametrize("interval", [(0, 0), (1, 2), (-3, -5), (4, 7), (-7, -12)])
def test_a_copy_is_found_in_any_key(index: Index, interval: tuple[int, int]) -> None:
    found = index.judge(replace(transpose(invented(7), *interval), fields=(("T", "Brand New"),)))
    assert found.source == found.nearest == "Tune 7 in 4/4"
    assert (found.copied, found.likeness, found.bars) == (1.0, 1.0, 16.0)
    assert not found.title_known


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_a_copy_that_was_changed_note_by_note_is_nearest(index: Index, share: float) -> None:
    right = 0
    for seed in range(20):
        found = index.judge(transpose(changed(invented(seed), share, seed), 1, 2))
        right += found.nearest == f"Tune {seed} in 4/4"
        assert found.copied <= 1 - share + 0.35
    assert right >= 19


def test_a_new_tune_has_nothing_copied_and_is_like_none(index: Index) -> None:
    found = [index.judge(invented(seed)) for seed in range(1000, 1030)]
    assert max(each.copied for each in found) == 0
    assert max(each.likeness for each in found) < 0.5
    assert max(each.evidence for each in found) < COPY < index.judge(changed(invented(3), 0.4, 1)).evidence


def test_a_part_of_a_tune_is_a_copy_and_another_rhythm_is_none(index: Index) -> None:
    whole = invented(9)
    assert index.judge(whole.with_bars(whole.bars[:8])).nearest == "Tune 9 in 4/4"
    dotted = [
        replace(
            bar,
            notes=tuple(
                note._replace(duration=note.duration * (3 if n % 2 == 0 else 1) / 2) for n, note in enumerate(bar.notes)
            ),
        )
        for bar in whole.bars
    ]
    assert index.judge(whole.with_bars(tuple(dotted))).evidence < COPY


def test_the_copied_share_counts_notes_in_long_runs_of_one_tune(index: Index) -> None:
    theirs, ours = invented(5).bars, invented(2000).bars
    mixed = invented(2000).with_bars((*ours[:4], *theirs[4:8], *ours[8:]))
    found = index.judge(mixed)
    assert found.source == "Tune 5 in 4/4"
    assert found.copied == pytest.approx(0.25, abs=0.02)
    assert found.bars == pytest.approx(4, abs=0.2)
    one_bar = invented(2000).with_bars((*ours[:4], theirs[4], *ours[5:]))  # eight notes are no run
    assert index.judge(one_bar).copied == 0


def test_runs_are_compared_by_interval_and_length() -> None:
    scale = "GABcdefgabag|"
    one = Index.of([(tune(scale, meter="12/8"), "scale")])
    assert one.judge(tune(scale, meter="12/8", key="G")).copied == 1
    assert one.judge(tune("ABcdefgabc'ba|", meter="12/8", key="Amix")).copied == 0  # other intervals
    assert one.judge(tune("G2A2B2c2d2e2f2g2a2b2a2g2|", meter="24/8")).copied == 0  # other lengths
    assert len("GABcdefgabag") == RUN
    assert one.judge(tune("GABcdefgaba|", meter="11/8")).copied == 0  # too short a run


def test_titles_are_known_however_they_are_spelled(index: Index) -> None:
    assert index.judge(tune("ABcd|", title="tune 7")).title_known
    assert not index.judge(tune("ABcd|", title="Tune 999")).title_known


def test_ties_are_one_note_and_rests_none() -> None:
    melody = melody_of(tune("A4-A4|z4 B4-|B4 c4|"))
    assert melody.pitches.tolist() == [69, 71, 72]
    assert melody.lengths.tolist() == [960, 960, 480]
    assert melody.onsets.tolist() == [0.0, 1.5, 2.5]


@pytest.mark.parametrize(
    ("meter", "points"), [("4/4", 16), ("2/4", 16), ("3/4", 12), ("6/8", 12), ("9/8", 18), ("none", 16)]
)
def test_bars_are_laid_on_a_grid(meter: str, points: int) -> None:
    read = tune("G2|A8|", meter="4/4") if meter == "4/4" else tune("A2|", meter=meter)
    assert points_of(read) == points
    assert len(grid_of(read)) == GRID_BARS * points


def test_a_pickup_moves_no_bar_and_twice_as_fast_is_the_same() -> None:
    slow, fast = tune("D2|GABc dedB|G6|"), tune("D|G/A/B/c/ d/e/d/B/|G3|", meter="2/4")
    assert np.array_equal(grid_of(slow), grid_of(fast))
    assert grid_of(slow)[:20:2].tolist() == [67, 69, 71, 72, 74, 76, 74, 71, 67, HELD]
    assert set(grid_of(slow)[1:16:2].tolist()) == {HELD}


@pytest.mark.parametrize(
    ("music", "onsets", "lengths"),
    [
        ("A3B (3cde f>g|a8|", "0 3 4 14/3 16/3 6 15/2 8", [360, 120, 80, 80, 80, 180, 60, 960]),
        ("A2|B8|c8|", "0 8 16", [240, 960, 960]),
        ("(5ABcde (7ABcdefg A4|", "0 2/5 4/5 6/5 8/5 2 16/7 18/7 20/7 22/7 24/7 26/7 4", [48] * 5 + [34] * 7 + [480]),
    ],
)
def test_a_melody_keeps_exact_time(music: str, onsets: str, lengths: list[int]) -> None:
    melody = melody_of(tune(music))
    assert melody.onsets.tolist() == [float(Fraction(onset) / 8) for onset in onsets.split()]
    assert melody.lengths.tolist() == lengths


def test_pitches_that_no_one_hears_are_judged(index: Index) -> None:
    odd = tune("C,,,,,,,,,,4 c''''''''''''''''''4|z8|")
    assert grid_of(odd)[:9].tolist() == [1, *[HELD] * 7, HELD - 1]
    assert index.judge(odd).copied == 0


def test_an_index_comes_back_from_its_file(index: Index, tmp_path: Path) -> None:
    index.save(tmp_path / "new" / "index")
    again = Index.load(tmp_path / "new" / "index")
    assert len(again) == len(index)
    for seed in (3, 1003):
        assert again.judge(invented(seed)) == index.judge(invented(seed))


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"PK\x03\x04cut"])
def test_a_bad_index_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.index").write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.index") as caught:
        Index.load(tmp_path / "bad.index")
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def written(index: Index, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("index") / "index"
    index.save(path)
    return path.read_bytes()


def test_any_damage_to_an_index_is_one_clear_line(written: bytes, tmp_path: Path) -> None:
    rng = random.Random(1)
    damaged = [written[: rng.randrange(len(written))] for _ in range(20)]
    damaged += [written + b"more", written[:8] + b"\xff" * 16 + written[24:], written[:24] + bytes(1000)]
    for place in [*range(24), *(rng.randrange(len(written)) for _ in range(60))]:
        changed = bytearray(written)
        changed[place] ^= 1 << rng.randrange(8)
        damaged.append(bytes(changed))
    path = tmp_path / "bad.index"
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"bad\.index") as caught:
            Index.load(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("owners", lambda owners: owners + 300),
        ("owners", lambda owners: owners - 300),
        ("owners", lambda owners: owners[:-1]),
        ("places", lambda places: places.astype(np.int64)),
        ("grids", lambda grids: grids[:, :-1]),
        ("points", lambda points: points[:-1]),
        ("hashes", lambda hashes: hashes.reshape(1, -1)),
        ("pair_edges", lambda edges: edges[:-1]),
        ("pair_tunes", lambda tunes: np.zeros(5, np.int32)),
        ("titles", lambda titles: replace(titles, edges=titles.edges[::-1].copy())),
        ("names", lambda names: replace(names, edges=names.edges[:-1])),
    ],
)
def test_arrays_that_do_not_fit_are_no_index(
    index: Index, tmp_path: Path, name: str, wrong: Callable[[Any], Any]
) -> None:
    replace(index, **{name: wrong(getattr(index, name))}).save(tmp_path / "bad.index")
    with pytest.raises(ModelError, match=r"bad\.index: not a readable index"):
        Index.load(tmp_path / "bad.index")


@pytest.mark.parametrize("shape", [[10**12], [-1], ["x"], None, [10**400]])
def test_a_shape_that_cannot_be_is_no_index(written: bytes, tmp_path: Path, shape: Any) -> None:
    length = int.from_bytes(written[16:24], "little")
    about = json.loads(written[24 : 24 + length])
    about["arrays"]["owners"][1] = shape
    header = json.dumps(about).encode()
    start = written[:12] + crc32(header).to_bytes(4, "little") + len(header).to_bytes(8, "little")
    (tmp_path / "bad.index").write_bytes(start + header + written[24 + length :])
    with pytest.raises(ModelError, match=r"bad\.index: not a readable index"):
        Index.load(tmp_path / "bad.index")


def test_a_long_title_costs_its_own_length(tmp_path: Path) -> None:
    named = [(invented(seed), f"Tune {seed}") for seed in range(100)]
    Index.of(named).save(tmp_path / "short")
    long = replace(named[0][0], fields=(("T", "x" * 100_000), ("M", "4/4"), ("K", "G")))
    index = Index.of([(long, "y" * 100_000), *named[1:]])
    index.save(tmp_path / "long")
    assert (tmp_path / "long").stat().st_size - (tmp_path / "short").stat().st_size < 201_000
    assert Index.load(tmp_path / "long").judge(long).nearest == "y" * 100_000
    assert index.knows_title("X" * 100_000)


def test_beside_many_tunes_a_shortlist_leads_to_the_same_nearest_tune(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    edges, tunes = shortlist.listed(index.grids, index.points)
    listed = replace(index, pair_edges=edges, pair_tunes=tunes)
    copies = [transpose(changed(invented(seed), share, seed), 1, 2) for share in (0.0, 0.3, 0.6) for seed in range(6)]
    expected = [index.judge(copy) for copy in copies]
    monkeypatch.setattr(originality, "FEW_TUNES", 100)
    monkeypatch.setattr(shortlist, "SHORTLIST", 20)
    for copy, original in zip(copies, expected, strict=True):
        assert len(listed._rows(grid_of(copy), points_of(copy), np.zeros(0, np.int64))) <= 80
        assert listed.judge(copy) == original


def test_a_tune_of_rests_is_judged(index: Index) -> None:
    found = index.judge(tune("z8|z8|]"))
    assert (found.copied, found.likeness, found.nearest) == (0.0, 0.0, "")


def draft(tune: Tune) -> GeneratedText:
    return GeneratedText(0, canonical(tune), finished=True)


@pytest.mark.parametrize("required", [False, True])
def test_drafts_that_copy_too_much_are_refused(required: bool) -> None:
    known, new = invented(1), invented(2)
    accepts = IsOriginal(Index.of([(known, "Tune 1")]), 0.2, required=required)
    refusal = accepts(replace(draft(known), draft=COPIED_DRAFTS - 1))
    assert refusal == ("100% of its notes are copied from Tune 1; expected at most 20%", required, "copied")
    assert accepts(draft(new)) is None


def test_unless_a_share_is_asked_for_nothing_is_copied_at_first() -> None:
    known = invented(1)
    bars = invented(2).bars
    start = replace(known, voices=(replace(known.voices[0], bars=(*known.bars[:2], *bars[2:])),))
    index = Index.of([(known, "Tune 1")])
    assert 0 < index.judge(start).copied < 0.5
    for number in range(COPIED_DRAFTS):
        refusal = IsOriginal(index)(replace(draft(start), draft=number))
        assert (refusal is None) == (number == COPIED_DRAFTS - 1)
        assert IsOriginal(index, 0.5, required=True)(replace(draft(start), draft=number)) is None


def test_a_known_tune_with_notes_changed_is_refused(index: Index) -> None:
    copy = changed(invented(3), 0.4, 1)
    assert IsOriginal(index, required=True)(draft(copy)) == ("it is Tune 3 in 4/4, changed", True, "copied")


def test_a_known_title_is_avoided_but_no_failure(index: Index) -> None:
    new = replace(invented(3000), fields=(("T", "Tune 5"), ("M", "4/4"), ("K", "G")))
    assert IsOriginal(index, any_title=False, required=True)(draft(new)) == (
        "the title Tune 5 is known",
        False,
        "title",
    )
    assert IsOriginal(index)(draft(new)) is None
