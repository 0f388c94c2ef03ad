/* The ABC text: a plain textarea above a copy of its lines, which shows what stands where.

   The copy gives the text its height and its look. It holds one element a line, so that a gutter can stand beside each,
   whatever wraps. Places in a line are coloured by the browser's highlights, without a change of the copy. */

import { make } from "./dom.js";

const NAMES = ["error", "warning", "note", "chosen", "fresh", "here", "lit"];
const MOST = 500_000; // characters; with far more of them a browser stands still
const highlights = "highlights" in CSS ? CSS.highlights : null;

/** Return the offset in a text of a line and a column, both from 1; columns count characters, as Python does.
    @param {string} text @param {number[]} starts the offsets of its lines
    @param {number} line @param {number} column */
export function offsetOf(text, starts, line, column) {
  const start = starts[Math.min(line, starts.length) - 1] ?? 0;
  const end = starts[line] ?? text.length + 1;
  const characters = text.slice(start, end - 1);
  // A character outside the first plane is two of JavaScript's.
  const wide = /[\ud800-\udbff]/.test(characters);
  return (
    start + (wide ? [...characters].slice(0, column - 1).join("").length : Math.min(column - 1, characters.length))
  );
}

/** Return the offsets of the lines of a text.
    @param {string} text */
export function lineStarts(text) {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Events: `type` where the user changed the text, `leap` before a change elsewhere than the last one or of another kind,
    `refuse` before a change that would make the text too long, and is not made, `caret` where the caret or the selection went. */
export class Editor extends EventTarget {
  /** @param {HTMLElement} root */
  constructor(root) {
    super();
    this.area = make("textarea", {
      spellcheck: false,
      autocapitalize: "off",
      autocomplete: "off",
      wrap: "soft",
      "aria-label": "ABC of the tune",
      "aria-describedby": "findings-summary",
    });
    this.copy = make("div", { className: "copy", "aria-hidden": "true" });
    root.append(this.copy, this.area);
    /** @type {string[]} */
    this.lines = [];
    this.marks = new Map();
    this.starts = [0];
    this.#mirror();
    let last = -1;
    this.area.addEventListener("beforeinput", (event) => {
      const [begin, end] = this.selection;
      const more = event.data ?? event.dataTransfer?.getData("text/plain") ?? "";
      if (this.text.length - (end - begin) + more.length > MOST && more.length > 1) {
        event.preventDefault();
        this.dispatchEvent(new Event("refuse"));
        return;
      }
      const typed = event.inputType === "insertText" || event.inputType.startsWith("deleteContent");
      if (begin !== end || begin !== last || !typed) this.dispatchEvent(new Event("leap"));
    });
    this.area.addEventListener("input", () => {
      last = this.caret;
      this.#mirror();
      this.dispatchEvent(new Event("type"));
    });
    document.addEventListener("selectionchange", () => {
      if (document.activeElement === this.area) this.dispatchEvent(new Event("caret"));
    });
  }

  get text() {
    return this.area.value;
  }

  get caret() {
    return this.area.selectionStart;
  }

  /** The selected range of the text; empty where only the caret stands.
      @returns {[number, number]} */
  get selection() {
    return [this.area.selectionStart, this.area.selectionEnd];
  }

  /** Show another text.
      @param {string} text @param {number} [caret] */
  set(text, caret = Math.min(this.caret, text.length)) {
    if (text !== this.area.value) {
      this.area.value = text;
      this.#mirror();
    }
    if (document.activeElement === this.area) this.area.setSelectionRange(caret, caret);
  }

  /** @param {boolean} fixed whether the text may not be changed now */
  fix(fixed) {
    this.area.readOnly = fixed;
  }

  /** Put the caret somewhere, and go there.
      @param {number} begin @param {number} [end] */
  go(begin, end = begin) {
    this.area.focus();
    this.area.setSelectionRange(begin, end);
    this.copy.children[this.#line(begin)]?.scrollIntoView({ block: "nearest" });
  }

  /** Show a place of the text without taking the focus.
      @param {number} offset */
  reveal(offset) {
    if (document.activeElement !== this.area)
      this.copy.children[this.#line(offset)]?.scrollIntoView({ block: "nearest" });
  }

  /** Colour ranges of the text, and no others, under a name.
      @param {string} name @param {[number, number][]} ranges */
  mark(name, ranges) {
    this.marks.set(name, ranges);
    if (!highlights) return;
    const found = ranges.flatMap(([begin, end]) => this.#ranges(begin, end));
    if (found.length)
      highlights.set(`abc-${name}`, Object.assign(new Highlight(...found), { priority: NAMES.indexOf(name) }));
    else highlights.delete(`abc-${name}`);
  }

  /** Show findings in the gutter and in the text.
      @param {{line: number, column: number, level: string, sentence: string}[]} findings */
  find(findings) {
    const levels = ["note", "warning", "error"];
    const worst = new Map();
    const ranges = { error: [], warning: [], note: [] };
    for (const { line, column, level } of findings) {
      if (levels.indexOf(level) > levels.indexOf(worst.get(line) ?? "")) worst.set(line, level);
      const begin = offsetOf(this.text, this.starts, line, column);
      const [word] = /^[^\s|]+|^./.exec(this.text.slice(begin)) ?? [""];
      if (word) ranges[level]?.push([begin, begin + word.length]);
    }
    for (const [index, element] of [...this.copy.children].entries()) {
      const level = worst.get(index + 1) ?? "";
      if ((element.dataset.level ?? "") !== level) element.dataset.level = level;
    }
    for (const [name, found] of Object.entries(ranges)) this.mark(name, found);
  }

  #line(offset) {
    let line = 0;
    while (line + 1 < this.starts.length && this.starts[line + 1] <= offset) line++;
    return line;
  }

  #ranges(begin, end) {
    const found = [];
    for (let line = this.#line(begin); line < this.starts.length && this.starts[line] < end; line++) {
      const node = this.copy.children[line]?.firstChild;
      if (node?.nodeType !== Node.TEXT_NODE) continue;
      const from = Math.max(0, begin - this.starts[line]);
      const to = Math.min(node.length, end - this.starts[line]);
      if (from >= to) continue;
      const range = new StaticRange({ startContainer: node, startOffset: from, endContainer: node, endOffset: to });
      found.push(range);
    }
    return found;
  }

  /** Give the copy the lines of the text: only those that changed are made anew. */
  #mirror() {
    const lines = this.area.value.split("\n");
    const before = this.lines;
    let head = 0;
    while (head < lines.length && head < before.length && lines[head] === before[head]) head++;
    let tail = 0;
    while (
      tail < lines.length - head &&
      tail < before.length - head &&
      lines[lines.length - 1 - tail] === before[before.length - 1 - tail]
    )
      tail++;
    const old = [...this.copy.children].slice(head, before.length - tail);
    const made = lines
      .slice(head, lines.length - tail)
      .map((text, index) => this.#element(text, old[index]?.dataset.level));
    const next = this.copy.children[before.length - tail] ?? null;
    for (const each of old) each.remove();
    for (const each of made) this.copy.insertBefore(each, next);
    this.lines = lines;
    this.starts = lineStarts(this.area.value);
  }

  #element(text, level = "") {
    const element = make("div", { className: "line" });
    if (level) element.dataset.level = level;
    if (/^[A-Za-z+]:/.test(text)) element.classList.add("field");
    else if (text.startsWith("%")) element.classList.add("comment");
    // A line without text is as high as any other.
    element.append(text || make("br"));
    return element;
  }
}
