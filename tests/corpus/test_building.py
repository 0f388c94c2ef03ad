import hashlib
import io
import random
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from folkrnn.corpus import (
    SPLITS,
    Corpus,
    CorpusTune,
    Recipe,
    SourceSettings,
    build_corpus,
    field_values,
    kept_tunes,
    merged_values,
    recipe_of,
    statistics,
)
from folkrnn.corpus.build import split_of
from folkrnn.errors import CorpusError, InputError
from folkrnn.notation import canonical, read_tunes, transpose

SCALE = "CDEFGABcdefg"


def melody(seed: int, bars: int = 8) -> str:
    """Return a melody that no other seed gives."""
    rng = random.Random(seed)
    return "|".join("".join(rng.choice(SCALE) for _ in range(8)) for _ in range(bars)) + "|]"


def tune(seed: int, title: str = "", key: str = "C", extra: str = "") -> str:
    return f"X:1\nT:{title or f'Tune {seed}'}\n{extra}M:4/4\nL:1/8\nK:{key}\n{melody(seed)}\n"


def build(folder: Path, *texts: str, **settings: object) -> Corpus:
    """Build the corpus of a folder with one file a text."""
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number:03}.abc").write_text(text, encoding="utf-8")
    recipe = Recipe("test", (SourceSettings(path=str(folder)),), **settings)  # type: ignore[arg-type]
    return build_corpus(recipe)


def titles(corpus: Corpus) -> list[str]:
    return [read_tunes(entry.text)[0].title for entry in corpus.tunes]


def test_a_corpus_holds_canonical_texts(tmp_path: Path) -> None:
    corpus = build(tmp_path / "in", tune(1))
    (entry,) = corpus.tunes
    assert canonical(read_tunes(entry.text)[0]) == entry.text
    assert (entry.notes, entry.playable, entry.collection) == (64, True, "in")
    assert entry.source.endswith("000.abc:1")


def test_a_file_a_folder_and_standard_input_give_the_same_tunes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tune(1) + "\n" + tune(2)
    (tmp_path / "a.abc").write_text(text)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    texts = [
        [entry.text for entry in build_corpus(recipe_of([path])).tunes]
        for path in (str(tmp_path / "a.abc"), str(tmp_path), "-")
    ]
    assert len(texts[0]) == 2
    assert texts[0] == texts[1] == texts[2]


def test_a_missing_file_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        build_corpus(recipe_of([str(tmp_path / "none.abc")]))


def test_prose_leaves_no_tune(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="leaves no tune") as error:
        build(tmp_path / "in", "It was a dark and stormy night.\n")
    assert "\n" not in str(error.value)


def test_dropped_tunes_are_counted_by_reason(tmp_path: Path) -> None:
    short, broken, again = tune(2).replace("|]", "c|]"), "X:1\nM:4/4\nK:C\nA8|B7|c8|d8|\n", tune(1, "Another name")
    corpus = build(tmp_path / "in", tune(1), short, broken, again, "X:1\nT:no key\nABc|\n")
    assert corpus.dropped == {"in": {"bar-too-long": 1, "bar-too-short": 1, "duplicate": 1, "no-key": 1}}


def test_tunes_with_microtones_are_left_out(tmp_path: Path) -> None:
    corpus = build(tmp_path / "in", tune(1), tune(2).replace("|", "|^/", 1))
    assert titles(corpus) == ["Tune 1"]
    assert corpus.dropped == {"in": {"microtones": 1}}


def test_equal_music_under_two_titles_is_kept_once(tmp_path: Path) -> None:
    corpus = build(tmp_path / "in", tune(1, "First"), tune(1, "Second"))
    assert titles(corpus) == ["First"]


def test_warnings_drop_a_tune_unless_they_are_allowed(tmp_path: Path) -> None:
    text = "X:1\nT:t\nM:4/4\nL:1/8\nK:C\nA2|" + melody(1) + "B3|]\n"
    with pytest.raises(CorpusError, match="pickup-mismatch 1"):
        build(tmp_path / "in", text)
    (entry,) = build(tmp_path / "in", text, allow=("pickup-mismatch",)).tunes
    assert not entry.playable


def test_short_and_long_tunes_are_dropped(tmp_path: Path) -> None:
    text = "X:1\nT:short\nM:4/4\nL:1/8\nK:C\nA8|B8|]\n"
    corpus = build(tmp_path / "in", tune(1), text, shortest_bars=3)
    assert corpus.dropped == {"in": {"shorter-than-allowed": 1}}
    corpus = build(tmp_path / "in", tune(1), text, longest_characters=100)
    assert (titles(corpus), corpus.dropped) == (["short"], {"in": {"longer-than-allowed": 1}})


def test_the_recipe_decides_what_is_taken_from_a_tune(tmp_path: Path) -> None:
    text = 'X:1\nT:t\nM:4/4\nL:1/8\nK:C\n(.A2 ~B2) {g}A2 "G"x2|\n'
    assert build(tmp_path / "in", text).tunes[0].text.split("\n")[-2] == "A2~B2{g}A2z2|]"
    assert build(tmp_path / "in", text, drop=("graces",)).tunes[0].text.split("\n")[-2] == '(.A2~B2)A2"G"x2|]'


def test_rhythm_and_origin_come_from_the_tune_then_from_the_source(tmp_path: Path) -> None:
    (tmp_path / "a.abc").write_text(
        tune(1, extra="R:Double Jig\nO:Irland\n") + "\n" + tune(2, "The Kid -- Reel") + "\n" + tune(3)
    )
    source = SourceSettings(path=str(tmp_path / "a.abc"), rhythm="air", origin="USA")
    recipe = Recipe("test", (source,), rhythms={"jig": "jig", "reel": "reel"}, origins={"Irland": "Ireland"})
    read = [read_tunes(entry.text)[0] for entry in build_corpus(recipe).tunes]
    assert [(entry.title, entry.rhythm, entry.origin) for entry in read] == [
        ("Tune 1", "jig", "Ireland"), ("The Kid", "reel", "USA"), ("Tune 3", "air", "USA")
    ]  # fmt: skip


def test_a_number_tells_the_rhythm_where_the_tune_does_not_and_its_meter_fits(tmp_path: Path) -> None:
    numbered = {
        "7": tune(1),
        "8": tune(2, extra="R:Hornpipe\n"),
        "9": tune(3, "The Kid's Hornpipe"),
        "10": tune(4),
        "20": tune(5),
        "30": tune(6),
        "x": tune(7),
    }
    texts = [text.replace("X:1", f"X:{number}") for number, text in numbered.items()]
    (tmp_path / "a.abc").write_text("\n".join(texts))
    sections = {"1-9": "reel", "20-29": "jig", "30": "kolo"}
    source = SourceSettings(path=str(tmp_path / "a.abc"), rhythm="air", numbers=sections)
    recipe = Recipe("test", (source,), rhythms={"hornpipe": "hornpipe"})
    read = [read_tunes(entry.text)[0].rhythm for entry in build_corpus(recipe).tunes]
    # No jig is in 4/4; a rhythm that the table does not know may be in any meter.
    assert read == ["reel", "hornpipe", "hornpipe", "air", "air", "kolo", "air"]


def test_the_split_is_of_the_size_asked_for(tmp_path: Path) -> None:
    corpus = build(tmp_path / "in", "\n".join(tune(seed) for seed in range(300)), validation=0.2, test=0.3)
    shares = {split: len(corpus.of(split)) / 300 for split in SPLITS}
    assert shares == pytest.approx({"train": 0.5, "validation": 0.2, "test": 0.3}, abs=0.08)
    assert sum(len(corpus.texts(split)) for split in SPLITS) == 300


def test_no_family_stands_on_both_sides_of_the_split(tmp_path: Path) -> None:
    texts = []
    for seed in range(60):
        plain = tune(seed)
        (read,) = read_tunes(plain)
        raised = canonical(transpose(read, 1, 2)).replace(f"T:Tune {seed}", f"T:Quite Another {seed}x")
        varied = plain.replace("|]", "|" + melody(seed + 1000, 2) + "|]").replace(
            f"T:Tune {seed}", f"T:Third Name {seed}y"
        )
        same_title = tune(seed + 2000, f"Tune {seed}, The")
        texts += [plain, raised, varied, same_title]
    corpus = build(tmp_path / "in", "\n".join(texts), validation=0.3, test=0.3)
    assert len(corpus.tunes) == 240
    members = [corpus.tunes[place : place + 4] for place in range(0, 240, 4)]
    assert all(len({entry.family for entry in family}) == 1 for family in members)
    assert all(len({entry.split for entry in family}) == 1 for family in members)
    assert len({entry.family for entry in corpus.tunes}) == 60


def test_a_recipe_says_whether_settings_with_many_other_notes_are_one_family(tmp_path: Path) -> None:
    other = tune(1, "Other").replace("G", "A").replace("d", "c")
    assert len({entry.family for entry in build(tmp_path / "in", tune(1), other).tunes}) == 1
    assert len({entry.family for entry in build(tmp_path / "in", tune(1), other, families="close").tunes}) == 2


def test_the_split_does_not_depend_on_the_order_of_the_files(tmp_path: Path) -> None:
    texts = [tune(seed, f"Tune {seed % 40}") for seed in range(60)]
    one = build(tmp_path / "one", *texts, validation=0.3, test=0.3)
    random.Random(1).shuffle(texts)
    other = build(tmp_path / "other", *texts, validation=0.3, test=0.3)
    assert sorted((t.text, t.split, t.family) for t in one.tunes) == sorted(
        (t.text, t.split, t.family) for t in other.tunes
    )


def test_the_split_does_not_depend_on_how_a_tune_is_spelled(tmp_path: Path) -> None:
    texts = [tune(seed) for seed in range(40)]
    # A double bar makes two parts of one, so that the form and its likeness are others.
    halved = ["|".join(text.split("|")[:4]) + "||" + "|".join(text.split("|")[4:]) for text in texts]
    one = build(tmp_path / "one", *texts, validation=0.3, test=0.3)
    other = build(tmp_path / "other", *halved, validation=0.3, test=0.3)
    assert all(a.text != b.text for a, b in zip(one.tunes, other.tunes, strict=True))
    assert [(t.split, t.family) for t in one.tunes] == [(t.split, t.family) for t in other.tunes]


def test_building_twice_gives_the_same_corpus(tmp_path: Path) -> None:
    texts = [tune(seed) for seed in range(20)]
    assert build(tmp_path / "in", *texts) == build(tmp_path / "in", *texts)


def test_untitled_tunes_are_not_one_family(tmp_path: Path) -> None:
    corpus = build(tmp_path / "in", *(tune(seed).replace(f"T:Tune {seed}", "T:") for seed in range(5)))
    assert len({entry.family for entry in corpus.tunes}) == 5


def test_progress_has_a_line_a_source(tmp_path: Path) -> None:
    (tmp_path / "a.abc").write_text(tune(1) + "\n" + tune(1))
    lines: list[str] = []
    build_corpus(recipe_of([str(tmp_path / "a.abc")]), lines.append)
    assert lines[0] == "a: 2 tunes read, 1 kept"


def test_statistics_count_tunes_and_fields(tmp_path: Path) -> None:
    corpus = build(
        tmp_path / "in", tune(1, extra="R:reel\n"), tune(2, key="G"), tune(3, "Tune 2"), rhythms={"reel": "reel"}
    )
    numbers = statistics(corpus.tunes)
    assert (numbers["tunes"], numbers["families"], numbers["playable"], numbers["notes"]) == (3, 2, 3, 192)
    assert (numbers["keys"], numbers["meters"], numbers["rhythms"]) == ({"C": 2, "G": 1}, {"4/4": 3}, {"reel": 1})
    assert numbers["characters"] == sum(len(entry.text) for entry in corpus.tunes)


def test_the_digest_follows_texts_and_splits(tmp_path: Path) -> None:
    corpus = build(tmp_path / "in", *(tune(seed) for seed in range(5)))
    moved = (replace(corpus.tunes[0], split="test"), *corpus.tunes[1:])
    assert replace(corpus, tunes=moved).digest != corpus.digest
    assert replace(corpus, name="other").digest == corpus.digest


def test_kept_tunes_can_be_read_one_by_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(3):
        (tmp_path / f"{number}.abc").write_text(tune(number) + "\n" + tune(number, "Again"))
    (tmp_path / "1.abc").write_text("")  # is passed over, which shows only when it is its turn
    dropped: dict[str, Counter[str]] = defaultdict(Counter)
    tunes = kept_tunes(recipe_of([str(tmp_path)]), dropped)
    first, source, text = next(tunes)
    assert (first.title, source, text) == ("Tune 0", tmp_path.name, canonical(first))
    assert (dropped, caplog.messages) == ({}, [])
    assert next(tunes)[0].title == "Tune 2"
    assert dropped == {tmp_path.name: {"duplicate": 1}}
    assert [message.partition(": ")[0] for message in caplog.messages] == [str(tmp_path / "1.abc")]


def test_a_file_of_a_folder_without_tunes_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "notes.abc").write_text("A few words.\n")
    (tmp_path / "tune.abc").write_text(tune(1))
    assert [kept.title for kept, _, _ in kept_tunes(recipe_of([str(tmp_path)]))] == ["Tune 1"]
    assert "notes.abc: holds no tune" in caplog.text


@pytest.mark.parametrize(("name", "reason"), [("shortest_bars", "shorter"), ("longest_characters", "longer")])
def test_a_tune_at_a_limit_is_kept(tmp_path: Path, name: str, reason: str) -> None:
    (read,) = read_tunes(tune(1))
    at_limit = {"shortest_bars": 8, "longest_characters": len(canonical(read))}[name]
    beyond = at_limit + 1 if name == "shortest_bars" else at_limit - 1
    assert titles(build(tmp_path / "in", tune(1), **{name: at_limit})) == ["Tune 1"]
    with pytest.raises(CorpusError, match=f"leaves no tune; dropped: {reason}-than-allowed 1"):
        build(tmp_path / "in", tune(1), **{name: beyond})


def test_the_split_of_a_family_is_drawn_from_its_name() -> None:
    recipe = Recipe("test", (SourceSettings(path="x"),), validation=0.3, test=0.2)
    shares = {name: int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 16**8 for name in map(str, range(200))}
    for name, share in shares.items():
        expected = "test" if share < 0.2 else "validation" if share < 0.5 else "train"
        assert split_of(name, recipe) == expected
    assert {split_of(name, replace(recipe, validation=0, test=0)) for name in shares} == {"train"}


def test_field_values_are_the_commonest_first() -> None:
    def entry(rhythm: str, key: str) -> CorpusTune:
        (read,) = read_tunes(f"X:1\nT:t\nR:{rhythm}\nM:4/4\nL:1/8\nK:{key}\nA8|]\n")
        return CorpusTune(canonical(read), "here", "a", "f", "train", 1, True)

    values = field_values([entry("jig", "C"), entry("reel", "D"), entry("reel", "C"), entry("", "G")])
    assert values == {"R": ["reel", "jig"], "O": [], "M": ["4/4"], "K": ["C", "D", "G"]}
    more = {"R": ["polka", "jig"], "O": ["Ireland"], "Z": ["x"]}
    assert merged_values(values, more) == {
        "R": ["reel", "jig", "polka"], "O": ["Ireland"], "M": ["4/4"], "K": ["C", "D", "G"]
    }  # fmt: skip
    assert merged_values({}, {}) == {"R": [], "O": [], "M": [], "K": []}


def test_statistics_list_the_twelve_commonest_values(tmp_path: Path) -> None:
    keys = ["C", "D", "E", "F", "G", "A", "Bb", "Eb", "Ab", "B", "F#", "Am", "Em", "Dm"]
    corpus = build(tmp_path / "in", *(tune(seed, key=key) for seed, key in enumerate([*keys, "Dm"])))
    numbers = statistics(corpus.tunes)
    assert len(numbers["keys"]) == 12
    assert next(iter(numbers["keys"].items())) == ("Dm", 2)


def voices(*music: str) -> str:
    """Return a tune of several voices in 4/4."""
    ids = range(1, len(music) + 1)
    header = "".join(f"V:{number}\n" for number in ids)
    body = "".join(f"[V:{number}]{each}\n" for number, each in zip(ids, music, strict=True))
    return f"X:1\nT:Two\nM:4/4\nL:1/8\n{header}K:C\n{body}"


CHORDS = '"C"x8|' * 7 + '"C"x8|]'


def test_of_several_voices_the_melody_is_learned(tmp_path: Path) -> None:
    corpus = build(tmp_path / "in", voices(CHORDS, melody(1), melody(2)))
    (entry,) = corpus.tunes
    assert entry.text.splitlines()[-1] == melody(1)
    assert entry.notes == 64


def test_what_is_wrong_with_another_voice_keeps_no_melody_out(tmp_path: Path) -> None:
    fault = melody(2).replace("|", "C|", 1)
    assert build(tmp_path / "second", voices(melody(1), fault)).tunes[0].playable
    with pytest.raises(CorpusError, match="bar-too-long 1"):
        build(tmp_path / "first", voices(fault, melody(1)))
