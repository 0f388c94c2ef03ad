/* The score in the middle: it is drawn by the server, played by the player, and tied to the text note by note. */

import { Controls, Player, Tune } from "/player/player.js";
import * as api from "./api.js";
import { $, ignoreOutdated } from "./dom.js";
import { lineStarts, offsetOf } from "./editor.js";
import * as unsaved from "./unsaved.js";

const SILENCE = { seconds: 0, parts: [], voices: [], notes: [], passages: [], bars: [], names: {} };

/** Return a drawing of the server as an element that the page's policy takes: no styles, nothing that runs.
    @param {string} svg */
function drawing(svg) {
  const { documentElement } = new DOMParser().parseFromString(svg, "image/svg+xml");
  if (documentElement.localName !== "svg") throw new Error("the drawing cannot be read");
  for (const each of documentElement.querySelectorAll("style, script, title, desc, foreignObject")) each.remove();
  for (const each of documentElement.querySelectorAll("[style]")) each.removeAttribute("style");
  documentElement.setAttribute("aria-hidden", "true");
  return document.importNode(documentElement, true);
}

/** The score of the text that is worked on, with its player.

    Events: `drawn`; `cursor` (`detail`: the range of a note in the text); `lit` (`detail`: such ranges);
    `select` for selected bars. */
export class ScoreView extends EventTarget {
  /** @param {any} voices the table of instruments */
  constructor(voices) {
    super();
    this.section = $("tune");
    this.sheet = $("sheet");
    this.text = "";
    this.header = "";
    /** How it is drawn: for which instrument, with tablature or fingering. */
    this.options = {};
    this.places = new Map();
    /** @type {{id: string, begin: number, end: number, bar: number}[]} */
    this.order = [];
    this.tune = new Tune(this.section, SILENCE);
    this.player = new Player(voices);
    this.controls = new Controls([this.tune], this.player, 0);
    $("transport").append(this.controls.element);
    // A low screen keeps its room for the music.
    if (!matchMedia("(min-height: 49rem)").matches) this.controls.element.querySelector("details").open = false;
    this.controls.addEventListener("cursor", (event) => {
      const place = this.places.get(event.detail);
      if (place) this.dispatchEvent(new CustomEvent("cursor", { detail: [place.begin, place.end] }));
    });
    this.controls.addEventListener("lit", (event) => {
      this.dispatchEvent(new CustomEvent("lit", { detail: this.rangesOf(event.detail) }));
    });
    this.controls.addEventListener("select", () => {
      this.tune.score.mark("chosen", this.#selected);
      this.dispatchEvent(new Event("select"));
    });
    this.width = 0;
    new ResizeObserver(() => this.#resized()).observe(this.sheet.parentElement);
  }

  get empty() {
    return !this.order.length;
  }

  /** Draw a text; the latest wins. Return whether it is what is shown now. Throws an ApiError for no readable tune.
      @param {string} text @param {string} [header] lines outside the text that hold for it, too */
  async draw(text, header = "") {
    this.latest?.abort();
    const { signal } = (this.latest = new AbortController());
    try {
      const page = unsaved.tabName();
      const found = await api.draw({ abc: header + text, width: this.#room(), page, ...this.options }, signal);
      if (signal.aborted) return false;
      this.header = header;
      this.#show(text, found);
      return true;
    } catch (error) {
      ignoreOutdated(error);
      return false;
    }
  }

  /** Show nothing. */
  clear() {
    this.latest?.abort();
    this.#show("", { svg: "", places: {}, performance: SILENCE });
  }

  /** The places of the notes that begin and end the selection, as it is written; null where nothing is selected. */
  get ends() {
    const { loop } = this.player;
    const inside = loop
      ? this.tune.performance.passages.filter((each) => each[1] >= loop[0] - 1e-6 && each[1] < loop[1] - 1e-6)
      : [];
    const found = [inside[0], inside.at(-1)].map((each) => this.places.get(each?.[0]));
    return found[0] && found[1] ? found.sort((a, b) => a.begin - b.begin) : null;
  }

  /** The first and the last bar of the selection, as they are numbered in print.
      @returns {[number, number] | null} */
  get bars() {
    const bars = this.ends?.map((each) => Math.max(1, each.bar)).sort((a, b) => a - b);
    return bars ? [bars[0], bars[1]] : null;
  }

  /** The ids of the selected notes: what is written from one end to the other, whatever is repeated in between. */
  get #selected() {
    const { ends } = this;
    if (!ends) return [];
    const [first, last] = ends;
    const voices = new Set(this.order.map((each) => each.id.split("-")[0]));
    const [low, high] = this.bars;
    return this.order
      .filter((each) =>
        voices.size > 1 ? each.bar >= low && each.bar <= high : each.begin >= first.begin && each.begin <= last.begin,
      )
      .map((each) => each.id);
  }

  /** The ranges of the selected notes in the text. */
  get chosen() {
    return this.rangesOf(this.#selected);
  }

  /** Select the notes that stand in a range of the text; those of a melody that is repeated, once.
      @param {number} begin @param {number} end */
  select(begin, end) {
    const ids = this.order.filter((each) => each.begin < end && each.end > begin).map((each) => each.id);
    const passages = ids.map((id) => this.tune.performance.passages[this.tune.first(id)]).filter(Boolean);
    if (!passages.length) return this.unselect();
    const onset = Math.min(...passages.map((each) => each[1]));
    this.controls.select([onset, Math.max(...passages.map((each) => each[2]))]);
  }

  /** Select whole bars, by their numbers in print.
      @param {number} first @param {number} last */
  selectBars(first, last) {
    const inside = this.order.filter((each) => each.bar >= first && each.bar <= last);
    if (inside.length) this.select(inside[0].begin, inside.at(-1).end);
  }

  unselect() {
    if (this.player.loop) this.controls.select(null);
  }

  /** Light the note at an offset of the text as the one where the caret stands; return its range.
      @param {number} offset
      @returns {[number, number] | null} */
  point(offset) {
    const found =
      this.order.find((each) => offset >= each.begin && offset < each.end) ??
      this.order.find((each) => offset === each.end);
    this.tune.score.mark("cursor", found ? [found.id] : []);
    if (!found) return null;
    this.tune.cursor = this.tune.first(found.id);
    this.tune.score.show(found.id, 0);
    return [found.begin, found.end];
  }

  /** Play from an offset of the text.
      @param {number} offset */
  playFrom(offset) {
    const found = this.order.find((each) => each.end > offset) ?? this.order[0];
    const passage = found && this.tune.performance.passages[this.tune.first(found.id)];
    if (passage) this.player.play(passage[1]);
  }

  /** Play from the beginning of a bar, by its number in print.
      @param {number} bar */
  playBar(bar) {
    this.playFrom(this.order.find((each) => each.bar >= bar)?.begin ?? 0);
  }

  /** The number of the last bar, as printed. */
  get lastBar() {
    return this.order.reduce((last, each) => Math.max(last, each.bar), 0);
  }

  /** Mark the notes of bars as new, and return their ranges in the text.
      @param {[number, number] | null} bars */
  freshen(bars) {
    const fresh = bars ? this.order.filter((each) => each.bar >= bars[0] && each.bar <= bars[1]) : [];
    this.tune.score.mark(
      "fresh",
      fresh.map((each) => each.id),
    );
    return fresh.map((each) => [each.begin, each.end]);
  }

  /** @param {Iterable<string>} ids
      @returns {[number, number][]} */
  rangesOf(ids) {
    return [...ids]
      .map((id) => this.places.get(id))
      .filter(Boolean)
      .map((each) => [each.begin, each.end]);
  }

  #room() {
    this.width = Math.round(this.sheet.clientWidth || Math.min(700, innerWidth - 24));
    return this.width;
  }

  #resized() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      const changed = Math.abs(this.sheet.clientWidth - this.width);
      if (this.text && this.sheet.clientWidth && changed > 0.1 * this.width)
        this.draw(this.text, this.header).catch(() => null);
    }, 200);
  }

  #show(text, found) {
    const starts = lineStarts(text);
    const above = this.header.split("\n").length - 1;
    const offset = (line, column) => offsetOf(text, starts, Math.max(1, line - above), column);
    this.text = text;
    this.order = Object.entries(found.places)
      .map(([id, { line, column, end_column: end, bar }]) => ({
        id,
        bar,
        begin: offset(line, column),
        end: end ? offset(line, end) : 0,
      }))
      .sort((a, b) => a.begin - b.begin);
    for (const [index, each] of this.order.entries()) {
      each.end ||= Math.min(
        this.order[index + 1]?.begin ?? text.length,
        (text.indexOf("\n", each.begin) + 1 || text.length + 1) - 1,
      );
    }
    this.places = new Map(this.order.map((each) => [each.id, each]));
    this.sheet.replaceChildren(...(found.svg ? [drawing(found.svg)] : []));
    this.controls.renew(found.performance);
    this.tune.score.mark("chosen", this.#selected);
    this.dispatchEvent(new Event("drawn"));
  }
}
