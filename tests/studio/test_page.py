"""The page of the studio in a browser, over a folder of its own; and what its documents say of it."""

import re
from pathlib import Path

from browsing import Browser
from studio_browsing import AREA, JIG, driven, open_page, text, write

import folkrnn

STATIC = Path(folkrnn.__file__).parent / "studio" / "static"
DOCUMENT = Path(__file__).parents[2] / "docs" / "studio.md"


# What it holds


def test_every_key_is_documented() -> None:
    keys = re.findall(r'keys: "([^"]+)",\s+what: "([^"]+)"', (STATIC / "app.js").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(keys) > 20
    assert [each for each in rows if each in keys] == keys


def test_the_page_loads_nothing_from_elsewhere_and_is_small() -> None:
    texts = {each.name: each.read_text(encoding="utf-8") for each in STATIC.iterdir()}
    assert not [name for name, text in texts.items() if re.search(r"https?://|\beval\(|innerHTML|\son\w+=\"", text)]
    assert not re.search(r"<script(?![^>]*src)|<style|\sstyle=", texts["index.html"])
    assert sum(len(text.encode()) for text in texts.values()) < 150_000


def test_every_module_is_described() -> None:
    described = set(re.findall(r"`(\w+)`", DOCUMENT.read_text(encoding="utf-8").split("## How the page is made")[1]))
    assert {each.stem for each in STATIC.glob("*.js")} <= described


# What it does


@driven
def test_a_tune_is_written_kept_and_found_again(browser: Browser, address: str, folder: Path) -> None:
    write(browser, JIG)
    browser.wait("document.querySelectorAll('#sheet .note').length === 20")
    assert text(browser, "title") == "The Open Gate"
    assert text(browser, "saved") == "Not on the shelf yet"

    write(browser, JIG.replace("Bdg efg", "Bdg ef"))
    browser.wait("document.querySelector('#findings [data-level=error], #findings [data-level=warning]')")
    assert "bar 2" in text(browser, "findings")
    write(browser, "X:1\nT:The Op")
    browser.wait("!document.getElementById('stale').hidden")
    assert browser.ask("document.querySelectorAll('#sheet .note').length") > 10, "the last readable score stays"
    browser.ask("document.getElementById('undo').click()")
    browser.ask("document.getElementById('undo').click()")
    browser.wait(f"{AREA}.value === {JIG!r} && document.getElementById('stale').hidden")

    browser.ask("document.getElementById('keep').click()")
    browser.wait("document.getElementById('saved').textContent === 'Saved'")
    assert "T:The Open Gate" in "".join(each.read_text(encoding="utf-8") for each in folder.glob("**/*.abc"))

    open_page(browser, address)
    assert browser.ask(f"{AREA}.value") == JIG
    browser.ask("document.getElementById('tab-shelf').click()")
    browser.wait("document.querySelector('#list [role=option]')")
    assert browser.ask("document.querySelector('#list .name').textContent") == "The Open Gate"


@driven
def test_a_selection_in_the_text_is_one_in_the_score(browser: Browser) -> None:
    begin = JIG.index("Bdg")
    browser.wait("document.querySelectorAll('#sheet .note').length === 20")
    browser.ask(f"{AREA}.focus(), {AREA}.setSelectionRange({begin}, {JIG.index('ece')})")
    browser.wait("document.querySelectorAll('#sheet .chosen').length === 9")
    assert text(browser, "rewrite") == "Rewrite bars 2–3"
    browser.ask(f"{AREA}.setSelectionRange({begin}, {begin})")
    browser.wait("document.querySelectorAll('#sheet .chosen').length === 0")
    assert browser.ask("document.querySelector('#sheet .cursor').id") == "v0-b1-l0-n0"


@driven
def test_a_score_keeps_its_lines_when_it_is_drawn_again(browser: Browser) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
    box = "document.querySelector('#sheet svg')?.viewBox.baseVal.width"
    write(browser, "")
    browser.wait("!document.querySelector('#sheet svg')")
    write(browser, JIG)
    first = browser.wait(box)
    write(browser, JIG.replace("ece", "ecA"))
    browser.wait("document.querySelectorAll('#sheet .note').length === 20")
    assert browser.wait(box) == first
    write(browser, JIG)
    browser.call("Emulation.clearDeviceMetricsOverride")


@driven
def test_a_set_is_printed_unless_another_format_was_chosen_before(browser: Browser) -> None:
    about = '{formats: [{name: "abc"}, {name: "midi"}, {name: "pdf"}]}'
    offer = 'panel.offer(["one", "two"], title), document.querySelector("#export input:checked").value'
    made = f"""import("/static/exporting.js").then(({{ ExportPanel }}) => {{
        const panel = new ExportPanel({about}, () => ({{ abc: "", title: "" }}));
        const usual = (title) => ({offer});
        const found = [usual(""), usual("A Set")];
        panel.format = "midi";
        found.push(usual("A Set"));
        panel.root.hidePopover();
        return found;
    }})"""
    assert browser.ask(made) == ["abc", "pdf", "midi"]


@driven
def test_where_two_texts_are_left_one_chooses(browser: Browser) -> None:
    browser.ask("""(async () => {
      const { tunes } = await (await fetch("/api/shelf")).json();
      const { entry, abc } = await (await fetch(`/api/shelf/${tunes[0].id}`)).json();
      const headers = { "Content-Type": "application/json", "If-Match": entry.etag };
      window.other = () => fetch(`/api/shelf/${entry.id}`, {
        method: "PUT", headers, body: JSON.stringify({ abc: abc.replace("Open", "Other") }),
      });
    })()""")
    write(browser, JIG.replace("Open", "Own"))
    assert browser.ask("other().then((answer) => answer.status)") == 200
    browser.wait("!document.getElementById('panel').hidden")
    panel = text(browser, "panel")
    assert "The Own Gate" in panel
    assert "The Other Gate" in panel
    browser.ask("document.querySelector('#panel .primary').click()")
    browser.wait("document.getElementById('saved').textContent === 'Saved'")
    assert "The Own Gate" in str(browser.ask(f"{AREA}.value"))


@driven
def test_the_page_asks_only_its_server_and_complains_of_nothing_else(browser: Browser, address: str) -> None:
    origin = address.split("/?")[0]
    assert [url for url in browser.requests if not url.startswith((origin, "blob:", "data:"))] == []
    # What cannot be drawn, and what was changed elsewhere, shows in the status of an answer.
    assert [each for each in browser.problems if "status of 422" not in each and "status of 412" not in each] == []
