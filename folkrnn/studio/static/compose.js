/* The panel of wishes, and the tunes that the model composes. */

import * as api from "./api.js";
import { $, counted, make, say } from "./dom.js";
import { Job } from "./jobs.js";
import { recall, store } from "./unsaved.js";

const MOST_CARDS = 60; // composed tunes that are remembered
const WISHES = ["rhythm", "key", "meter", "form", "plan", "title", "origin", "start"];

/** @typedef {{abc: string, title: string, rhythm: string, key: string, meter: string, seed?: number, number?: number,
    remarks?: string[], made?: any}} Composed */

/** Events: `made` (`detail`: a tune that was composed), `open` (one that is to be worked on), `keep` (one that is to be
    put on the shelf), `progress` (`detail`: how far it is, in words; empty at the end). */
export class Composing extends EventTarget {
  constructor() {
    super();
    this.form = $("wishes");
    /** @type {Composed[]} */
    this.tray = recall("tray") ?? [];
    this.current = "";
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start(this.#wishes());
    });
    $("compose-stop").onclick = () => this.job?.stop();
    addEventListener("storage", (event) => {
      if (event.key === "folkrnn.tray") {
        this.tray = recall("tray") ?? [];
        this.#list();
      }
    });
    this.#list();
  }

  /** Offer what the model has learned.
      @param {any} suggestions */
  suggest({ rhythms = [], keys = [], meters = [], forms = [], origins = [] }) {
    const fill = (id, values) => $(id).replaceChildren(...values.map((value) => make("option", { value })));
    fill(
      "rhythms",
      rhythms.map((each) => each.name),
    );
    fill("keys", keys);
    fill("forms", forms);
    fill("origins", origins);
    fill("meters", meters);
    const rhythm = this.form.elements.rhythm;
    rhythm.addEventListener("change", () => {
      const found = rhythms.find((each) => each.name.toLowerCase() === rhythm.value.trim().toLowerCase());
      fill("meters", found?.meters?.length ? found.meters : meters);
    });
  }

  /** Ask for tunes.
      @param {{wishes: any, count?: number, seed?: number, temperature?: number}} asked */
  async start(asked) {
    if (this.job) return;
    const request = { kind: "compose", count: 3, ...asked };
    this.#show(true);
    this.dispatchEvent(new CustomEvent("progress", { detail: "Composing…" }));
    $("composing-text").textContent = "The model begins…";
    $("composing-bar").removeAttribute("value");
    let made = 0;
    $("composing-remarks").textContent = "";
    this.job = new Job(request, {
      remarks: (sentences) => {
        $("composing-remarks").textContent = sentences.join(" ");
      },
      progress: (told) => this.#progress(told),
      tune: (tune) => {
        made += 1;
        const seed = tune.seed ?? this.job.seed;
        const composed = { ...tune, seed, made: { wishes: request.wishes, temperature: request.temperature, seed } };
        this.add(composed);
        this.dispatchEvent(new CustomEvent("made", { detail: composed }));
        say(`${tune.title} is there`);
      },
    });
    try {
      await this.job.done;
      $("composing-text").textContent = this.job.stopped ? `Stopped. ${counted(made, "tune")} finished.` : "";
      this.#show(false, this.job.stopped);
    } catch (error) {
      this.#show(false, true);
      $("composing-text").textContent = error.message;
    } finally {
      this.dispatchEvent(new CustomEvent("progress", { detail: "" }));
      this.job = null;
    }
  }

  /** Put a tune into the tray.
      @param {Composed} tune */
  add(tune) {
    this.#take(tune.abc);
    this.tray = [tune, ...this.tray].slice(0, MOST_CARDS);
    $("composed").prepend(this.#card(tune));
    this.mark(this.current);
    store("tray", this.tray);
  }

  /** @param {string} abc */
  remove(abc) {
    this.#take(abc);
    store("tray", this.tray);
  }

  /** Take a tune out of the list, whose other cards stay as they are. */
  #take(abc) {
    this.tray = this.tray.filter((each) => each.abc !== abc);
    for (const each of [...$("composed").children]) if (each.dataset.abc === abc) each.remove();
  }

  /** Show which of the tunes is worked on.
      @param {string} abc */
  mark(abc) {
    this.current = abc;
    for (const each of $("composed").children) {
      if (each.dataset.abc === abc) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
  }

  #wishes() {
    const value = (name) => this.form.elements[name].value.trim();
    const wishes = Object.fromEntries(WISHES.map((name) => [name, value(name)]).filter((each) => each[1]));
    const asked = { wishes, count: Number(value("count")) || 1 };
    if (value("seed")) asked.seed = Number(value("seed"));
    if (value("temperature")) asked.temperature = Number(value("temperature"));
    return asked;
  }

  /** Write wishes into the form, so that one of them can be changed.
      @param {any} made what a tune was composed with */
  ask({ wishes = {}, temperature, seed }) {
    this.form.reset();
    for (const name of WISHES) this.form.elements[name].value = wishes[name] ?? "";
    this.form.elements.temperature.value = temperature ?? "";
    this.form.elements.seed.value = seed ?? "";
    this.form.elements.count.value = 1;
    const more = ["start", "plan", "origin", "temperature"].some((name) => this.form.elements[name].value);
    if (more) this.form.querySelector("details").open = true;
    this.form.elements.rhythm.focus();
    this.form.scrollIntoView({ block: "start" });
    say("The same wishes and the same seed: change one of them and compose");
  }

  #progress({ tune, of, bars, of_bars: all, text, message }) {
    const within = all ? `, bar ${bars} of ${all}` : bars ? `, bar ${bars}` : "";
    this.dispatchEvent(new CustomEvent("progress", { detail: message || `Composing${within}…` }));
    $("composing-text").textContent = message || `Tune ${tune} of ${of}${within}`;
    $("composing-bar").value = (tune - 1 + (all ? Math.min(1, bars / all) : 0)) / of;
    if (text !== undefined) $("composing-abc").textContent = text;
  }

  #show(on, told = on) {
    $("composing").hidden = !told;
    $("composing-bar").hidden = !on;
    $("composing-abc").hidden = !on;
    $("composing-abc").textContent = "";
    $("compose-start").hidden = on;
    $("compose-stop").hidden = !on;
  }

  #list() {
    $("composed").replaceChildren(...this.tray.map((tune) => this.#card(tune)));
    this.mark(this.current);
  }

  /** @param {Composed} tune */
  #card(tune) {
    const tell = (what) => this.dispatchEvent(new CustomEvent(what, { detail: tune }));
    const { wishes = {}, temperature, seed } = tune.made ?? {};
    const like = { rhythm: tune.rhythm, key: tune.key, meter: tune.meter };
    const open = make(
      "button",
      { type: "button", className: "title", onclick: () => tell("open") },
      tune.title || "Untitled",
    );
    const facts = [tune.rhythm, tune.key, tune.meter, seed === undefined ? "" : `seed ${seed}`]
      .filter(Boolean)
      .join(" · ");
    const button = (text, action, label = "") =>
      make("button", { type: "button", className: "quiet", onclick: action, ...(label && { title: label }) }, text);
    const card = make(
      "li",
      {},
      open,
      make("span", { className: "facts" }, facts),
      ...(tune.remarks ?? []).map((each) => make("span", { className: "remark" }, each)),
      make(
        "span",
        { className: "row" },
        button("Keep", () => tell("keep"), "Put it on the shelf"),
        button("More like this", () => this.start({ wishes: { ...like, ...wishes, title: undefined }, temperature })),
        ...(tune.made
          ? [button("Change one thing", () => this.ask(tune.made), "The same wishes and seed, for you to change")]
          : []),
        button("Drop", () => this.remove(tune.abc), "Take it out of this list"),
      ),
    );
    card.dataset.abc = tune.abc;
    return card;
  }
}
