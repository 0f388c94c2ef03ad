"""What one does with the studio, from the first tune to the printed page, in a browser."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browsing import Browser
from studio_browsing import AREA, JIG, driven, open_page, press, saved, text, write

from folkrnn import parse
from folkrnn.export.page import performance_data
from folkrnn.export.performance import perform

NEAR = 0.02
"""How near to its time a note is lit, in seconds."""

HEAR = """
  const Sound = AudioContext;
  window.AudioContext = class extends Sound {
    constructor() { super(); window.sound = this; }
    createOscillator() {
      const made = super.createOscillator();
      const start = made.start.bind(made);
      made.start = (when) => { window.begun ??= when; start(when); };
      return made;
    }
  };
  window.listen = async (seconds) => {
    const sheet = document.getElementById("sheet");
    const frames = [];
    const heard = () => sound.currentTime - (sound.outputLatency || 0) - begun;
    while (!window.begun || heard() < seconds) {
      await new Promise(requestAnimationFrame);
      await null; // what the page does in this frame comes first
      if (window.begun) frames.push([heard(), [...sheet.querySelectorAll(".lit")].map((each) => each.id)]);
    }
    return frames;
  };
"""
"""Notes the sound system's clock, its first sound, and what is lit at each frame."""


@pytest.fixture(scope="module")
def composed() -> dict[str, str]:
    """What the tests of this file tell each other."""
    return {}


def value(browser: Browser) -> str:
    return str(browser.ask(f"{AREA}.value"))


def fill(browser: Browser, name: str, content: str) -> None:
    browser.ask(f"document.getElementById('wishes').elements.{name}.value = {json.dumps(content)}")


def places(browser: Browser, abc: str) -> dict[str, Any]:
    """Return where the server says that notes are written, by the ids of the notes in the score."""
    asked = json.dumps(json.dumps({"abc": abc}))
    return dict(
        browser.ask(
            "fetch('/api/draw', {method: 'POST', headers: {'Content-Type': 'application/json'}, "
            f"body: {asked}}}).then((answer) => answer.json()).then((answer) => answer.places)"
        )
    )


def middle(browser: Browser, id: str) -> tuple[float, float]:
    box = browser.ask(
        f"(() => {{ const each = document.getElementById({id!r}); each.scrollIntoView({{block: 'center'}}); "
        "const {x, y, width, height} = (each.querySelector('.notehead') ?? each).getBoundingClientRect(); "
        "return [x + width / 2, y + height / 2]; })()"
    )
    return box[0], box[1]


def notes(abc: str) -> list[str]:
    """Return the notes of each full bar of the first tune."""
    bars = [bar for bar in parse(abc)[0].voices[0].bars if bar.number]
    return [" ".join(f"{note.pitches} {note.duration}" for note in bar.notes) for bar in bars]


@driven
def test_a_jig_is_composed(browser: Browser, address: str, composed: dict[str, str]) -> None:
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=HEAR)
    open_page(browser, address)
    assert browser.wait("!document.getElementById('welcome').hidden")
    press(browser, "tab-compose")
    fill(browser, "rhythm", "jig")
    fill(browser, "form", "8:")
    fill(browser, "count", "1")
    press(browser, "compose-start")
    browser.wait("document.querySelector('#composed .title')")
    browser.wait("document.querySelectorAll('#sheet .note').length > 20")
    assert "jig" in text(browser, "facts")
    assert browser.ask("document.querySelectorAll('#composed li[aria-current]').length") == 1
    composed["jig"] = value(browser)
    assert "R:jig" in composed["jig"]


@driven
def test_it_is_heard_as_we_perform_it(browser: Browser, composed: dict[str, str]) -> None:
    passages = performance_data(perform(parse(composed["jig"])[0]))["passages"]
    browser.ask("document.getElementById('sheet').focus()")
    browser.key(" ")
    frames = browser.ask("listen(2.5)")
    browser.key(" ")
    assert len({id for _, ids in frames for id in ids}) > 5
    for (before, _), (now, lit) in pairwise(frames[1:]):
        # A note whose time lies between two frames is lit in the second one, or a little sooner.
        may = {id for id, begin, end, *_ in passages if begin <= now + NEAR and end >= before - NEAR}
        must = {id for id, begin, end, *_ in passages if begin <= before - NEAR and end >= now + NEAR}
        assert must <= {*lit} <= may, (before, now, lit)


@driven
def test_two_bars_are_rewritten_and_it_is_undone(browser: Browser, composed: dict[str, str]) -> None:
    jig = composed["jig"]
    inside = sorted(
        (each["line"], each["column"], id) for id, each in places(browser, jig).items() if each["bar"] in (3, 4)
    )
    browser.drag(middle(browser, inside[0][2]), middle(browser, inside[-1][2]))
    browser.wait("document.getElementById('rewrite').textContent === 'Rewrite bars 3–4'")
    assert browser.ask("document.querySelectorAll('#sheet .chosen').length") == len(inside)
    press(browser, "rewrite")
    browser.ask("document.querySelector('#drafts [name=drafts]').value = 2")
    press_write = "document.querySelector('#drafts form button').click()"
    browser.ask(press_write)
    browser.wait("document.querySelectorAll('#drafts [aria-label^=\"Use draft\"]').length === 2")
    assert value(browser) == jig, "a draft that is not taken changes nothing"
    browser.ask("document.querySelector('#drafts [aria-label=\"Use draft 2\"]').click()")
    browser.wait(f"{AREA}.value !== {json.dumps(jig)}")
    old, new = notes(jig), notes(value(browser))
    assert old[:2] == new[:2]
    assert len(old) == len(new)
    press(browser, "undo")
    assert value(browser) == jig


@driven
def test_a_slip_is_shown_at_its_line_and_the_score_stays(browser: Browser, composed: dict[str, str]) -> None:
    jig = composed["jig"]
    drawn = browser.ask("document.querySelectorAll('#sheet .note').length")
    line = jig.index("K:") + jig[jig.index("K:") :].index("\n") + 1
    browser.ask(f"{AREA}.focus(), {AREA}.setSelectionRange({line}, {line})")
    browser.type("[CE")
    number = jig[:line].count("\n") + 1
    browser.wait(f"document.querySelector('.editor .line:nth-child({number})').dataset.level === 'error'")
    assert f"line {number}" in text(browser, "findings")
    assert browser.ask("document.querySelectorAll('#sheet .note').length") >= drawn - 12
    press(browser, "undo")
    browser.wait(f"{AREA}.value === {json.dumps(jig)}")
    browser.wait("!document.querySelector('.editor .line[data-level=error]')")


@driven
def test_it_is_kept_reloaded_found_and_printed(
    browser: Browser, address: str, folder: Path, composed: dict[str, str], tmp_path: Path
) -> None:
    title = parse(composed["jig"])[0].title
    browser.ask(f"{AREA}.focus()")
    browser.key("s", "Control")
    saved(browser)
    assert f"T:{title}\n" in (folder / "tunes.abc").read_text(encoding="utf-8")
    open_page(browser, address)
    press(browser, "tab-shelf")
    browser.ask("document.getElementById('search').focus()")
    browser.type(title[:6].lower())
    browser.wait("document.querySelectorAll('#list [role=option]').length === 1")
    browser.key("Enter")
    browser.key("Enter")
    browser.wait("document.querySelectorAll('#sheet .note').length > 20")
    browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    press(browser, "export-open")
    browser.ask("document.querySelector('#export [value=pdf]').click()")
    browser.ask("document.querySelector('#export button.primary').click()")
    browser.wait("document.querySelector('#export [role=status]').textContent.endsWith('is in your downloads.')")
    browser.wait("new Promise((done) => setTimeout(() => done(true), 200))")
    [file] = [each for each in tmp_path.iterdir() if each.suffix == ".pdf"]
    assert file.read_bytes().startswith(b"%PDF")
    browser.key("Escape")


@driven
def test_of_two_tabs_the_later_one_is_told_and_both_texts_are_there(browser: Browser, address: str) -> None:
    write(browser, JIG)
    press(browser, "keep")
    saved(browser)
    first = browser.new_tab()
    open_page(browser, address)
    press(browser, "tab-shelf")
    browser.wait("[...document.querySelectorAll('#list .name')].some((each) => each.textContent === 'The Open Gate')")
    browser.ask(
        "[...document.querySelectorAll('#list .name')].find((each) => each.textContent === 'The Open Gate').click()"
    )
    browser.wait(f"{AREA}.value.includes('The Open Gate')")
    # The first tab is offline for a moment: what it writes comes too late.
    second = browser.go_to(first)
    browser.call(
        "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1
    )
    write(browser, JIG.replace("Open", "Later"))
    browser.wait("!document.getElementById('notice').hidden")
    browser.go_to(second)
    write(browser, JIG.replace("Open", "Sooner"))
    saved(browser)
    browser.go_to(first)
    browser.call(
        "Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1
    )
    browser.wait("!document.getElementById('panel').hidden")
    assert "The Later Gate" in text(browser, "panel")
    assert "The Sooner Gate" in text(browser, "panel")
    browser.ask(
        "[...document.querySelectorAll('#panel button')].find((each) => each.textContent === 'Keep both').click()"
    )
    titles = "fetch('/api/shelf').then((answer) => answer.json()).then(({tunes}) => tunes.map((each) => each.title))"
    browser.wait(f"{titles}.then((all) => all.includes('The Later Gate') && all.includes('The Sooner Gate'))")
    browser.call("Page.close")
    browser.go_to(second)


@driven
def test_all_of_it_can_be_done_with_the_keys(browser: Browser, address: str) -> None:
    open_page(browser, address)
    browser.key("1", "Alt")
    browser.type("polka")
    focused = "document.activeElement.name"
    for _ in range(20):
        if browser.ask(focused) == "count":
            break
        browser.key("Tab")
    browser.ask("document.activeElement.select()")
    browser.type("1")
    cards = browser.ask("document.querySelectorAll('#composed li').length")
    browser.key("Enter")
    browser.wait(f"document.querySelectorAll('#composed li').length > {cards}")
    for _ in range(40):
        browser.key("Tab")
        if browser.ask("document.activeElement.matches('#composed .title')"):
            break
    browser.ask("window.before = document.querySelector('#sheet svg'); 0")
    browser.key("Enter")
    browser.wait("document.getElementById('facts').textContent.includes('polka')")
    browser.wait("document.querySelector('#sheet svg') !== window.before")  # what is there first is another tune's
    browser.wait("document.querySelectorAll('#sheet .note').length > 8")
    browser.key("3", "Alt")
    browser.key("ArrowRight")
    browser.key("ArrowRight", "Shift")
    browser.key("ArrowRight", "Shift")
    browser.wait("document.querySelectorAll('#sheet .chosen').length >= 2")
    browser.key("r")
    browser.wait("document.querySelector('#drafts form')")
    browser.key("Escape")
    browser.wait("document.getElementById('drafts').hidden && document.activeElement.id === 'sheet'")
    browser.key("Escape")
    browser.key(" ")
    browser.wait("document.querySelector('#sheet .lit')")
    browser.key(" ")
    browser.wait("document.querySelector('.controls button').textContent === 'Play'")
    browser.key("s", "Control")
    saved(browser)
    browser.key("4", "Alt")
    assert browser.ask(f"document.activeElement === {AREA}")
    browser.key("3", "Alt")
    browser.key("/")
    browser.type(["open", "sooner", "gate"][1])
    browser.wait("document.querySelectorAll('#list [role=option]').length === 1")
    browser.key("ArrowDown")
    browser.key("Enter")
    browser.wait("document.getElementById('title').textContent === 'The Sooner Gate'")
    browser.key("2", "Alt")
    browser.key("Delete")
    browser.wait("document.getElementById('found').textContent.includes('0 of')")
    browser.key("3", "Alt")
    browser.key("?")
    browser.wait("document.getElementById('help').matches(':popover-open')")
    browser.key("Escape")
    assert not browser.ask("document.getElementById('help').matches(':popover-open')")


VIEWS = ("compose", "shelf", "score", "text")

WIDER = """[...document.querySelectorAll("body *")].filter((each) => {
    const box = each.getBoundingClientRect();
    if (!box.width || box.right <= innerWidth + 1 || each.closest("[popover]:not(:popover-open)")) return false;
    for (let up = each.parentElement; up; up = up.parentElement)
      if (up !== document.body && getComputedStyle(up).overflowX !== "visible") return false;
    return !each.closest(".unseen, .skip");
  }).map((each) => each.outerHTML.slice(0, 100))"""
"""What is wider than the page, but for what scrolls by itself."""


@driven
def test_on_a_phone_nothing_is_wider_than_the_page(browser: Browser, address: str) -> None:
    browser.size(390, 844, phone=True)
    try:
        open_page(browser, address)
        browser.ask("document.querySelector('.views [data-view=text]').click()")
        write(browser, JIG.replace("|:dAF", '|:"D"dAF'))
        for view in VIEWS:
            browser.ask(f"document.querySelector('.views [data-view={view}]').click()")
            assert browser.ask("document.documentElement.scrollWidth") <= 390, view
            assert browser.ask(WIDER) == [], view
        browser.ask("document.querySelector('.views [data-view=score]').click()")
        shown = "each.textContent.trim() === 'D' && each.getBoundingClientRect().height > 5"
        browser.wait(f"[...document.querySelectorAll('#sheet text')].some((each) => {shown})")
        for panel in ("help", "export"):
            browser.ask(f"document.getElementById({panel!r}).showPopover()")
            assert browser.ask(WIDER) == [], panel
            browser.key("Escape")
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")


# For everybody

CONTROLS = {
    "button", "link", "textbox", "searchbox", "combobox", "spinbutton", "checkbox", "radio", "slider", "tab", "listbox",
    "option", "application", "toolbar", "tablist", "tabpanel", "progressbar",
}  # fmt: skip


def check(browser: Browser, axe: str, where: str) -> None:
    """Say what hinders those who do not see the page, or do not see it well."""
    tree = browser.call("Accessibility.getFullAXTree")["nodes"]
    seen = [each for each in tree if not each.get("ignored")]
    unnamed = [
        each["role"]["value"]
        for each in seen
        if each["role"]["value"] in CONTROLS and not each.get("name", {}).get("value", "").strip()
    ]
    assert unnamed == [], where
    roles = [each["role"]["value"] for each in seen]
    assert {"banner", "main", "complementary"} <= {*roles} or browser.ask("innerWidth") < 500, where
    assert "heading" in roles
    if axe:
        browser.ask(f"{axe}; true")
        found = browser.ask("axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations)")
        serious = [
            (each["id"], node["html"][:150], node.get("failureSummary", "")[:300])
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]
        assert serious == [], where


@pytest.fixture(scope="module")
def axe() -> str:
    package = pytest.importorskip("axe_core_python")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@driven
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(browser: Browser, address: str, axe: str, theme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": theme}, {"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.call("Emulation.setEmulatedMedia", media="screen", features=features)
    open_page(browser, address)
    write(browser, JIG.replace("Bdg", "Bdgg"))
    browser.wait("document.querySelector('#findings li')")
    for panel in ("compose", "sets", "shelf"):
        press(browser, f"tab-{panel}")
        check(browser, axe, f"{theme}, {panel}")
    browser.wait("document.querySelector('#list [role=option]')")
    browser.ask("document.getElementById('list').focus()")
    browser.key(" ")
    browser.wait("!document.getElementById('picked').hidden")
    check(browser, axe, f"{theme}, picked")
    for panel in ("help", "export"):
        browser.ask(f"document.getElementById({panel!r}).showPopover()")
        check(browser, axe, f"{theme}, {panel}")
        browser.key("Escape")


@driven
def test_a_title_is_no_script(browser: Browser, address: str) -> None:
    evil = '<img src=x onerror="window.hit=1"><script>window.hit=1</script><svg onload="window.hit=1">'
    open_page(browser, address)
    press(browser, "new")
    browser.wait("document.getElementById('title').textContent === 'Untitled'")
    write(browser, JIG.replace("The Open Gate", evil).replace("R:jig", f"R:{evil}").replace(":|\n", f":|\nw:{evil}\n"))
    browser.wait("document.querySelectorAll('#sheet .note').length === 20")
    press(browser, "keep")
    saved(browser)
    press(browser, "tab-shelf")
    browser.wait("[...document.querySelectorAll('#list .name')].some((each) => each.textContent.startsWith('<img'))")
    assert browser.ask("window.hit === undefined && !document.querySelector('img, body script, svg[onload]')")


@driven
def test_nothing_was_asked_of_another_host(browser: Browser, address: str) -> None:
    origin = address.split("/?")[0]
    assert len(browser.requests) > 50
    assert [url for url in browser.requests if not url.startswith((f"{origin}/", "blob:", "data:"))] == []
