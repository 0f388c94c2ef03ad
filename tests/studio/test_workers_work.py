"""What the worker processes do, done here: drawings, judgements, files, and tunes of a model."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from folkrnn import generate, parse, rewrite
from folkrnn.notation.canonical import body
from folkrnn.studio import composer, engraver
from folkrnn.studio.worker import Line, serve

JIG = 'X:1\nT:The Open Gate\nR:jig\nM:6/8\nL:1/8\nK:D\n|:"D"dAF DFA|"G"Bdg efg|"A7"fdf ece|"D"d3 d3:|\n'
LOOK = {"abc": JIG, "width": 900, "scale": 1}


class TheEnd(BaseException):
    """There are no more requests."""


class Given(Line):
    """A connection on which these requests come, and what was told on it."""

    def __init__(self, *requests: dict[str, Any]) -> None:
        self.left = [({"id": number, **request}, b"") for number, request in enumerate(requests)]
        self.told: list[dict[str, Any]] = []

    def next(self) -> tuple[dict[str, Any], bytes]:
        if not self.left:
            raise TheEnd
        return self.left.pop(0)

    def waiting(self) -> list[tuple[dict[str, Any], bytes]]:
        found, self.left = self.left, []
        return found

    def has_request(self) -> bool:
        return bool(self.left)

    def tell(self, message: dict[str, Any], content: bytes = b"") -> None:
        self.told.append(message)

    def of(self, number: int) -> Iterator[dict[str, Any]]:
        return (each for each in self.told if each.get("id") == number)


def test_a_drawing_comes_with_the_places_of_its_notes() -> None:
    found, _ = engraver.draw(LOOK, b"")
    assert found["bars"] == 4
    place = found["places"]["v0-b0-l0-n0"]
    line = JIG.splitlines()[place["line"] - 1]
    assert line[place["column"] - 1 : place["end_column"] - 1] == "d"
    assert 'id="v0-b0-l0-n0"' in found["svg"]
    assert found["performance"]["notes"]


def test_a_judgement_has_the_findings_of_both_readers() -> None:
    assert engraver.validate({"abc": JIG}, b"")[0] == {"playable": True, "findings": []}
    found, _ = engraver.validate({"abc": JIG.replace("d3 d3", "d3 d2")}, b"")
    assert not found["playable"]
    assert found["findings"]


def test_one_file_comes_as_it_is_and_several_in_an_archive() -> None:
    wanted = {"texts": [JIG], "title": "", "set": False, "options": {}, "format": "midi"}
    found, content = engraver.export(wanted, b"")
    assert found["name"].endswith(".mid")
    assert content.startswith(b"MThd")
    found, content = engraver.export(wanted | {"texts": [JIG, JIG.replace("Open", "Shut")]}, b"")
    assert found["name"] == "tunes.zip"
    assert len(zipfile.ZipFile(io.BytesIO(content)).namelist()) == 2
    found, content = engraver.export(wanted | {"texts": [JIG, JIG], "set": True, "title": "Two"}, b"")
    assert found["name"] == "two.mid"


def test_a_file_of_another_program_becomes_abc() -> None:
    document = engraver.export({"texts": [JIG], "title": "", "set": False, "options": {}, "format": "musicxml"}, b"")[1]
    found, _ = engraver.import_({"name": "x.musicxml"}, document)
    assert body(parse(found["abc"])[0]) == body(parse(JIG)[0])


def test_what_a_request_meets_is_its_answer_and_the_next_one_follows() -> None:
    line = Given({"do": "draw", **LOOK, "abc": "nothing"}, {"do": "draw", **LOOK, "abc": None}, {"do": "draw", **LOOK})
    with pytest.raises(TheEnd):
        serve(line, {"draw": engraver.draw})
    refused, broken, drawn = line.told
    assert refused["status"] == 422
    assert broken["status"] == 500
    assert broken["error"].startswith("this cannot be done here: ")
    assert drawn["result"]["bars"] == 4


WISHES = {"kind": "compose", "wishes": {"rhythm": "jig", "key": "D", "form": "8:8:"}, "temperature": 1.0, "seed": 7}


@pytest.fixture(scope="module")
def composing() -> composer.Composing:
    made = composer.Composing(Given(), None)
    with pytest.raises(TheEnd):
        made.run()
    assert [each["event"] for each in made._line.told][:2] == ["about", "ready"]  # type: ignore[attr-defined]
    return made


def told(composing: composer.Composing, *requests: dict[str, Any]) -> Given:
    """What a process with the bundled model answers to these requests."""
    line = Given(*requests)
    composing._line = line
    while line.left:
        composing._answer(line.next()[0])
    return line


def test_tunes_are_those_of_the_library(composing: composer.Composing) -> None:
    line = told(composing, {"do": "compose", "job": "a", "count": 1, **WISHES})
    *steps, done = line.of(0)
    assert done["result"] == {"stopped": False}
    (tune,) = (each["data"] for each in steps if each["event"] == "tune")
    (expected,) = generate(1, rhythm="jig", key="D", form="8:8:", seed=7)
    assert body(parse(tune["abc"])[0]) == body(expected)
    assert (tune["rhythm"], tune["key"], tune["meter"], tune["seed"]) == ("jig", "D", "6/8", 7)
    under_way = [each["data"] for each in steps if each["event"] == "progress" and each["data"].get("of_bars")]
    assert all(each["of_bars"] == 16 and each["tune"] == 1 for each in under_way)


def test_bars_are_rewritten_as_by_the_library(composing: composer.Composing) -> None:
    wanted = {"abc": JIG, "kind": "rewrite", "bars": [3, 3], "count": 1, "seed": 3, "temperature": 1.0}
    line = told(composing, {"do": "compose", "job": "a", **wanted})
    (tune,) = (each["data"] for each in line.of(0) if each.get("event") == "tune")
    assert body(parse(tune["abc"])[0]) == body(rewrite(parse(JIG)[0], (3, 3), seed=3))


@pytest.mark.parametrize(
    "wanted",
    [{"kind": "continue", "bars": 4}, {"kind": "vary", "closeness": 8}, {"kind": "sing"}],
    ids=lambda each: each["kind"],
)
def test_other_work_is_done_or_refused_in_a_sentence(composing: composer.Composing, wanted: dict[str, Any]) -> None:
    request = {"do": "compose", "job": "a", "abc": JIG, "count": 1, "seed": 3, "temperature": 1.0, **wanted}
    *_, last = told(composing, request).of(0)
    if wanted["kind"] == "sing":
        assert "should be compose, continue, rewrite or vary" in last["error"]
    else:
        assert last["result"] == {"stopped": False}


def test_wishes_are_checked_before_anything_is_written(composing: composer.Composing) -> None:
    good, bad = {**WISHES, "count": 1}, {**WISHES, "count": 1, "wishes": {"key": "H"}}
    line = told(composing, {"do": "check", **good}, {"do": "check", **bad})
    assert next(line.of(0))["result"] == {"remarks": []}
    assert "H" in next(line.of(1))["error"]


def test_a_job_that_is_stopped_says_so(composing: composer.Composing) -> None:
    line = told(
        composing,
        {"do": "compose", "job": "a", "count": 50, **WISHES},
        {"do": "stop", "job": "a"},
        {"do": "check", **WISHES, "count": 1},
    )
    assert list(line.of(0))[-1]["result"] == {"stopped": True}
    assert next(line.of(2))["result"] == {"remarks": []}


def test_a_file_that_is_no_model_is_named(tmp_path: Any) -> None:
    bad = tmp_path / "none.safetensors"
    bad.write_text("no model")
    line = Given({"do": "check", **WISHES, "count": 1})
    with pytest.raises(TheEnd):
        composer.Composing(line, str(bad)).run()
    assert [each.get("event") for each in line.told if "event" in each][-1] == "failed"
    assert "none.safetensors" in next(line.of(0))["error"]
