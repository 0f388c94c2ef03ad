"""Make the pictures of the studio for its documents, in Chromium: light, dark, and on a phone.

With ``--all`` it also makes each width in light and in dark, to be looked at.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from browsing import CHROMIUM, Browser  # noqa: E402

AREA = "document.querySelector('.editor textarea')"

JIG = """X:1
T:The Open Gate
R:jig
M:6/8
L:1/8
Q:3/8=112
K:D
|:A|"D"dAF DFA|"G"Bdg efg|"D"fdf "A7"ece|"G"dcB "A7"A2 A|
"D"dAF DFA|"G"Bdg efg|"A7"fdf ece|"D"d3 d2:|
|:e|"D"faf dAF|"G"GBd gdB|"A7"ceg age|"D"fdA d2 e|
"D"faf dAF|"G"GBd gdB|"A7"ceg ece|"D"d3 d2:|
"""

OTHERS = (
    ("The Mill at Night", "reel", "4/4", "G"),
    ("Rosehip Jam", "polka", "2/4", "A"),
    ("Two Lanterns", "waltz", "3/4", "Em"),
)

WIDTHS = {"studio": (1440, 900), "studio-tablet": (820, 1180), "studio-phone": (390, 844)}

LARGEST = 250_000
"""The largest picture, in bytes."""


def shelf(folder: Path) -> None:
    """Write a book of some tunes."""
    bars = {"4/4": "DEFG A2F2|", "2/4": "DEFG|", "3/4": "D2F2A2|"}
    tunes = [
        f"X:{number}\nT:{title}\nR:{rhythm}\nM:{meter}\nL:1/8\nK:{key}\n|:{bars[meter] * 7}{bars[meter][:-1]}:|\n"
        for number, (title, rhythm, meter, key) in enumerate(OTHERS, 1)
    ]
    (folder / "tunes.abc").write_text("\n".join(tunes), encoding="utf-8")


def prepare(browser: Browser, address: str) -> None:
    """Open the page with a tune on the shelf, of which two bars are chosen."""
    browser.open(address)
    browser.wait("document.documentElement.dataset.ready")
    browser.ask("document.querySelector('.views [data-view=text]').click()")
    browser.ask(f"{AREA}.focus(), {AREA}.select()")
    browser.type(JIG)
    browser.wait("document.querySelectorAll('#sheet .note').length > 80")
    if browser.ask("!document.getElementById('keep').hidden"):
        browser.ask("document.getElementById('keep').click()")
    browser.wait("document.getElementById('saved').textContent === 'Saved'")
    browser.wait("document.getElementById('findings-summary').textContent.startsWith('Playable')")
    begin, end = JIG.index("fdf"), JIG.index("A2 A|") + 4
    browser.ask(f"{AREA}.focus(), {AREA}.setSelectionRange({begin}, {end})")
    browser.wait("document.getElementById('rewrite').textContent.startsWith('Rewrite bar')")
    browser.ask("document.activeElement.blur()")


def pause(browser: Browser, seconds: float) -> None:
    """Let the page settle."""
    browser.wait(f"new Promise((done) => setTimeout(() => done(true), {1000 * seconds}))")


def small(path: Path) -> None:
    """Give a picture a palette, which makes it smaller."""
    Image.open(path).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        print(f"{path} is larger than {LARGEST} bytes", file=sys.stderr)


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "docs")
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("Chromium is not installed; expected chromium or google-chrome")
    arguments.output.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place:
        folder = Path(place, "tunes")
        folder.mkdir()
        shelf(folder)
        command = [sys.executable, "-m", "folkrnn", "studio", str(folder), "--no-browser", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            try:
                assert process.stdout
                address = process.stdout.readline().strip()
                with Browser(Path(place, "browser")) as browser:
                    pictures(browser, address, arguments.output, arguments.all)
            finally:
                process.terminate()


def pictures(browser: Browser, address: str, output: Path, every: bool) -> None:
    """Write a picture of each width that is wanted."""
    for name, (width, height) in WIDTHS.items():
        browser.size(width, height, phone=width < 500)
        prepare(browser, address)
        browser.ask("document.getElementById('tab-shelf').click()")
        browser.ask("document.querySelector('.views [data-view=score]').click()")
        pause(browser, 3)  # it is drawn again where the part of the page has another width
        for dark in (False, True):
            path = output / f"{name}{'-dark' if dark else ''}.png"
            if every or path.stem in ("studio", "studio-dark", "studio-phone"):
                browser.picture(path, dark=dark)
                pause(browser, 0.3)
                browser.picture(path, dark=dark)
                small(path)
                print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
