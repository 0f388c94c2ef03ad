"""Findings and what they mean for playability."""

from folkrnn.notation import ERROR, NOTE, WARNING, Finding, faults, is_playable


def finding(level: str) -> Finding:
    return Finding("code", level, 3, 5, 2, "a sentence")


def test_errors_and_warnings_are_faults_and_notes_are_none() -> None:
    found = [finding(level) for level in (NOTE, WARNING, ERROR, NOTE)]
    assert faults(found) == found[1:3]
    assert faults(found[:1]) == []


def test_a_tune_is_playable_without_faults() -> None:
    assert is_playable([])
    assert is_playable([finding(NOTE)])
    assert not is_playable([finding(NOTE), finding(WARNING)])
    assert not is_playable([finding(ERROR), finding(NOTE)])


def test_a_finding_reads_as_a_line() -> None:
    assert str(finding(WARNING)) == "3:5: warning code: a sentence"
