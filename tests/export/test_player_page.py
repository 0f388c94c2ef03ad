"""The page that plays itself: what it holds, and what it does in a browser without a network."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM, Browser

from folkrnn import parse, player
from folkrnn.errors import ExportError
from folkrnn.export import ExportSettings, PlaybackSettings, export_tunes
from folkrnn.export.page import performance_data, set_page, set_part, spoken, to_html
from folkrnn.export.performance import Performance, perform
from folkrnn.export.sets import perform_tunes
from folkrnn.export.settings import SetSettings
from folkrnn.notation import Tune
from folkrnn.notation.pitch import Pitch

REEL = """X:1
T:Fair </script><b>Copy
R:reel
M:4/4
L:1/8
K:D
A2|:"D"d2[df]d {c}d2(3abc|"A"a2 ~e2 c2 A2|1 "D"d4 d2A2:|2 "D"d5- d|]
"""
HORNPIPE = """X:2
T:Dotted, The
R:hornpipe
M:4/4
L:1/8
K:G
V:1
|:GABc dedB|A2z2 G4:|
V:2
|:G,8|D,4 G,4:|
"""
TUNES = parse(REEL + "\n" + HORNPIPE)
CLICKS = (1300, 1900)
"""The frequencies of the metronome's wood blocks."""


def page_of(*tunes: Tune, **settings: Any) -> str:
    return to_html(tunes or TUNES, ExportSettings(**settings)).decode()


def performances(page: str) -> list[dict[str, Any]]:
    found = re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    return [json.loads(each) for each in found]


def ids(page: str) -> list[str]:
    return re.findall(r' id="(t\d+-v[^"]*)"', page)


# What it holds


def test_all_tunes_are_one_page_with_a_list_of_them(tmp_path: Path) -> None:
    (path,) = export_tunes(TUNES, ["html"], tmp_path, name="set")
    page = path.read_text(encoding="utf-8")
    assert path.name == "set.html"
    assert page.count('class="tune"') == 2
    assert re.findall(r'<a href="#tune-\d">(.*?)</a>', page) == ["Fair &lt;/script&gt;&lt;b&gt;Copy", "The Dotted"]


def test_a_page_loads_nothing_and_is_small_besides_the_music() -> None:
    page = page_of()
    assert {*re.findall(r"\b(?:https?|ftp|file|data|blob):[^\s\"')]*", page)} <= {
        "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
    }  # fmt: skip
    assert not re.search(r"<link|<img|<iframe|<script[^>]*src|@import|url\(|import\s*\(", page)
    assert "default-src 'none'" in page
    assert len((player.script() + player.style() + player.template()).encode()) < 50_000


def test_no_text_of_a_tune_becomes_markup_or_a_script() -> None:
    evil = "</script><script>alert(1)</script><!--"
    tune = parse(
        f"X:1\nT:{evil}\nC:{evil}\nR:{evil}\nO:{evil}\nM:4/4\nL:1/8\nK:D\nV:1 name=\"{evil}\"\n"
        f'P:{evil}\n"^{evil}"d8|"D"d8|\nw:{evil} x\nW:{evil}\n'
    )[0]  # fmt: skip
    page = page_of(tune, **{"book": ExportSettings().book.__class__(title=evil)})
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert page.count("<script") == page.count("</script>") == 2
    assert "<!--" not in page


def test_the_page_runs_its_own_script_only() -> None:
    page = page_of()
    (script,) = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    assert f"script-src 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in page


def test_ids_are_unique_and_the_notes_that_are_played_are_drawn() -> None:
    page = page_of(parts=("Bb",))
    assert len(ids(page)) == len(set(ids(page)))
    for part in (2, 3):
        drawn = {re.sub(r"-[pt]\d+", "", each[3:]) for each in ids(page) if each.startswith(f"t{part}-")}
        assert {passage[0] for passage in performances(page)[0]["passages"]} <= drawn


def test_parts_for_other_instruments_are_drawn_and_sound_alike() -> None:
    page = page_of(TUNES[0], parts=("Bb", "Eb"))
    assert re.findall(r'data-part="(.*?)"', page) == ["concert pitch", "B♭ part", "E♭ part"]
    assert performances(page) == performances(page_of(TUNES[0]))
    with pytest.raises(ExportError, match="parts='Q' should be some of Bb, Eb, F"):
        ExportSettings(parts=("Q",))


def test_the_player_gets_the_times_of_the_performance() -> None:
    playback = PlaybackSettings(tempo=Fraction(90), swing=Fraction(2, 3), count_in=1)
    performance = perform(TUNES[1], PlaybackSettings(tempo=Fraction(90), swing=Fraction(2, 3)))
    (data,) = performances(page_of(TUNES[1], playback=playback))
    assert data == performance_data(performance)
    assert [note[:3] for note in data["notes"]] == [
        [pytest.approx(note.onset, abs=1e-4), pytest.approx(note.length, abs=1e-4), note.exact_pitch]
        for note in performance.notes
    ]
    assert [(each[0], each[3]) for each in data["passages"]] == [
        (each.place.id, each.number) for each in performance.passages
    ]
    assert [each[5] for each in data["bars"]] == pytest.approx([bar.length for bar in performance.bars], abs=1e-3)


def test_a_pickup_knows_the_length_of_its_measure() -> None:
    bars = performance_data(performed(0))["bars"]
    assert bars[0][3] == pytest.approx(bars[0][5] / 4, abs=1e-3)
    assert bars[0][5] == pytest.approx(bars[1][3], abs=1e-3)


@pytest.mark.parametrize(
    ("alter", "name"), [(0, "F 5"), (1, "F sharp 5"), (-2, "F double flat 5"), (Fraction(1, 2), "F raised 5")]
)
def test_pitches_have_names_to_be_read_aloud(alter: Any, name: str) -> None:
    assert spoken(Pitch(3, 5, alter)) == name


def test_a_tune_of_more_than_an_hour_is_refused() -> None:
    tune = parse("X:1\nT:Slow\nM:4/4\nL:1/1\nQ:1/4=4\nK:C\n" + "C|" * 70)[0]
    with pytest.raises(ExportError, match="expected an hour at most"):
        to_html([tune])


@pytest.mark.parametrize("key", ["none", "", "HP", "exp ^f _b"])
def test_a_tune_without_a_usual_key_has_parts_too(key: str) -> None:
    (tune,) = parse(f"X:1\nT:Test\nM:4/4\nL:1/8\nK:{key}\nA2^FE D2_B2|]\n")
    assert page_of(tune, parts=("Bb", "Eb", "F")).count('class="sheet"') == 4


# A set


def set_page_of(**settings: Any) -> str:
    plan = SetSettings("The Set", (2, 1))
    made = [set_part(tune, number, ExportSettings(set=plan, **settings)) for number, tune in enumerate(TUNES, 1)]
    return set_page(made, ExportSettings(set=plan, **settings)).decode()


def test_a_set_is_one_score_with_one_player() -> None:
    page = set_page_of()
    assert page.count('class="tune"') == page.count('class="sheet"') == page.count("<button") == 1
    assert "<h1>" not in page
    assert re.findall(r"<h2[^>]*>(.*?)</h2>\s*<span>(.*?)</span>", page) == [("The Set", "2 and 1 times")]
    titles = [re.sub("<.*", "", each).strip() for each in re.findall(r"<h3>(.*?)</h3>", page)]
    assert titles == ["Fair &lt;/script&gt;&lt;b&gt;Copy", "The Dotted"]
    assert "<title>The Set</title>" in page


def test_the_player_of_a_set_gets_the_performance_of_the_set() -> None:
    whole = perform_tunes(TUNES, SetSettings("The Set", (2, 1)), PlaybackSettings())
    (data,) = performances(set_page_of())
    assert data["seconds"] == pytest.approx(whole.seconds, abs=1e-4)
    assert [note[0] for note in data["notes"]] == pytest.approx([note.onset for note in whole.notes], abs=1e-4)
    assert len(data["bars"]) == len(whole.bars)
    assert [title for _, title in data["pieces"]] == ["Fair </script><b>Copy", "The Dotted"]
    assert data["pieces"][1][0] == pytest.approx(whole.delay(whole.pieces[1]), abs=1e-4)


def test_all_notes_of_a_set_are_drawn_and_named_once() -> None:
    page = set_page_of(parts=("Bb",))
    found = re.findall(r' id="(t\d+-s\d+-v[^"]*)"', page)
    assert len(found) == len(set(found))
    (data,) = performances(page)
    passed = {passage[0] for passage in data["passages"]}
    assert {name.split("-")[0] for name in passed} == {"s1", "s2"}
    assert passed <= data["names"].keys()
    for sheet in page.split('class="sheet"')[1:]:
        assert passed <= {re.sub(r"^t\d+-|-[pt]\d+", "", each) for each in re.findall(r' id="(t\d+-s[^"]*)"', sheet)}


def test_a_set_of_more_than_an_hour_is_refused() -> None:
    tunes = parse("X:1\nT:Slow\nM:4/4\nL:1/1\nQ:1/4=4\nK:C\n" + "C|" * 40) * 2
    settings = ExportSettings(set=SetSettings())
    made = [set_part(tune, number, settings) for number, tune in enumerate(tunes, 1)]
    with pytest.raises(ExportError, match="it lasts 1 h 20 min; expected an hour at most"):
        set_page(made, settings)


# What it does in a browser

HOOKS = """
window.started = [];
const start = AudioScheduledSourceNode.prototype.start;
AudioScheduledSourceNode.prototype.start = function (when) {
  if (this.frequency && this.frequency.value > 20) started.push([when, this.frequency.value]);
  return start.call(this, when);
};
const { player, controls, tunes } = folkrnn;
const wait = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
const lit = () => [...document.querySelectorAll(".lit")].map((each) => each.id).sort();
window.heard = () => player.context.currentTime - (player.context.outputLatency || 0);
async function play(seconds, from = 0) {
  started.length = 0;
  const samples = [];
  const done = wait(seconds);
  let going = true;
  await player.play(from);
  const sample = (frame) => {
    if (!going) return;
    samples.push([heard(), player.position, lit(), (performance.now() - frame) / 1000]);
    requestAnimationFrame(sample);
  };
  requestAnimationFrame(sample);
  await done;
  going = false;
  player.stop();
  return { samples, started: [...started] };
}
function where(id) {
  const box = document.getElementById(id).querySelector(".notehead").getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}
function reset(tune) {
  for (const box of document.querySelectorAll(".controls [type=checkbox]")) {
    if (box.checked !== box.defaultChecked) box.click();
  }
  player.stop();
  controls.choose(tunes[tune]);
  controls.select(null);
  player.setSpeed(1);
  player.seek(0);
  tunes[tune].cursor = -1;
  scrollTo(0, 0);
}
"""

driven = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: the page is not driven")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("browser")
    page = folder / "page.html"
    page.write_bytes(to_html(TUNES, ExportSettings(parts=("Bb",))))
    try:
        started = Browser(folder / "profile")
    except (OSError, AssertionError) as error:
        pytest.skip(f"Chromium does not start: {error}")
    with started as found:
        found.open(page)
        found.ask(HOOKS)
        yield found


@pytest.fixture
def reel(browser: Browser) -> Browser:
    browser.ask("reset(0)")
    return browser


@pytest.fixture
def hornpipe(browser: Browser) -> Browser:
    browser.ask("reset(1)")
    return browser


def places(found: list[str]) -> set[str]:
    """Return the places of notes that are drawn."""
    return {re.sub(r"^t\d+-|-[pt]\d+", "", each) for each in found}


@cache
def performed(number: int) -> Performance:
    """Return how a tune of the page is played."""
    return perform(TUNES[number])


def sounding(number: int, begin: float, end: float) -> list[set[str]]:
    """Return the sets of places that our own performance has one after the other between two times."""
    passages = performed(number).passages
    edges = (edge for each in passages for edge in (each.onset, each.onset + each.length))
    times = {begin, end, *(edge for edge in edges if begin < edge < end)}
    return [{each.place.id for each in passages if each.onset <= at < each.onset + each.length} for at in times]


@driven
def test_the_page_asks_for_nothing_and_complains_of_nothing(browser: Browser) -> None:
    assert [url for url in browser.requests if not url.startswith("file:///")] == []
    assert len(browser.requests) == 1
    assert browser.problems == []
    assert browser.ask("document.querySelector('h2').textContent") == "Fair </script><b>Copy"


@driven
@pytest.mark.parametrize("number", [0, 1])
def test_the_note_lit_at_a_time_is_the_one_that_sounds_in_every_pass(browser: Browser, number: int) -> None:
    browser.ask(f"reset({number})")
    passages = performed(number).passages
    times = sorted({round(at, 4) for each in passages for at in (each.onset + 0.001, each.onset + each.length - 0.001)})
    found = browser.ask(f"{json.dumps(times)}.map((time) => {{ player.seek(time); return lit(); }})")
    assert {each.number for each in passages} == {1, 2}
    for time, shown in zip(times, found, strict=True):
        assert places(shown) in sounding(number, time, time), time


@driven
@pytest.mark.parametrize("number", [1, 2])
def test_notes_are_lit_when_the_sound_system_sounds_them(reel: Browser, number: int) -> None:
    bar = next(each for each in performed(0).bars if (each.index, each.number) == (1, number))
    played = reel.ask(f"play(1.6, {bar.onset})")
    performance = performed(0)
    begin = min(when for when, _ in played["started"]) - bar.onset
    assert len(played["samples"]) > 5
    for heard, _, shown, late in played["samples"]:
        if heard - late > begin + bar.onset:
            assert places(shown) in sounding(0, heard - begin - late - 0.02, heard - begin + 0.02)
        elif heard < begin + bar.onset:
            assert not shown
    ours = [(note.onset, 440 * 2 ** ((note.pitch - 69) / 12)) for note in performance.notes]
    for when, hertz in played["started"]:
        assert any(abs(when - begin - onset) < 0.002 and abs(hertz - own) < 0.1 for onset, own in ours)


@driven
def test_half_the_speed_is_the_same_pitch(reel: Browser) -> None:
    fast = reel.ask("play(0.3)")["started"]
    reel.ask("player.setSpeed(0.5)")
    slow = reel.ask("play(0.3)")["started"]
    assert len(slow) > 3
    assert [hertz for _, hertz in slow] == [hertz for _, hertz in fast][: len(slow)]
    for (quick, _), (late, _) in zip(fast, slow, strict=False):
        assert late - slow[0][0] == pytest.approx(2 * (quick - fast[0][0]), abs=1e-3)


@driven
def test_a_loop_comes_round_and_round(reel: Browser) -> None:
    bar = performed(0).bars[1]
    begin, end = round(bar.onset, 4), round(bar.onset + bar.length / 2, 4)
    reel.ask(f"controls.select([{begin}, {end}])")
    assert reel.ask("[...document.querySelectorAll('.chosen')].length") == 4  # a note, a chord of two, a note
    played = reel.ask(f"play(1.6, {begin})")
    positions = [position for _, position, *_ in played["samples"]]
    assert min(positions) >= begin - 1e-6
    assert max(positions) <= end + 1e-6
    assert any(later < sooner for sooner, later in pairwise(positions))
    lowest = min(hertz for _, hertz in played["started"])  # the bass on the first beat
    rounds = [when for when, hertz in played["started"] if hertz == lowest]
    assert [later - sooner for sooner, later in pairwise(rounds)] == pytest.approx(
        [end - begin] * (len(rounds) - 1), abs=1e-3
    )
    assert len(rounds) > 2


@driven
def test_a_click_on_a_note_plays_from_there(reel: Browser) -> None:
    reel.click(*reel.ask("where('t2-v0-b2-l0-n1')"))
    assert reel.ask("player.playing || new Promise((done) => setTimeout(() => done(player.playing), 300))")
    passage = next(each for each in performed(0).passages if each.place.id == "v0-b2-l0-n1")
    assert reel.ask("player.laps[0].position") == pytest.approx(passage.onset, abs=1e-3)


@driven
def test_a_drag_from_note_to_note_makes_a_loop(reel: Browser) -> None:
    reel.drag(reel.ask("where('t2-v0-b2-l0-n1')"), reel.ask("where('t2-v0-b1-l0-n0')"))
    passages = {each.place.id: each for each in reversed(performed(0).passages)}
    first, last = passages["v0-b1-l0-n0"], passages["v0-b2-l0-n1"]
    assert reel.ask("player.loop") == pytest.approx([first.onset, last.onset + last.length], abs=1e-3)
    assert reel.ask("document.querySelector('[role=status]').textContent") == "Loop from bar 1 to bar 2"
    assert "v0-b1-l0-n2" in places(reel.ask("[...document.querySelectorAll('.chosen')].map((each) => each.id)"))


@driven
def test_keys_go_from_note_to_note_and_play(reel: Browser) -> None:
    reel.ask("document.querySelector('.sheet').focus()")
    for name in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        reel.key(name)
    assert reel.ask("document.querySelector('[role=status]').textContent") == "D 5, bar 1"
    reel.key("[")
    reel.key("ArrowRight")
    assert reel.ask("document.querySelector('[role=status]').textContent") == "D 5, F sharp 5, bar 1"
    reel.key("]")
    passages = performed(0).passages
    assert reel.ask("player.loop") == pytest.approx(
        [passages[1].onset, passages[2].onset + passages[2].length], abs=1e-3
    )
    reel.key("Enter")
    assert reel.ask("player.playing || new Promise((done) => setTimeout(() => done(player.playing), 300))")
    reel.key(" ")
    assert not reel.ask("player.playing")
    reel.key("Escape")
    assert reel.ask("player.loop") is None


@driven
def test_a_count_in_ends_with_the_pickup_and_the_metronome_follows_the_beats(reel: Browser) -> None:
    reel.ask("player.countIn = 1; player.setMetronome(true)")
    started = reel.ask("play(0.5)")["started"]
    reel.ask("player.countIn = 0; player.setMetronome(false)")
    performance = performed(0)
    first = min(when for when, hertz in started if hertz not in CLICKS)
    clicks = [(round(when - first, 3), hertz) for when, hertz in started if hertz in CLICKS]
    beat = performance.bars[1].length / 4
    pickup = performance.bars[0].length
    assert [time for time, _ in clicks[:3]] == pytest.approx([pickup - 4 * beat, pickup - 3 * beat, -beat], abs=2e-3)
    assert [hertz for _, hertz in clicks[:3]] == [1900, 1300, 1300]
    beats = [onset for bar in performance.bars for onset, _ in bar.beats]
    assert [time for time, _ in clicks[3:]] == pytest.approx(beats[: len(clicks) - 3], abs=2e-3)


@driven
def test_changes_while_it_plays_bring_no_count_in_and_take_none_away(reel: Browser) -> None:
    reel.ask("player.countIn = 1")
    played = reel.ask(
        "play(0.3).then(async () => { await player.play(1, 0); player.setSpeed(0.5); player.setLoop([1, 3]);"
        "player.setMetronome(false); const now = player.counting; player.stop(); return [now, player.countIn]; })"
    )
    assert played == [False, 1]
    reel.ask("player.countIn = 0")


@driven
def test_another_part_is_shown_with_its_notes_lit(reel: Browser) -> None:
    reel.ask("controls.drawings.selectedIndex = 1; controls.drawings.onchange(); player.seek(0.01)")
    assert reel.ask("[...document.querySelectorAll('.sheet')].map((each) => each.hidden)") == [True, False] * 2
    assert reel.ask("lit()") == ["t3-v0-b0-l0-n0"]
    reel.ask("controls.drawings.selectedIndex = 0; controls.drawings.onchange()")


@driven
def test_at_the_end_comes_the_next_tune_if_asked(reel: Browser) -> None:
    reel.ask("controls.after.selectedIndex = 2; player.play(tunes[0].performance.seconds - 0.1)")
    found = reel.ask("""(async () => {
        for (let turn = 0; turn < 100 && !(controls.tune === tunes[1] && player.playing); turn++) await wait(0.1);
        return [controls.tune.title, player.playing];
      })()""")
    assert found == ["The Dotted", True]
    reel.ask("controls.after.selectedIndex = 0; player.stop()")


@driven
def test_every_voice_sounds_at_its_pitch_and_does_not_clip(hornpipe: Browser) -> None:
    heard = hornpipe.ask("""
        player.play(0).then(async () => {
          player.stop();
          const found = {};
          for (const name of Object.keys(player.table)) {
            const context = new OfflineAudioContext(1, 22050, 44100);
            const voices = new player.voices.constructor(context, player.table);
            voices.note(context.destination, name, 69, 0.01, 0.4, 1);
            const samples = (await context.startRendering()).getChannelData(0);
            const part = samples.subarray(4000, 14000);
            let [best, period] = [-1, 0];
            for (let lag = 60; lag < 150; lag++) {
              let sum = 0;
              for (let place = 0; place + lag < part.length; place++) sum += part[place] * part[place + lag];
              if (sum > best) [best, period] = [sum, lag];
            }
            found[name] = [Math.max(...samples.map(Math.abs)), 44100 / period];
          }
          return found;
        })""")
    assert len(heard) >= 14
    for name, (peak, pitch) in heard.items():
        assert 0.05 < peak < 1, name
        assert pitch == pytest.approx(440, rel=0.02), name


@driven
def test_the_page_is_readable_in_light_and_dark(browser: Browser, tmp_path: Path) -> None:
    from PIL import Image

    browser.ask("reset(0)")
    for dark, paper in ((False, (255, 253, 248)), (True, (22, 21, 18))):
        browser.picture(tmp_path / "page.png", dark)
        picture = Image.open(tmp_path / "page.png").convert("RGB")
        colours = {colour for _, colour in picture.getcolors(1 << 20) or ()}
        assert picture.getpixel((5, 400)) == paper
        ink = [sum(each) for each in colours if isinstance(each, tuple)]
        assert max(ink) - min(ink) > 500
    browser.picture(tmp_path / "page.png")


@driven
def test_print_leaves_the_controls_out(browser: Browser) -> None:
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        hidden = "[...document.querySelectorAll('.controls, .play')].every((each) => !each.offsetWidth)"
        assert browser.ask(hidden)
        assert browser.ask("document.querySelector('.sheet svg').getBoundingClientRect().width") > 500
    finally:
        browser.call("Emulation.setEmulatedMedia", media="screen")


@driven
def test_controls_have_names_for_those_who_do_not_see_them(browser: Browser) -> None:
    browser.call("Accessibility.enable")
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    found = {
        (each["role"]["value"], each["name"]["value"])
        for each in nodes
        if not each["ignored"] and each.get("name", {}).get("value") is not None
    }
    roles = {"button", "slider", "checkbox", "combobox", "application"}
    assert all(name for role, name in found if role in roles)
    names = {name for role, name in found if role in roles}
    assert {"Play", "Position", "Metronome", "Count-in", "Loop from here"} <= names
    assert any(name.startswith("Score of The Dotted. Arrow keys go from note to note") for name in names)
