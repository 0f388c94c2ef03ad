"""Settings for all tests."""

import signal

from hypothesis import settings

# Time is measured by scripts/bench_*.py; a busy machine must not fail a test. Examples are the same in every run.
settings.register_profile("folkrnn", deadline=None, derandomize=True)
settings.load_profile("folkrnn")

# Under nohup SIGHUP is ignored, here and by the commands that are tested.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
