"""A program that is stopped at any moment while it writes leaves every tune that was kept."""

import random
import subprocess
import sys
import time
from pathlib import Path

from folkrnn.notation import read_tunes
from folkrnn.studio.shelf import Shelf

WRITER = """
import sys
from pathlib import Path
from folkrnn.studio.shelf import Shelf
shelf = Shelf(Path(sys.argv[1]))
print("ready", flush=True)
start = int(sys.argv[2])
for number in range(start, start + 10_000):
    text = f"X:1\\nT:Tune {number}\\nK:D\\nDEFG|\\n"
    [entry] = shelf.add(text)
    print("added", entry.id, number, flush=True)
    entry = shelf.change(entry.id, entry.etag, text=text.replace("DEFG", "GFED"))
    print("changed", entry.id, number, flush=True)
    if number % 3 == 0:
        entry = shelf.change(entry.id, entry.etag, binned=True)
        print("binned", entry.id, number, flush=True)
    if number % 6 == 0:
        entry = shelf.change(entry.id, entry.etag, binned=False)
        print("restored", entry.id, number, flush=True)
"""


def test_nothing_that_was_kept_is_lost_when_the_program_is_killed(tmp_path: Path) -> None:
    rng = random.Random(5)
    said: dict[str, tuple[str, int]] = {}
    for start in range(0, 100_000, 10_000):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(start)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0.02, 0.35))
            writer.kill()
            for line in writer.stdout:
                if line.endswith("\n"):
                    word, id, number = line.split()
                    said[id] = word, int(number)
        shelf = Shelf(tmp_path)
        entries = {entry.id: entry for entry in shelf.entries()}
        for id, (word, number) in said.items():
            stored = shelf.get(id)
            assert f"T:Tune {number}\n" in stored.text
            if word != "added":  # what came next may have been written and not told
                assert "GFED" in stored.text
            if word == "restored":
                assert not entries[id].binned
        text = (tmp_path / "tunes.abc").read_text() if (tmp_path / "tunes.abc").exists() else ""
        tunes = read_tunes(text)
        assert all(tune.bars and not tune.findings for tune in tunes)
        assert len(tunes) == len({tune.title for tune in tunes})
        assert len(tunes) == sum(not entry.binned for entry in entries.values())
        assert not list(tmp_path.rglob("*.folkrnn.part"))
    assert said
