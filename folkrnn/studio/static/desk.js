/* The tune that is worked on: its text, its history, its place on the shelf, and that nothing of it is lost. */

import * as api from "./api.js";
import { later } from "./dom.js";
import * as drafts from "./unsaved.js";
import { History } from "./history.js";

const REST = 900; // milliseconds without a key before a text is saved

/** @typedef {{id: string, title: string, etag: string, tags: string[], binned: boolean}} Entry */

/** Events: `text` (the text is another one, `detail`: "user" or "desk", who changed it, or "open"), `preview`, `state`, `conflict`,
    `refused` (`detail`: why the text could not be saved), and `left` (`detail`: a text that is on no shelf, and makes room for another one). */
export class Desk extends EventTarget {
  constructor() {
    super();
    const left = drafts.take();
    /** @type {Entry | null} */
    this.entry = left?.entry ?? null;
    /** The text on the shelf, as far as is known here. */
    this.saved = left?.saved ?? "";
    /** The lines outside the text that hold for it, too: the header of its book. */
    this.header = left?.header ?? "";
    /** What the tune was composed with, if it was. */
    this.made = left?.made ?? null;
    this.history = new History(left?.text ?? "", left?.history);
    /** @type {{text: string, name: string, bars: [number, number] | null} | null} */
    this.shown = null;
    /** Why the text is not saved, if it could not be. */
    this.trouble = "";
    this.conflict = null;
    /** @type {Promise<void> | null} */
    this.saving = null;
    this.saveSoon = later(() => this.save(), REST);
    this.remember = later(() => this.#remember(), 150);
    addEventListener("pagehide", () => this.#remember());
    if (this.entry && this.dirty) this.saveSoon();
  }

  /** The text that is worked on. */
  get text() {
    return this.history.steps[this.history.at].text;
  }

  /** The text that is shown: a draft or an old version while one is looked at. */
  get visible() {
    return this.shown?.text ?? this.text;
  }

  get dirty() {
    return this.text !== this.saved;
  }

  /** Take a text.
      @param {string} text @param {string} what what was done, in words
      @param {number} [caret] */
  change(text, what, caret = 0) {
    const before = this.text;
    this.shown = null;
    this.history.push(text, caret, what);
    this.#changed(what === "typing" ? "user" : "desk", before !== text);
  }

  undo() {
    return this.#move(-1);
  }

  redo() {
    return this.#move(1);
  }

  #move(direction) {
    const what = direction < 0 ? this.history.undoes : this.history.redoes;
    if (!this.history.move(direction)) return "";
    this.shown = null;
    this.#changed("desk", true);
    return what;
  }

  #changed(who, other) {
    if (other) this.trouble = "";
    this.dispatchEvent(new CustomEvent("text", { detail: who }));
    this.#tell("state");
    if (!other) return;
    this.remember();
    if (this.entry) this.saveSoon();
  }

  /** Look at another text, without taking it; null: back to that which is worked on.
      @param {{text: string, name: string, bars?: [number, number] | null} | null} shown */
  look(shown) {
    this.shown = shown && { bars: null, ...shown };
    this.#tell("preview");
  }

  /** Work on another tune.
      @param {string} text
      @param {{entry?: Entry | null, header?: string, made?: any, blank?: boolean}} [more] blank: nothing of it is worth keeping yet */
  async open(text, { entry = null, header = "", made = null, blank = false } = {}) {
    await this.settle();
    if (this.dirty && this.text.trim()) {
      this.dispatchEvent(new CustomEvent("left", { detail: { abc: this.text, made: this.made } }));
    }
    this.entry = entry;
    this.header = header;
    this.saved = entry || blank ? text : "";
    this.made = made;
    this.history = new History(text);
    this.shown = null;
    this.conflict = null;
    this.trouble = "";
    this.#remember();
    this.dispatchEvent(new CustomEvent("text", { detail: "open" }));
    this.#tell("state");
  }

  /** Save what is to be saved before another tune comes. */
  async settle() {
    await this.saving;
    if (this.entry && this.dirty && !this.conflict) await this.save();
  }

  /** Put the tune on the shelf. Throws an ApiError where that is not possible. */
  async keep() {
    if (this.entry) return this.save();
    const text = this.text;
    const answer = await api.addTune({ abc: text });
    const entries = answer.entries ?? [answer.entry];
    this.entry = entries[0];
    // The shelf may have written it differently, in a number of its own, say.
    const { abc, entry } = await api.tune(this.entry.id);
    this.#stored(entry, abc, text);
    return undefined;
  }

  /** Save the text of a tune that is on the shelf. */
  save() {
    if (!this.entry || !this.dirty || this.conflict) return Promise.resolve();
    this.saving ??= this.#save().finally(() => {
      this.saving = null;
      this.#tell("state");
      if (!this.trouble && this.entry && this.dirty) this.saveSoon();
    });
    this.#tell("state");
    return this.saving;
  }

  async #save() {
    const text = this.text;
    const { id, etag } = this.entry;
    try {
      const { entry } = await api.changeTune(id, etag, { abc: text });
      if (this.entry?.id === id) this.#stored(entry, text, text);
    } catch (error) {
      if (this.entry?.id === id) this.#refused(error);
    }
  }

  /** Take note of what is on the shelf now.
      @param {Entry} entry @param {string} abc @param {string} sent the text that became it */
  #stored(entry, abc, sent) {
    this.entry = entry;
    this.saved = abc;
    this.trouble = "";
    if (abc !== sent && this.text === sent) {
      this.history.push(abc, 0, "keeping");
      this.dispatchEvent(new CustomEvent("text", { detail: "desk" }));
    }
    this.#remember();
    this.#tell("state");
  }

  #refused(error) {
    if (error.status === 412) {
      const { entry, abc } = error.answer;
      if (abc === this.text) return this.#stored(entry, abc, abc);
      if (abc === this.saved) {
        // Only its tags or its place were changed.
        this.entry = entry;
        return this.saveSoon();
      }
      return this.dispute(entry, abc);
    }
    this.trouble = error.message;
    this.dispatchEvent(new CustomEvent("refused", { detail: error }));
    return undefined;
  }

  /** @param {Entry} entry @param {string} abc */
  dispute(entry, abc) {
    this.conflict = { entry, abc };
    this.#tell("conflict");
    this.#tell("state");
  }

  /** End a conflict: with the own text, or with that of the shelf.
      @param {"mine" | "theirs"} choice */
  resolve(choice) {
    const { entry, abc } = this.conflict;
    this.conflict = null;
    this.entry = entry;
    this.saved = abc;
    if (choice === "theirs") this.change(abc, "taking the other text");
    else this.save();
    this.#tell("state");
  }

  /** Take what the shelf says of the open tune: another tab or another program may have changed it.
      @param {Entry | undefined} entry */
  async hear(entry) {
    if (!entry || !this.entry || this.saving || this.conflict || entry.etag === this.entry.etag) return;
    const { id } = this.entry;
    const found = await api.tune(id).catch(() => null);
    if (!found || this.entry?.id !== id || this.saving || found.entry.etag === this.entry.etag) return;
    if (found.abc === this.saved || found.abc === this.text) {
      this.#stored(found.entry, found.abc, found.abc);
    } else if (this.dirty) {
      this.dispute(found.entry, found.abc);
    } else {
      this.entry = found.entry;
      this.saved = found.abc;
      this.change(found.abc, "a change elsewhere");
    }
  }

  #tell(what) {
    this.dispatchEvent(new Event(what));
  }

  #remember() {
    drafts.keep({
      entry: this.entry,
      header: this.header,
      saved: this.saved,
      made: this.made,
      text: this.text,
      history: this.history.kept,
    });
  }
}
