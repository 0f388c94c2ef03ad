/* Panels above the text: two texts of one tune to choose from, and earlier versions. */

import * as api from "./api.js";
import { $, make, say } from "./dom.js";

const root = () => $("panel");
const button = (text, action, className = "") => make("button", { type: "button", className, onclick: action }, text);

/** @type {(error: Error, abc: string) => void} */
let notKept = () => {};

/** Say who takes a text that could not be put on the shelf.
    @param {(error: Error, abc: string) => void} action */
export function listen(action) {
  notKept = action;
}

/** Close whatever panel is open. */
export function close() {
  root().hidden = true;
  root().replaceChildren();
}

/** Show two texts of the open tune, until one is chosen.
    @param {import("./desk.js").Desk} desk */
export function showConflict(desk) {
  const { abc } = desk.conflict;
  const choose = (choice) => () => {
    if (choice === "both") {
      const mine = desk.text;
      desk.resolve("theirs");
      api.addTune({ abc: mine }).then(
        () => say("Your text is a tune of its own"),
        (error) => notKept(error, mine),
      );
    } else desk.resolve(choice);
    close();
  };
  const text = (name, own, other) => {
    const there = new Set(other.split("\n"));
    const lines = own.split("\n").map((line) => (there.has(line) ? `${line}\n` : make("mark", {}, `${line}\n`)));
    return make("div", {}, make("h3", {}, name), make("pre", { tabIndex: 0, "aria-label": name }, ...lines));
  };
  root().replaceChildren(
    make(
      "p",
      { role: "alert" },
      make("strong", {}, "This tune was changed elsewhere. "),
      "Both texts are here; choose one. Nothing is lost: the shelf keeps versions.",
    ),
    make("div", { className: "two" }, text("Your text", desk.text, abc), text("On the shelf", abc, desk.text)),
    make(
      "p",
      { className: "row" },
      button("Keep mine", choose("mine"), "primary"),
      button("Take the other", choose("theirs")),
      button("Keep both", choose("both")),
    ),
  );
  root().hidden = false;
  root().querySelector("button").focus();
}

/** Show earlier versions of the open tune.
    @param {import("./desk.js").Desk} desk */
export async function showVersions(desk) {
  const { id } = desk.entry;
  const done = () => {
    close();
    if (desk.shown) desk.look(null);
  };
  root().replaceChildren(make("p", {}, "Versions…"));
  root().hidden = false;
  try {
    const versions = await api.versions(id);
    const time = (each) => new Date(each.time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
    const item = (each) => {
      const look = button(
        `${time(each)}${each.why ? ` · ${each.why}` : ""}`,
        async () => {
          const { abc } = await api.version(id, each.version);
          desk.look({ text: abc, name: `Version of ${time(each)}` });
          for (const other of root().querySelectorAll("[aria-pressed=true]"))
            other.setAttribute("aria-pressed", "false");
          look.setAttribute("aria-pressed", "true");
        },
        "quiet",
      );
      look.setAttribute("aria-pressed", "false");
      const restore = button("Restore", async () => {
        const { abc } = await api.version(id, each.version);
        desk.change(abc, "restoring a version");
        done();
        say("The version is restored; it can be undone");
      });
      restore.setAttribute("aria-label", `Restore the version of ${time(each)}`);
      return make("li", { className: "row" }, look, restore);
    };
    root().replaceChildren(
      make("p", { className: "row" }, make("strong", {}, "Versions"), button("Close", done, "quiet")),
      versions.length
        ? make("ol", { className: "versions", reversed: true }, ...versions.map(item))
        : make(
            "p",
            { className: "hint" },
            "No earlier version: a version is kept each time that a text is saved over another one.",
          ),
    );
  } catch (error) {
    root().replaceChildren(make("p", {}, error.message), button("Close", done));
  }
}
