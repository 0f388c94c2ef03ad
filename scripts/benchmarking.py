"""What the benchmarks have in common: the option --json, and a description of the machine."""

import argparse
import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from folkrnn.files import write_whole

PROCESSOR_FIELDS = ("model name", "Hardware", "Model")
"""The lines of /proc/cpuinfo that may name the processor, the best first."""


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """Add the option --json FILE."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE as JSON")


def write_figures(options: argparse.Namespace, figures: Mapping[str, Any]) -> None:
    """Write the figures with the options and the machine, if --json was given."""
    if options.json is None:
        return
    settings = {name: value for name, value in vars(options).items() if name not in ("json", "alone")}
    report = {"machine": machine(), "options": settings, "figures": figures}
    write_whole(options.json, (json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n").encode())


def machine() -> dict[str, Any]:
    """Return the processor, its number of cores, the versions of Python and torch, and the date."""
    return {
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def processor_name() -> str:
    """Return the name of the processor: that in /proc/cpuinfo if there is one, else Python's."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    entries = dict(line.split(":", 1) for line in reversed(text.splitlines()) if ":" in line)
    named = {name.strip(): value.strip() for name, value in entries.items()}
    return next((named[field] for field in PROCESSOR_FIELDS if named.get(field)), platform.processor() or "unknown")
