"""Measure what the library costs a program: its start, its refusals, and validation off the main thread.

pass           python -c pass, the baseline of the start-up times;
import         python -c "import folkrnn";
help, refused  folkrnn --help, and folkrnn generate --key H;
main thread    validating tunes in the main thread: processor seconds, the start and all processes included;
thread         the same in another thread, where a reader process keeps music21's time limit.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time

from benchmarking import add_json_option, write_figures

VALIDATE = """
import sys, threading
import folkrnn
from folkrnn.corpus.sources import music21_collection
from folkrnn.notation import is_playable

def validate():
    assert all(folkrnn.validate(tune).playable for tune in tunes)

if __name__ == "__main__":
    tunes = []
    for path in music21_collection("oneills1850"):
        if len(tunes) < int(sys.argv[1]):
            tunes += [tune for tune in folkrnn.read(path) if is_playable(tune.findings)]
    tunes = tunes[:int(sys.argv[1])]
    if sys.argv[2] == "thread":
        thread = threading.Thread(target=validate)
        thread.start()
        thread.join()
    else:
        validate()
"""


def wall(*arguments: str) -> float:
    """Run a command; return milliseconds."""
    begun = time.perf_counter()
    subprocess.run(arguments, capture_output=True, check=False)
    return 1000 * (time.perf_counter() - begun)


def processor_seconds(*arguments: str) -> float:
    """Run Python with these arguments; return the processor seconds of it and of its own processes."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    begun = used()
    subprocess.run([sys.executable, *arguments], check=True)
    return used() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=9, help="times in turns; the median is printed")
    parser.add_argument("--tunes", type=int, default=100, help="tunes to validate")
    add_json_option(parser)
    options = parser.parse_args()
    command = [sys.executable, "-m", "folkrnn"]
    starts = {
        "pass": [sys.executable, "-c", "pass"],
        "import": [sys.executable, "-c", "import folkrnn"],
        "help": [*command, "--help"],
        "refused": [*command, "generate", "--key", "H"],
    }
    times: dict[str, list[float]] = {name: [] for name in starts}
    for _ in range(options.repeat):
        for name, arguments in starts.items():
            times[name].append(wall(*arguments))
    figures = {name: statistics.median(values) for name, values in times.items()}
    for name, value in figures.items():
        print(f"{name:<12} {value:6.0f} ms  {value / figures['pass']:5.2f} times pass")
    costs: dict[str, list[float]] = {"main thread": [], "thread": []}
    for _ in range(max(1, options.repeat // 3)):
        for name, values in costs.items():
            values.append(processor_seconds("-c", VALIDATE, str(options.tunes), name))
    figures |= {name: statistics.median(values) for name, values in costs.items()}
    for name in costs:
        print(f"{name:<12} {figures[name]:6.2f} s for {options.tunes} tunes")
    print(f"thread / main thread {figures['thread'] / figures['main thread']:.2f}")
    write_figures(options, figures)


if __name__ == "__main__":
    main()
