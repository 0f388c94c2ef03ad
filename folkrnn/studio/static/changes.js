/* What the model does with the tune that is worked on: drafts that are heard, compared, and of which one is taken. */

import { $, counted, make, say } from "./dom.js";
import { Job } from "./jobs.js";

const CLOSENESS = 5;

/** The panel of drafts. */
export class Changes {
  /** @param {import("./desk.js").Desk} desk @param {import("./score.js").ScoreView} score */
  constructor(desk, score) {
    this.desk = desk;
    this.score = score;
    this.panel = $("drafts");
    this.drafts = [];
    this.listening = -1;
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.close();
    });
    $("rewrite").onclick = () => this.offer("rewrite");
    $("continue").onclick = () => this.offer("continue");
    $("vary").onclick = () => this.offer("vary");
    score.addEventListener("select", () => this.refresh());
    score.addEventListener("drawn", () => this.refresh());
    this.refresh();
  }

  /** Say which bars are selected. */
  refresh() {
    const bars = this.score.bars;
    const name = bars && (bars[0] === bars[1] ? `Bar ${bars[0]}` : `Bars ${bars[0]}–${bars[1]}`);
    $("rewrite").disabled = !bars;
    $("rewrite").textContent = name ? `Rewrite ${name.toLowerCase()}` : "Rewrite";
    $("rewrite").title = bars ? "" : "Select bars first: drag over the score, or select their text";
    for (const id of ["continue", "vary"]) $(id).disabled = this.score.empty;
  }

  /** Ask how a change is to be made.
      @param {"rewrite" | "continue" | "vary"} kind */
  offer(kind) {
    const bars = this.score.bars;
    if ((kind === "rewrite" && !bars) || this.score.empty) return;
    this.close();
    const number = (name, properties) => make("input", { type: "number", name, required: true, ...properties });
    const own = {
      rewrite: () => [
        make("label", {}, "From bar ", number("first", { min: 1, value: bars[0] })),
        make("label", {}, "to ", number("last", { min: 1, value: bars[1] })),
      ],
      continue: () => [make("label", {}, "Bars to add ", number("bars", { min: 1, max: 64, value: 8 }))],
      vary: () => [make("label", {}, "Closeness ", number("closeness", { min: 0, max: 9, value: CLOSENESS }))],
    }[kind]();
    const title = { rewrite: "Rewrite bars", continue: "Continue the tune", vary: "Vary the tune" }[kind];
    this.form = make(
      "form",
      { className: "row" },
      make("strong", {}, title),
      ...own,
      make("label", {}, "Drafts ", number("drafts", { min: 1, max: 12, value: 3 })),
      make(
        "label",
        {},
        "Temperature ",
        make("input", { type: "number", name: "temperature", min: 0.1, max: 2, step: 0.05, placeholder: "1" }),
      ),
      make("button", { className: "primary" }, "Write"),
      make("button", { type: "button", className: "quiet", onclick: () => this.close() }, "Close"),
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const value = (name) => Number(this.form.elements[name].value);
      const request = { kind, abc: this.desk.header + this.desk.text, drafts: value("drafts") };
      if (this.form.elements.temperature.value) request.temperature = value("temperature");
      if (kind === "rewrite") request.bars = [value("first"), value("last")];
      if (kind === "continue") request.bars = value("bars");
      if (kind === "vary") request.closeness = value("closeness");
      this.#write(request);
    });
    this.panel.replaceChildren(this.form);
    this.panel.hidden = false;
    this.form.querySelector("input").focus();
  }

  /** Close the panel: what is worked on is shown again. */
  close() {
    this.job?.stop();
    this.job = null;
    this.drafts = [];
    this.listening = -1;
    if (this.panel.contains(document.activeElement)) $("sheet").focus();
    this.panel.hidden = true;
    this.panel.replaceChildren();
    if (this.desk.shown) this.desk.look(null);
  }

  async #write(request) {
    this.request = request;
    if (!this.desk.shown) this.lastBar = this.score.lastBar;
    this.drafts = [];
    this.listening = -1;
    this.told = make("span", { role: "status" }, "The model writes…");
    this.bar = make("progress", { max: 1, "aria-label": "Progress" });
    this.stop = make("button", { type: "button", onclick: () => this.job?.stop() }, "Stop");
    this.list = make("ol", { className: "row", "aria-label": "Drafts to compare" });
    this.again = make("button", { type: "button", hidden: true, onclick: () => this.#write(request) }, "Others");
    this.panel.replaceChildren(
      make(
        "div",
        { className: "row" },
        make("strong", {}, this.#name()),
        this.told,
        this.bar,
        this.stop,
        this.again,
        make("button", { type: "button", className: "quiet", onclick: () => this.close() }, "Back to my text"),
      ),
      this.list,
    );
    this.#list();
    const job = (this.job = new Job(request, {
      remarks: (sentences) => this.list.before(make("p", { className: "remark" }, sentences.join(" "))),
      progress: ({ tune, of, bars, of_bars: all, message }) => {
        this.told.textContent = message || `Draft ${tune} of ${of}`;
        this.bar.value = (tune - 1 + (all ? Math.min(1, bars / all) : 0)) / of;
      },
      tune: (tune) => {
        this.drafts.push(tune);
        this.#list();
        say(`Draft ${this.drafts.length} is there`);
      },
    }));
    try {
      await job.done;
      this.told.textContent = `${counted(this.drafts.length, "draft")}. Listen, and use the one you like.`;
    } catch (error) {
      this.told.textContent = error.message;
    }
    this.bar.hidden = this.stop.hidden = true;
    this.again.hidden = false;
  }

  #name() {
    const { kind, bars, closeness } = this.request;
    if (kind === "rewrite")
      return bars[0] === bars[1] ? `Bar ${bars[0]} rewritten` : `Bars ${bars[0]}–${bars[1]} rewritten`;
    return kind === "continue" ? `Continued by ${counted(bars, "bar")}` : `Varied, closeness ${closeness}`;
  }

  #list() {
    const item = (name, index, fresh) => {
      const listen = make("button", { type: "button", onclick: () => this.listen(index) }, `▶ ${name}`);
      listen.setAttribute("aria-pressed", String(index === this.listening));
      if (fresh) listen.title = (this.drafts[index].remarks ?? []).join(" ");
      const use = make("button", { type: "button", className: "quiet", onclick: () => this.use(index) }, "Use");
      use.setAttribute("aria-label", `Use ${name.toLowerCase()}`);
      return make("li", {}, listen, ...(fresh ? [use] : []));
    };
    const held = this.list.contains(document.activeElement)
      ? [...this.list.querySelectorAll("button")].indexOf(document.activeElement)
      : -1;
    this.list.replaceChildren(
      item("Yours", -1, false),
      ...this.drafts.map((_, index) => item(`Draft ${index + 1}`, index, true)),
    );
    if (held >= 0) this.list.querySelectorAll("button")[held]?.focus();
  }

  /** Look at a draft and play it, from where it is new; -1: what it was made of.
      @param {number} index */
  async listen(index) {
    this.listening = index;
    this.#list();
    const { kind, bars } = this.request;
    const fresh = { rewrite: bars, continue: [this.lastBar + 1, Infinity], vary: null }[kind];
    const draft = this.drafts[index];
    this.score.player.stop();
    this.score.unselect();
    this.desk.look(draft ? { text: draft.abc, name: `Draft ${index + 1}`, bars: fresh } : null);
    await this.drawn();
    if (this.listening !== index) return;
    // A rewritten bar is heard with the one that leads to it.
    if (fresh) this.score.playBar(kind === "rewrite" ? Math.max(1, fresh[0] - 1) : fresh[0]);
    else this.score.playFrom(0);
  }

  /** Wait until what is to be shown is drawn. */
  drawn() {
    if (this.score.text === this.desk.visible) return Promise.resolve();
    return new Promise((done) => this.score.addEventListener("drawn", done, { once: true }));
  }

  /** Take a draft as the text that is worked on; it can be undone.
      @param {number} index */
  use(index) {
    const name = this.#name().toLowerCase();
    const draft = this.drafts[index];
    this.desk.change(draft.abc, name);
    this.close();
    say(`Draft ${index + 1} is your text now`);
  }
}
