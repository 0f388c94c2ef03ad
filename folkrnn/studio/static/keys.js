/* Keys for everything, and the panel that tells of them. */

import { $, make } from "./dom.js";
import { recall, store } from "./unsaved.js";

/** @typedef {{keys: string, what: string, run?: () => void, typing?: string}} Shortcut
    `keys` as they are shown, such as "Ctrl Shift Z"; `typing`: a selector of the inputs in which they hold, too. Without `run` it is only told,
    because the part of the page that has the focus takes it. */

const typed = (element) =>
  element?.matches?.("input:not([type=checkbox], [type=range], [type=radio]), textarea, select");

/** Return the keys of an event as they are shown. */
function named(event) {
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const shifted = event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key));
  return [(event.ctrlKey || event.metaKey) && "Ctrl", event.altKey && "Alt", shifted && "Shift", key]
    .filter(Boolean)
    .join(" ");
}

/** Listen to keys, and write the panel of help.
    @param {Record<string, Shortcut[]>} groups shortcuts by what they are for */
export function listen(groups) {
  const table = new Map(
    Object.values(groups)
      .flat()
      .filter((each) => each.run)
      .map((each) => [each.keys, each]),
  );
  const letters = make("input", { type: "checkbox", checked: recall("letters") ?? true });
  letters.onchange = () => store("letters", letters.checked);
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    // The browser itself closes a panel that is open above the page.
    if (event.key === "Escape" && document.querySelector(":popover-open")) return;
    const found = table.get(named(event));
    if (!found || (typed(event.target) && !(found.typing && event.target.matches(found.typing)))) return;
    const single = !event.ctrlKey && !event.altKey && !event.metaKey && event.key.length === 1;
    if (single && !letters.checked && event.key !== "?") return;
    // A button has its own use for these keys.
    if (["Space", "Enter"].includes(named(event)) && event.target.closest?.("button, summary, a, [role=option], input"))
      return;
    event.preventDefault();
    found.run();
  });
  const rows = ([name, shortcuts]) => [
    make("h3", {}, name),
    make(
      "dl",
      {},
      ...shortcuts.flatMap(({ keys, what }) => [
        make("dt", {}, ...keys.split(" ").map((key) => make("kbd", {}, key))),
        make("dd", {}, what),
      ]),
    ),
  ];
  $("help").replaceChildren(
    make("h2", { tabIndex: -1, autofocus: true }, "Keys"),
    make("div", { className: "columns" }, ...Object.entries(groups).map((each) => make("section", {}, ...rows(each)))),
    make("label", { className: "check" }, letters, " Keys without Ctrl or Alt, outside of texts"),
    make("p", { className: "hint" }, "On a Mac, Ctrl is ⌘. Esc closes this panel."),
  );
}
