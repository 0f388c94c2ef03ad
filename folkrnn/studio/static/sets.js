/* Sets: tunes in the order in which they are played one after the other. */

import * as api from "./api.js";
import { $, counted, make, say } from "./dom.js";

const TITLE = "title of the set"; // no id of a tune has spaces

/** Return a name for a file or an address, from a title.
    @param {string} title @param {Set<string>} taken */
function nameFor(title, taken) {
  const stem =
    title
      .normalize("NFD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "set";
  let name = stem;
  for (let number = 2; taken.has(name); number++) name = `${stem}-${number}`;
  return name;
}

/** Events: `open` (`detail`: the id of a tune), `export` (`detail`: a set), `trouble`, `change`. */
export class SetsPanel extends EventTarget {
  /** @param {import("./shelf.js").ShelfPanel} shelf */
  constructor(shelf) {
    super();
    this.shelf = shelf;
    this.root = $("sets");
    this.shown = "";
    this.dragged = -1;
    shelf.addEventListener("change", () => this.draw());
  }

  /** Make a set of tunes.
      @param {string[]} ids */
  async make(ids) {
    const first = this.shelf.byId.get(ids[0])?.title ?? "A set";
    const title = ids.length > 1 ? `${first} and ${ids.length - 1} more` : first;
    this.shown = nameFor(first, new Set(this.shelf.sets.map((each) => each.name)));
    await this.#put({ name: this.shown, title, tunes: ids, etag: "" }, {});
    this.root.querySelector("input")?.select();
  }

  async #put(set, change) {
    const { title, tunes } = { ...set, ...change };
    try {
      await api.putSet(set.name, set.etag, { title, tunes });
    } catch (error) {
      this.#tell(
        "trouble",
        error.status === 412 ? "The set was changed elsewhere; here is what it is now." : error.message,
      );
    }
    await this.shelf.load();
  }

  draw() {
    const { activeElement: active } = document;
    const held = this.root.contains(active) ? active.dataset.focus : "";
    const typed = active.value;
    const set = this.shelf.sets.find((each) => each.name === this.shown);
    this.root.replaceChildren(...(set ? this.#one(set) : this.#all()));
    const again = held && this.root.querySelector(`[data-focus="${CSS.escape(held)}"]`);
    if (!again) return;
    again.focus();
    if (held === TITLE) again.value = typed;
  }

  #all() {
    const { sets } = this.shelf;
    if (!sets.length)
      return [make("p", { className: "hint" }, "No sets yet. Pick tunes on the shelf, then choose “Make a set”.")];
    const open = (set) => () => {
      this.shown = set.name;
      this.draw();
      this.root.querySelector("button")?.focus();
    };
    return [
      make(
        "ul",
        { className: "cards", "aria-label": "Sets" },
        ...sets.map((set) =>
          make(
            "li",
            {},
            make("button", { type: "button", className: "title", onclick: open(set) }, set.title || set.name),
            make("span", { className: "facts" }, counted(set.tunes.length, "tune")),
          ),
        ),
      ),
    ];
  }

  #one(set) {
    const button = (text, action, more = {}) => make("button", { type: "button", onclick: action, ...more }, text);
    const title = make("input", { value: set.title, "aria-label": "Name of the set" });
    title.dataset.focus = TITLE;
    title.onchange = () => this.#put(set, { title: title.value.trim() || set.name });
    return [
      make(
        "p",
        { className: "row" },
        button(
          "← All sets",
          () => {
            this.shown = "";
            this.draw();
          },
          { className: "quiet" },
        ),
        button("Export", () => this.#tell("export", set)),
        button("Remove set", () => this.#remove(set), { className: "quiet", title: "The tunes stay on the shelf" }),
      ),
      make("p", { className: "name" }, title),
      make("p", { className: "hint", id: "set-keys" }, "Drag to order, or Alt with an arrow key."),
      make("ol", { className: "cards order" }, ...set.tunes.map((id, index) => this.#item(set, id, index))),
    ];
  }

  #item(set, id, index) {
    const entry = this.shelf.byId.get(id);
    const name = entry?.title ?? "a tune that is gone";
    const moved = (to) => {
      if (to < 0 || to >= set.tunes.length || to === index) return;
      const tunes = [...set.tunes];
      tunes.splice(to, 0, ...tunes.splice(index, 1));
      say(`${name} is number ${to + 1}`);
      this.#put(set, { tunes });
    };
    const step = (text, label, to) => {
      const made = make(
        "button",
        { type: "button", className: "quiet", onclick: () => moved(to), "aria-label": `${label} ${name}` },
        text,
      );
      made.disabled = to < 0 || to >= set.tunes.length;
      return made;
    };
    const open = make(
      "button",
      { type: "button", className: "title", onclick: () => this.#tell("open", id), "aria-describedby": "set-keys" },
      name,
    );
    open.dataset.focus = id;
    const item = make(
      "li",
      { draggable: true },
      open,
      make("span", { className: "facts" }, [entry?.rhythm, entry?.key].filter(Boolean).join(" · ")),
      make(
        "span",
        { className: "row" },
        step("↑", "Move up", index - 1),
        step("↓", "Move down", index + 1),
        make(
          "button",
          {
            type: "button",
            className: "quiet",
            "aria-label": `Take ${name} out of the set`,
            onclick: () => this.#put(set, { tunes: set.tunes.filter((_, place) => place !== index) }),
          },
          "×",
        ),
      ),
    );
    item.addEventListener("keydown", (event) => {
      const by = event.altKey && { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      moved(index + by);
    });
    item.addEventListener("dragstart", (event) => {
      this.dragged = index;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", name);
    });
    item.addEventListener("dragover", (event) => {
      if (this.dragged < 0) return;
      event.preventDefault();
      item.classList.add("over");
    });
    item.addEventListener("dragleave", () => item.classList.remove("over"));
    item.addEventListener("dragend", () => {
      this.dragged = -1;
    });
    item.addEventListener("drop", (event) => {
      if (this.dragged < 0) return;
      event.preventDefault();
      const tunes = [...set.tunes];
      tunes.splice(index, 0, ...tunes.splice(this.dragged, 1));
      this.dragged = -1;
      this.#put(set, { tunes });
    });
    return item;
  }

  async #remove(set) {
    this.shown = "";
    try {
      await api.removeSet(set.name, set.etag);
    } catch (error) {
      this.#tell("trouble", error.message);
    }
    await this.shelf.load();
  }

  #tell(what, detail = null) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}
