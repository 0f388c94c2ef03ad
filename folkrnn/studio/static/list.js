/* A list of thousands of items, of which only those in sight are elements: a listbox for pointer, keys and readers. */

import { make } from "./dom.js";

const SPARE = 6; // rows beyond each edge

/** Events: `open` (`detail`: an item), `pick` where other items are picked, `remove` for the Delete key. */
export class VirtualList extends EventTarget {
  /** @param {HTMLElement} root @param {number} height of a row in pixels
      @param {(item: any) => (Node | string)[]} content what a row shows */
  constructor(root, height, content) {
    super();
    this.root = root;
    this.height = height;
    this.content = content;
    /** @type {any[]} */
    this.items = [];
    /** @type {Set<string>} */
    this.picked = new Set();
    this.active = 0;
    this.anchor = 0;
    this.current = "";
    /** @type {Map<number, {item: any, row: HTMLElement}>} */
    this.rows = new Map();
    this.space = make("div", { className: "space", role: "presentation" });
    root.append(this.space);
    root.addEventListener("scroll", () => this.#draw(), { passive: true });
    root.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(() => this.#draw()).observe(root);
  }

  /** Show other items; what is picked stays picked where it is still there.
      @param {any[]} items each with an id */
  set(items) {
    const active = this.items[this.active]?.id;
    this.items = items;
    const found = items.findIndex((each) => each.id === active);
    this.active = found >= 0 ? found : Math.max(0, Math.min(this.active, items.length - 1));
    this.anchor = Math.min(this.anchor, this.active);
    this.space.style.height = `${items.length * this.height}px`;
    this.#draw();
  }

  /** Show which item is open.
      @param {string} id */
  mark(id) {
    this.current = id;
    this.#draw();
  }

  /** @param {Iterable<string>} ids */
  pick(ids) {
    this.picked = new Set(ids);
    this.#draw();
    this.dispatchEvent(new Event("pick"));
  }

  /** Bring an item into sight.
      @param {string} id */
  reveal(id) {
    const index = this.items.findIndex((each) => each.id === id);
    if (index < 0) return;
    this.active = this.anchor = index;
    this.#show(index);
  }

  #click(event) {
    const row = event.target.closest("[role=option]");
    if (!row) return;
    const index = Number(row.dataset.index);
    if (event.shiftKey) this.#stretch(index);
    else if (event.ctrlKey || event.metaKey || event.target.closest(".box")) this.#toggle(index);
    else this.#open(index);
  }

  #open(index) {
    this.active = this.anchor = index;
    this.#draw();
    if (this.items[index]) this.dispatchEvent(new CustomEvent("open", { detail: this.items[index] }));
  }

  #toggle(index) {
    const item = this.items[index];
    if (!item) return;
    this.active = this.anchor = index;
    const picked = new Set(this.picked);
    if (!picked.delete(item.id)) picked.add(item.id);
    this.pick(picked);
  }

  #stretch(index) {
    this.active = index;
    const [first, last] = [this.anchor, index].sort((a, b) => a - b);
    this.pick(this.items.slice(first, last + 1).map((each) => each.id));
  }

  #key(event) {
    const page = Math.max(1, Math.floor(this.root.clientHeight / this.height) - 1);
    const last = this.items.length - 1;
    const command = event.ctrlKey || event.metaKey;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -last, End: last };
    if (event.key in steps && !event.altKey) {
      const index = Math.max(0, Math.min(last, this.active + steps[event.key]));
      if (event.shiftKey) this.#stretch(index);
      else this.active = this.anchor = index;
      this.#show(index);
    } else if (event.key === "Enter") this.#open(this.active);
    else if (event.key === " ") this.#toggle(this.active);
    else if (command && event.key === "a") this.pick(this.items.map((each) => each.id));
    else if (event.key === "Escape" && this.picked.size) this.pick([]);
    else if (event.key === "Delete") this.dispatchEvent(new Event("remove"));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #show(index) {
    const top = index * this.height;
    const { scrollTop, clientHeight } = this.root;
    if (top < scrollTop) this.root.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.root.scrollTop = top + this.height - clientHeight;
    this.#draw();
  }

  #draw() {
    const first = Math.max(0, Math.floor(this.root.scrollTop / this.height) - SPARE);
    const end = Math.min(
      this.items.length,
      Math.ceil((this.root.scrollTop + this.root.clientHeight) / this.height) + SPARE,
    );
    const indices = new Set();
    for (let index = first; index < end; index++) indices.add(index);
    // The active item is always there, for a reader to find it.
    if (this.items[this.active]) indices.add(this.active);
    for (const [index, { item, row }] of this.rows) {
      if (indices.has(index) && this.items[index] === item) continue;
      row.remove();
      this.rows.delete(index);
    }
    for (const index of indices) this.#state(index, this.#row(index));
    if (this.items.length) this.root.setAttribute("aria-activedescendant", `row-${this.active}`);
    else this.root.removeAttribute("aria-activedescendant");
  }

  /** Return the row of an item, and make it where it is not there yet. */
  #row(index) {
    const item = this.items[index];
    const there = this.rows.get(index);
    if (there) return there.row;
    const box = make("span", { className: "box", "aria-hidden": "true" });
    const row = make("div", { className: "item", id: `row-${index}`, role: "option" }, box, ...this.content(item));
    row.dataset.index = String(index);
    row.style.top = `${index * this.height}px`;
    row.style.height = `${this.height}px`;
    this.space.append(row);
    this.rows.set(index, { item, row });
    return row;
  }

  #state(index, row) {
    const item = this.items[index];
    row.setAttribute("aria-selected", String(this.picked.has(item.id)));
    row.setAttribute("aria-setsize", String(this.items.length));
    row.setAttribute("aria-posinset", String(index + 1));
    row.classList.toggle("active", index === this.active);
    if (item.id === this.current) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}
