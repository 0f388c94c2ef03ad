/* The panel of formats: the open tune, picked tunes or a set become a file. */

import * as api from "./api.js";
import { $, counted, make } from "./dom.js";

/** Return the options of drawing for an instrument: its key, its tablature or its fingering.
    @param {any} about what the server says of itself @param {string} instrument */
export function writtenFor(about, instrument) {
  if (!instrument) return {};
  const has = (names) => Boolean(names?.includes(instrument));
  return { instrument, ...(has(about.tab) && { tab: true }), ...(has(about.fingering) && { fingering: true }) };
}

/** The panel "Export". */
export class ExportPanel {
  /** @param {any} about what the server says of itself
      @param {() => {abc: string, title: string}} current the tune that is worked on */
  constructor(about, current) {
    this.about = about;
    this.current = current;
    this.format = ""; // the one chosen last; without it a set is printed
    this.root = $("export");
    this.root.addEventListener("beforetoggle", (event) => {
      if (event.newState === "open" && !this.asked)
        this.#draw({ abc: current().abc }, current().title || "this tune", 1);
      if (event.newState === "closed") this.asked = false;
    });
  }

  /** Offer to export tunes of the shelf.
      @param {string[]} ids @param {string} [title] of a set */
  offer(ids, title = "") {
    this.asked = true;
    this.#draw({ ids }, title || counted(ids.length, "tune"), ids.length, title);
    this.root.showPopover();
  }

  #draw(what, name, count, title = "") {
    const formats = this.about.formats ?? [];
    const usual = [this.format, title && "pdf", formats[0]?.name].find((name) => formats.some((each) => each.name === name));
    const option = (value, text = value) => make("option", { value }, text);
    const check = (id, text, checked = false) =>
      make("label", { className: "check" }, make("input", { type: "checkbox", name: id, checked }), ` ${text}`);
    const told = make("p", { className: "hint", role: "status" });
    const form = make(
      "form",
      {},
      make("h2", {}, `Export ${name}`),
      make(
        "fieldset",
        {},
        make("legend", {}, "Format"),
        ...formats.map((each) =>
          make(
            "label",
            { className: "check" },
            make("input", {
              type: "radio",
              name: "format",
              value: each.name,
              checked: each.name === usual,
              autofocus: each.name === usual,
            }),
            ` ${each.name.toUpperCase()}`,
          ),
        ),
      ),
      make(
        "label",
        {},
        "Transpose ",
        make("input", {
          type: "number",
          name: "transpose",
          min: -24,
          max: 24,
          placeholder: "0",
          "aria-label": "Transpose by semitones",
        }),
        " semitones",
      ),
      make(
        "label",
        {},
        "For ",
        make(
          "select",
          { name: "instrument", "aria-label": "Instrument" },
          option("", "any instrument"),
          ...(this.about.instruments ?? []).map((each) => option(each)),
        ),
      ),
      check("plain", "As written: no ornaments or swing played"),
      ...(count > 1 ? [check("set", "As one set, played without a break", Boolean(title))] : []),
      make(
        "p",
        { className: "row" },
        make("button", { className: "primary" }, "Export"),
        make("button", { type: "button", className: "quiet", onclick: () => this.root.hidePopover() }, "Close"),
      ),
      told,
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const { elements } = form;
      const options = writtenFor(this.about, elements.instrument.value);
      if (elements.transpose.value) options.transpose = Number(elements.transpose.value);
      if (elements.plain.checked) options.plain = true;
      const format = (this.format = elements.format.value);
      told.textContent = `Making ${format.toUpperCase()}…`;
      try {
        const file = await api.exported({
          ...what,
          format,
          set: Boolean(elements.set?.checked),
          ...(title && { title }),
          options,
        });
        const link = make("a", { href: URL.createObjectURL(file.blob), download: file.name });
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
        told.textContent = `${file.name} is in your downloads.`;
      } catch (error) {
        told.textContent = error.message;
      }
    });
    this.root.replaceChildren(form);
  }
}
