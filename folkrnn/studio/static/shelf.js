/* The shelf: all tunes of the folder, found, sorted, picked, tagged, binned, brought in and taken out. */

import * as api from "./api.js";
import { $, counted, later, make, say } from "./dom.js";
import { VirtualList } from "./list.js";

const ROW = 52; // pixels
const ORDERS = {
  changed: (a, b) => b.changed.localeCompare(a.changed),
  title: (a, b) => compare(a.title, b.title),
  rhythm: (a, b) => compare(a.rhythm, b.rhythm) || compare(a.title, b.title),
  key: (a, b) => compare(a.key, b.key) || compare(a.title, b.title),
  book: (a, b) => compare(a.book, b.book) || compare(String(a.number), String(b.number)),
};
const { compare } = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Return a text as it is searched: without accents and capitals.
    @param {string} text */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Events: `open` (`detail`: an entry), `change` where the shelf is another one, `export` (`detail`: ids),
    `set` (`detail`: ids that are to be a set), `trouble` (`detail`: a sentence). */
export class ShelfPanel extends EventTarget {
  constructor() {
    super();
    /** @type {any[]} */
    this.entries = [];
    this.byId = new Map();
    this.sets = [];
    this.version = "";
    this.list = new VirtualList($("list"), ROW, (entry) => [
      make("span", { className: "name" }, entry.title || "Untitled"),
      make(
        "span",
        { className: "facts" },
        [entry.rhythm, entry.key, entry.meter, ...entry.tags.map((tag) => `#${tag}`)].filter(Boolean).join(" · "),
      ),
    ]);
    this.list.addEventListener("open", (event) => this.#tell("open", event.detail));
    this.list.addEventListener("pick", () => this.#picked());
    this.list.addEventListener("remove", () => this.#bin());
    for (const id of ["by-rhythm", "by-key", "by-tag", "sort", "bin"]) $(id).onchange = () => this.filter();
    $("search").oninput = later(() => this.filter(), 60);
    $("search").onkeydown = (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") $("list").focus();
    };
    $("import").onclick = () => $("import-files").click();
    $("import-files").onchange = () => {
      this.bringIn([...$("import-files").files]);
      $("import-files").value = "";
    };
    this.#listenToDrops();
  }

  /** Ask what is on the shelf, now and whenever that changes. */
  async begin() {
    await this.load();
    this.watch();
    document.addEventListener("visibilitychange", () => this.watch());
  }

  /** Listen to the shelf while the page is seen: a browser has few connections for all pages of a studio. */
  watch() {
    this.events?.close();
    if (document.hidden) return;
    const soon = later(() => this.load(), 50);
    this.events = api.shelfEvents();
    this.events.addEventListener("changed", (event) => {
      if (JSON.parse(event.data).version !== this.version) soon();
    });
  }

  async load() {
    try {
      const { version, tunes, sets, remarks = [] } = await api.shelf();
      this.version = version;
      this.entries = tunes.map((each) => ({
        ...each,
        searched: plain([each.title, ...(each.titles ?? []), each.book, each.rhythm, ...each.tags].join(" ")),
      }));
      this.byId = new Map(this.entries.map((each) => [each.id, each]));
      this.sets = sets;
      $("shelf-remarks").textContent = remarks.join(" ");
    } catch (error) {
      return this.#tell("trouble", `The shelf cannot be read: ${error.message}`);
    }
    this.#offer();
    this.filter();
    return this.#tell("change");
  }

  /** Show the tunes that are looked for. */
  filter() {
    const words = plain($("search").value).split(/\s+/).filter(Boolean);
    const [rhythm, key, tag, bin] = [$("by-rhythm").value, $("by-key").value, $("by-tag").value, $("bin").checked];
    const found = this.entries.filter(
      (each) =>
        each.binned === bin &&
        (!rhythm || each.rhythm === rhythm) &&
        (!key || each.key === key) &&
        (!tag || each.tags.includes(tag)) &&
        words.every((word) => each.searched.includes(word)),
    );
    this.list.set(found.sort(ORDERS[$("sort").value]));
    const all = this.entries.filter((each) => each.binned === bin).length;
    const where = bin ? "in the bin" : "on the shelf";
    $("found").textContent =
      found.length === all
        ? `${counted(all, "tune")} ${where}`
        : `${found.length.toLocaleString("en")} of ${counted(all, "tune")} ${where}`;
  }

  /** Fill the choices of rhythm, key and tag with what there is. */
  #offer() {
    const fill = (id, every, values) => {
      const chosen = $(id).value;
      const counts = new Map();
      for (const value of values) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
      const options = [...counts].sort((a, b) => compare(a[0], b[0]));
      $(id).replaceChildren(
        make("option", { value: "" }, every),
        ...options.map(([value, count]) => make("option", { value }, `${value} (${count})`)),
      );
      $(id).value = counts.has(chosen) ? chosen : "";
      $(id).disabled = !options.length;
    };
    fill(
      "by-rhythm",
      "any rhythm",
      this.entries.map((each) => each.rhythm),
    );
    fill(
      "by-key",
      "any key",
      this.entries.map((each) => each.key),
    );
    fill(
      "by-tag",
      "any tag",
      this.entries.flatMap((each) => each.tags),
    );
  }

  /** Show what can be done with the picked tunes. */
  #picked() {
    const ids = this.#ids();
    const entries = ids.map((id) => this.byId.get(id));
    $("picked").hidden = !ids.length;
    if (!ids.length) return;
    const button = (text, action) => make("button", { type: "button", onclick: action }, text);
    const tag = make("input", { "aria-label": "Tag", placeholder: "tag", size: 8, className: "tag" });
    const tagged = async (event) => {
      event.preventDefault();
      const name = tag.value.trim();
      if (!name) return;
      const all = entries.every((each) => each.tags.includes(name));
      await this.change(entries, (each) => ({
        tags: all ? each.tags.filter((other) => other !== name) : [...new Set([...each.tags, name])],
      }));
      say(all ? `Tag ${name} taken off` : `Tagged ${name}`);
    };
    const form = make(
      "form",
      { className: "row", onsubmit: tagged },
      tag,
      make("button", { title: "Puts the tag on; takes it off where all have it" }, "Tag"),
    );
    const binned = entries.every((each) => each.binned);
    $("picked").replaceChildren(
      make("strong", {}, counted(ids.length, "tune")),
      form,
      button("Make a set", () => this.#tell("set", ids)),
      button("Export", () => this.#tell("export", ids)),
      button(binned ? "Take back" : "Bin", () => this.#bin()),
      make("button", { type: "button", className: "quiet", onclick: () => this.list.pick([]) }, "Pick none"),
    );
  }

  /** The ids of the picked tunes, in the order of the list. */
  #ids() {
    const shown = this.list.items.filter((each) => this.list.picked.has(each.id)).map((each) => each.id);
    return shown.length ? shown : [...this.list.picked].filter((id) => this.byId.has(id));
  }

  async #bin() {
    const ids = this.list.picked.size ? this.#ids() : [this.list.items[this.list.active]?.id].filter(Boolean);
    const entries = ids.map((id) => this.byId.get(id));
    const binned = !entries.every((each) => each.binned);
    await this.change(entries, () => ({ binned }));
    this.list.pick([]);
    say(binned ? `${counted(ids.length, "tune")} in the bin` : `${counted(ids.length, "tune")} back on the shelf`);
  }

  /** Change entries, not their texts.
      @param {any[]} entries @param {(entry: any) => any} what */
  async change(entries, what) {
    for (const entry of entries) {
      try {
        await api.changeTune(entry.id, entry.etag, what(entry));
      } catch (error) {
        this.#tell("trouble", `${entry.title}: ${error.message}`);
        break;
      }
    }
    await this.load();
    this.#picked();
  }

  /** Put files on the shelf.
      @param {File[]} files */
  async bringIn(files) {
    const ids = [];
    for (const file of files) {
      $("found").textContent = `Importing ${file.name}…`;
      try {
        const { entries } = await api.importFile(file);
        ids.push(...entries.map((each) => each.id));
      } catch (error) {
        this.#tell("trouble", `${file.name}: ${error.message}`);
      }
    }
    await this.load();
    if (!ids.length) return;
    this.list.pick(ids);
    this.list.reveal(ids[0]);
    say(`${counted(ids.length, "tune")} imported`);
    if (ids.length === 1) this.#tell("open", this.byId.get(ids[0]));
  }

  #listenToDrops() {
    const files = (event) => event.dataTransfer?.types.includes("Files");
    let depth = 0;
    const show = (change) => {
      depth = Math.max(0, depth + change);
      $("drop").hidden = !depth;
    };
    addEventListener("dragenter", (event) => files(event) && show(1));
    addEventListener("dragleave", (event) => files(event) && show(-1));
    addEventListener("dragover", (event) => files(event) && event.preventDefault());
    addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      show(-depth);
      this.#tell("importing");
      this.bringIn([...event.dataTransfer.files]);
    });
  }

  #tell(what, detail = null) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}
