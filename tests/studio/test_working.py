"""What the processes do for a page: drawing, judging, files, composing; and what becomes of those that end."""

import io
import os
import re
import signal
import threading
import time
import zipfile
from typing import Any

import pytest
from studio_pages import TUNE, MemoryShelf, Page

from folkrnn import Composer
from folkrnn.notation import write_tune

SONG = TUNE.replace("D4:|", "D4:|\nw:one two")


def drawn(page: Page, **body: Any) -> Any:
    answer = page.ask("POST", "/api/draw", {"abc": TUNE, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_page_learns_what_it_may_ask_for(working: Page) -> None:
    told = working.ask("GET", "/api/about").json()
    reel = next(each for each in told["suggestions"]["rhythms"] if each["name"] == "reel")
    assert "4/4" in reel["meters"] or "2/2" in reel["meters"]
    assert reel["tunes"] > 100
    assert "D" in told["suggestions"]["keys"]
    assert "8:8:" in told["suggestions"]["forms"]
    assert {"name": "pdf", "ending": ".pdf", "one_tune": False} in told["formats"]
    assert {"Bb", "mandolin", "whistle"} <= set(told["instruments"])
    assert ("mandolin" in told["tab"], "whistle" in told["fingering"]) == (True, True)
    assert all("kind" in each for each in told["voices"].values())
    assert told["model"]["state"] in ("loading", "ready")


def test_a_text_is_read_at_once(working: Page) -> None:
    two = f"{TUNE}\n{TUNE.replace('X:1', 'X:2').replace('dFAF|', 'dFAFA|')}"
    answer = working.ask("POST", "/api/read", {"abc": two}).json()
    assert [(each["line"], each["end_line"], each["number"]) for each in answer["tunes"]] == [(1, 8, "1"), (9, 16, "2")]
    assert answer["tunes"][0]["title"] == "The Wheelwright"
    fault = next(each for each in answer["findings"] if each["level"] == "error")
    assert (fault["tune"], fault["line"], fault["bar"]) == (1, 15, 1)


def test_a_drawing_knows_where_its_notes_are_written_and_how_they_sound(working: Page) -> None:
    found = drawn(working)
    place = found["places"]["v0-b1-l0-n2"]
    assert place == {"line": 7, "column": 15, "bar": 2, "end_column": 16}
    assert TUNE.split("\n")[6][14] == "B"
    assert 'id="v0-b1-l0-n2"' in found["svg"]
    assert found["bars"] == 4
    assert "v0-b1-l0-n2" in {passage[0] for passage in found["performance"]["passages"]}


def test_a_drawing_needs_neither_styles_nor_scripts(working: Page) -> None:
    hostile = SONG.replace("The Wheelwright", "<script>alert(1)</script>").replace("one", "<img/src=x>")
    svg = drawn(working, abc=hostile)["svg"]
    assert "<style" not in svg
    assert " style=" not in svg
    assert "<script" not in svg
    assert "<img" not in svg
    assert not re.search(r"\son\w+=", svg)


def test_a_narrow_drawing_has_fewer_bars_in_a_line(working: Page) -> None:
    def lines(width: int) -> int:
        return drawn(working, width=width)["svg"].count('class="system"')

    assert lines(300) > lines(900)


def test_a_drawing_is_for_an_instrument_in_another_key_with_chords(working: Page) -> None:
    assert drawn(working, transpose="G")["performance"]["notes"] != drawn(working)["performance"]["notes"]
    plain, other = drawn(working), drawn(working, instrument="Bb")
    assert plain["performance"] == other["performance"]
    assert plain["svg"] != other["svg"]
    assert len(drawn(working, chords="suggested")["performance"]["parts"]) == 2
    assert len(plain["performance"]["parts"]) == 1
    assert 'class="fret"' in (svg := drawn(working, instrument="mandolin", tab=True)["svg"]) or "tab" in svg.lower()


@pytest.mark.parametrize(
    "body",
    [
        {"abc": ""},
        {"abc": "hello"},
        {"abc": TUNE, "instrument": "kazoo"},
        {"abc": TUNE, "tab": True},
        {"abc": TUNE, "transpose": "H"},
        {"abc": TUNE, "width": -1},
        {"abc": TUNE, "width": "wide"},
        {"abc": TUNE, "transpose": {}},
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_sentence(working: Page, body: dict[str, Any]) -> None:
    answer = working.ask("POST", "/api/draw", body)
    assert answer.status_code in (400, 422)
    assert "\n" not in answer.json()["error"]
    assert "expected" in answer.json()["error"] or "should be" in answer.json()["error"]


def test_music21_has_its_say(working: Page) -> None:
    assert working.ask("POST", "/api/validate", {"abc": TUNE}).json()["playable"] is True
    answer = working.ask("POST", "/api/validate", {"abc": TUNE.replace("dFAF|", "dFAFA|")}).json()
    assert answer["playable"] is False
    assert answer["findings"][0]["sentence"]


def test_a_text_is_changed(working: Page) -> None:
    def change(**body: Any) -> Any:
        return working.ask("POST", "/api/change", {"abc": TUNE, **body})

    assert (
        change(do="transpose", key="G").json()["abc"].startswith("X:1\nT:The Wheelwright\nR:reel\nM:4/4\nL:1/8\nK:G\n")
    )
    assert "K:E" in change(do="transpose", semitones=2).json()["abc"]
    assert '"D"' in change(do="chords").json()["abc"]
    assert "d" in change(do="octave", octaves=1).json()["abc"]
    for wrong in (
        {"do": "dance"},
        {"do": "octave", "octaves": 99},
        {"do": "transpose"},
        {"do": "transpose", "key": "H"},
    ):
        assert change(**wrong).status_code == 422


def test_tunes_become_a_file_with_a_harmless_name(working: Page) -> None:
    hostile = TUNE.replace("The Wheelwright", '../x"; filename=evil.exe\u202e\u00e9')
    answer = working.ask("POST", "/api/export", {"abc": hostile, "format": "pdf"})
    assert answer.content.startswith(b"%PDF")
    name = answer.headers["content-disposition"]
    assert re.fullmatch(r"attachment; filename\*=UTF-8''[\w%-]+\.pdf", name, re.ASCII)


def test_several_tunes_in_a_format_of_one_are_an_archive(working: Page) -> None:
    shelf = MemoryShelf()
    before, working.studio.shelf = working.studio.shelf, shelf
    ids = [entry.id for entry in shelf.add(f"{TUNE}\n{TUNE.replace('The Wheelwright', 'Other')}")]
    answer = working.ask("POST", "/api/export", {"ids": ids, "format": "midi"})
    assert set(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == {"the-wheelwright.mid", "other.mid"}
    whole = working.ask("POST", "/api/export", {"ids": ids, "format": "midi", "set": True, "title": "Both"})
    assert whole.content.startswith(b"MThd")
    assert whole.headers["content-disposition"].endswith("both.mid")
    refused = working.ask("POST", "/api/export", {"ids": ids, "format": "docx"})
    assert refused.status_code == 422
    midi = working.ask("POST", "/api/export", {"ids": ids[:1], "format": "midi"}).content
    imported = working.ask("POST", "/api/import?name=a%20tune.mid", content=midi)
    assert imported.status_code == 201
    assert imported.json()["entries"][0]["book"] == "a tune"
    assert working.ask("POST", "/api/import?name=bad.mid", content=b"no midi").status_code == 422
    working.studio.shelf = before


def test_a_tune_is_composed_as_the_library_composes_it(working: Page) -> None:
    id = working.compose(kind="compose", wishes={"rhythm": "polka", "form": "8:"}, count=2, seed=5)
    events = working.events(id)
    tunes = [data for name, data in events if name == "tune"]
    expected = Composer().generate(2, rhythm="polka", form="8:", seed=5)
    assert [each["abc"] for each in tunes] == [write_tune(each.tune, each.number) for each in expected]
    assert [(each["number"], each["seed"], each["rhythm"]) for each in tunes] == [(1, 5, "polka"), (2, 5, "polka")]
    assert "composed as" in tunes[0]["remarks"][0]
    assert events[-1] == ("done", {"stopped": False})
    # A page that comes later gets all that is kept, and one that has lost the stream what it has missed.
    assert working.events(id) == [each for each in events if each[0] != "progress"]
    assert working.events(id, last="100000") == []


def test_a_tune_is_worked_on_in_several_drafts(working: Page) -> None:
    more = [
        working.compose(kind="rewrite", abc=TUNE, bars=[3, 4], drafts=2, seed=1),
        working.compose(kind="continue", abc=TUNE, bars=4, drafts=1, seed=1),
        working.compose(kind="vary", abc=TUNE, closeness=3, drafts=1, seed=1),
    ]
    found = [[data["abc"] for name, data in working.events(id) if name == "tune"] for id in more]
    assert list(map(len, found)) == [2, 1, 1]
    assert found[0][0] != found[0][1]
    assert all("T:The Wheelwright" in abc for abcs in found for abc in abcs)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"kind": "compose", "wishes": {"key": "H"}}, "H"),
        ({"kind": "compose", "wishes": {"rhythm": "nonsense"}}, "nonsense"),
        ({"kind": "compose", "wishes": {"colour": "red"}}, "colour"),
        ({"kind": "compose", "count": 1000}, "1000"),
        ({"kind": "compose", "temperature": "hot"}, "hot"),
        ({"kind": "rewrite", "abc": TUNE, "bars": [30, 31]}, "30-31"),
        ({"kind": "rewrite", "abc": TUNE, "bars": "all"}, "all"),
        ({"kind": "continue", "abc": "", "bars": 4}, "no tune"),
        ({"kind": "paint"}, "paint"),
    ],
)
def test_wishes_that_cannot_be_met_are_refused_at_once(working: Page, request_: dict[str, Any], said: str) -> None:
    answer = working.ask("POST", "/api/jobs", request_)
    assert answer.status_code == 422
    assert said in answer.json()["error"]


def wait_for(what: Any) -> None:
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_job_is_stopped_within_a_tune_and_while_it_waits(working: Page) -> None:
    first = working.compose(kind="compose", wishes={"form": "16:16:16:"}, count=50, seed=1)
    second = working.compose(kind="compose", count=50, seed=1)
    job = working.studio.jobs[first]
    wait_for(lambda: any(event.name == "progress" and event.data.get("bars") for event in job.events))
    under_way = job.events[-1].data
    assert (under_way["of"], under_way["of_bars"]) == (50, 48)
    assert under_way["text"]
    # Wishes are looked at meanwhile.
    assert working.ask("POST", "/api/jobs", {"kind": "compose", "wishes": {"key": "H"}}).status_code == 422
    for id in (second, first):
        assert working.ask("DELETE", f"/api/jobs/{id}").status_code == 200
        assert working.events(id)[-1] == ("done", {"stopped": True})


def test_a_process_that_is_killed_starts_again_and_its_job_says_so(working: Page) -> None:
    id = working.compose(kind="compose", count=50, seed=1)
    job = working.studio.jobs[id]
    wait_for(lambda: job.events)
    for worker in (working.studio.jobs.worker, working.studio.engraver.drawer):
        pid = worker.pid
        assert pid
        os.kill(pid, signal.SIGKILL)
    name, data = working.events(id)[-1]
    assert name == "failed"
    assert "again" in data["error"]
    assert drawn(working)["bars"] == 4
    assert len(working.events(working.compose(kind="compose", wishes={"form": "4|"}, seed=1))) > 1


def test_a_tune_that_takes_too_long_is_ended(working: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(working)  # the process is there
    monkeypatch.setattr("folkrnn.studio.workers.DRAW_SECONDS", 0.001)
    answer = working.ask("POST", "/api/draw", {"abc": TUNE})
    assert answer.status_code == 422
    assert "more than" in answer.json()["error"]
    monkeypatch.undo()
    assert drawn(working)["bars"] == 4


def test_an_outdated_drawing_is_not_made(working: Page) -> None:
    answers: list[int] = []

    def ask(number: int) -> None:
        answers.append(
            working.ask("POST", "/api/draw", {"abc": TUNE, "width": 300 + number, "page": "one"}).status_code
        )

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {200, 409}
    assert drawn(working)["bars"] == 4
