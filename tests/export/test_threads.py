"""Every format may be made in any thread, and several at once."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from folkrnn.export.engraving import to_pdf, to_png, to_svg
from folkrnn.export.midi import to_midi
from folkrnn.export.musicxml import to_musicxml
from folkrnn.export.sound import to_wav
from folkrnn.notation import Tune, read_tunes

BODIES = ('"G"A2 (3Bcd ~e2 fg|A8|]', "[M:6/8]ABc {d}edc|B6|]", "|:d>e f<g a2:|1 b6:|2 c'6|]", "z4 A,4|[CEG]8|]")
TUNES = [tune for n, body in enumerate(BODIES) for tune in read_tunes(f"X:{n}\nT:N{n}\nM:4/4\nL:1/8\nK:D\n{body}\n")]


def a_pdf(tune: Tune) -> bytes:
    return to_pdf([tune])


@pytest.mark.parametrize("make", [to_svg, to_png, a_pdf, to_musicxml, to_midi, to_wav])
def test_two_threads_make_what_one_makes(make: Callable[[Tune], object]) -> None:
    expected = [make(tune) for tune in TUNES]
    together = threading.Barrier(2)

    def work(backwards: bool) -> list[object]:
        together.wait()
        made = [make(tune) for tune in (TUNES[::-1] if backwards else TUNES) * 3]
        return made[::-1] if backwards else made

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(2) as threads:
            results = list(threads.map(work, (False, True)))
    finally:
        sys.setswitchinterval(before)
    assert results == [expected * 3, expected * 3]


def test_a_drawing_of_a_thread_needs_none_of_the_main_thread() -> None:
    code = (
        "import threading\nfrom folkrnn.notation import read_tunes\nfrom folkrnn.export.engraving import to_svg\n"
        "(tune,) = read_tunes('X:1\\nT:One\\nM:4/4\\nL:1/8\\nK:C\\nABcd efga|]\\n')\n"
        "drawn = []\n"
        "for _ in range(2):\n"
        "    thread = threading.Thread(target=lambda: drawn.append(to_svg(tune)))\n"
        "    thread.start(); thread.join()\n"
        "assert drawn == [to_svg(tune)] * 2\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
