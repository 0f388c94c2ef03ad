"""Settings for all tests."""

from hypothesis import settings

# Time is measured by scripts/bench_*.py; a busy machine must not fail a test. Examples are the same in every run.
settings.register_profile("folkrnn", deadline=None, derandomize=True)
settings.load_profile("folkrnn")
