"""Several voices: their names, and whether their bars go together."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from folkrnn.notation.bars import check_bars, starts_section
from folkrnn.notation.findings import NOTE, WARNING, Finding
from folkrnn.notation.text import plain_text
from folkrnn.notation.tune import Bar, Tune, Voice, total

_WORD = re.compile(r'(?<![A-Za-z])([A-Za-z]+)\s*=\s*(?:"([^"]*)"|(\S+))')

VOICE_CODES = frozenset({"voice-ends-early", "voices-differ", "overlay-length"})
"""The codes of the findings that ``check_voices`` returns."""


def voice_names(words: str) -> tuple[str, str]:
    """Return the name and the short name that the words of a ``V:`` field give; empty where they give none."""
    found = {
        match[1].lower(): plain_text((match[2] if match[2] is not None else match[3]).replace(r"\n", " "))
        for match in _WORD.finditer(words)
    }
    name = found.get("name") or found.get("nm") or ""
    return name, next((found[key] for key in ("subname", "snm", "sname") if key in found), "")


def check_bars_of(bars: Sequence[Bar], others: Sequence[Sequence[Bar]]) -> list[Finding]:
    """Return findings about the lengths of a voice's numbered bars; a section edge of any voice is one of all."""
    findings = check_bars(bars)
    if not findings or not others:
        return findings
    edges = {index - 1 for other in others for index in range(1, len(other)) if starts_section(other, index)}
    return check_bars([replace(bar, edge=bar.edge or "||" * (index in edges)) for index, bar in enumerate(bars)])


def check_voices(voices: Sequence[Voice]) -> list[Finding]:
    """Return findings about voices whose bars differ from those of the first that has any."""
    findings = []
    first, *others = [voice for voice in voices if voice.bars] or voices
    for voice in others:
        for ours, theirs in zip_longest(first.bars, voice.bars):
            if theirs is None or ours is None:
                short, long = (voice, first) if theirs is None else (first, voice)
                bar = short.bars[-1]
                message = f"it ends after bar {bar.number}, voice {long.id} after bar {long.bars[-1].number}"
                findings.append(Finding("voice-ends-early", NOTE, bar.line, bar.column, bar.number, message, short.id))
                break
            if ours.duration != theirs.duration and ours.meter == theirs.meter:
                message = f"the bar holds {theirs.duration}, that of voice {first.id} {ours.duration}"
                place = theirs.line, theirs.column, theirs.number
                findings.append(Finding("voices-differ", WARNING, *place, message, voice.id))
                break
    several = len(voices) > 1
    for voice in voices:
        findings += [each._replace(voice=voice.id) if several else each for each in check_overlays(voice)]
    return findings


def check_overlays(voice: Voice) -> list[Finding]:
    """Return findings about overlays that are not as long as their bars."""
    findings = []
    for bar in voice.bars:
        for notes in bar.overlays:
            if (length := total(notes)) != bar.duration:
                level = WARNING if length > bar.duration else NOTE
                message = f"the voice after & holds {length}, the bar {bar.duration}"
                findings.append(Finding("overlay-length", level, bar.line, bar.column, bar.number, message))
    return findings


def about_melody(tune: Tune) -> tuple[Finding, ...]:
    """Return the findings about a tune but for those about other voices than its melody."""
    return tuple(finding for finding in tune.findings if finding.voice in ("", tune.melody.id))
