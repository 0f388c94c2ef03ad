/* What readers have to say about the text, beside it. */

import { $, counted, make } from "./dom.js";

const LEVELS = ["error", "warning", "note"]; // the worst one first
const MOST = 100; // findings that are listed

/** @typedef {{line: number, column: number, bar: number, voice: string, level: string, sentence: string}} Finding */

/** List findings; `go` is called with the one that is chosen.
    @param {Finding[]} findings @param {(finding: Finding) => void} go */
export function show(findings, go) {
  const sorted = [...findings].sort((a, b) => a.line - b.line || a.column - b.column);
  $("findings").replaceChildren(...sorted.slice(0, MOST).map((each) => item(each, go)));
  $("findings-box").dataset.level = LEVELS.find((level) => findings.some((each) => each.level === level)) ?? "";
}

function item(finding, go) {
  const { line, bar, voice, level, sentence } = finding;
  const where = [`line ${line}`, bar && `bar ${bar}`, voice && `voice ${voice}`].filter(Boolean).join(", ");
  const text = [make("span", { className: "level" }, level), ` ${where}: ${sentence}`];
  const made = make("li", {}, make("button", { type: "button", onclick: () => go(finding) }, ...text));
  made.dataset.level = level;
  return made;
}

/** Return in a sentence what was found; `playable` is what the second reader says, null before it has.
    @param {{findings: Finding[]}} answer @param {boolean | null} playable */
export function summary({ findings }, playable) {
  const count = (level) => findings.filter((each) => each.level === level).length;
  const counts = LEVELS.filter(count)
    .map((level) => counted(count(level), level))
    .join(", ");
  if (playable && !count("error") && !count("warning")) {
    return `Playable: a second reader hears the same.${counts && ` ${counts}.`}`;
  }
  return counts ? `${counts}.` : "No findings.";
}
