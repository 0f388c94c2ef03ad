/* The panels of the side, and the parts of the page where there is room for one only. */

import { $ } from "./dom.js";
import { recall, store } from "./unsaved.js";

const TABS = ["compose", "shelf", "sets"];

/** Show a panel of the side.
    @param {string} name */
export function tab(name) {
  for (const each of TABS) {
    $(each).hidden = each !== name;
    $(`tab-${each}`).setAttribute("aria-selected", String(each === name));
    $(`tab-${each}`).tabIndex = each === name ? 0 : -1;
  }
  store("panel", name);
}

/** Show a part of the page; `panel` false: leave the panels of the side as they are.
    @param {string} name @param {boolean} [panel] */
export function view(name, panel = true) {
  if (TABS.includes(name) && panel) tab(name);
  document.body.dataset.view = name === "sets" ? "shelf" : name;
  for (const each of document.querySelectorAll(".views button")) {
    if (each.dataset.view === document.body.dataset.view) each.setAttribute("aria-current", "true");
    else each.removeAttribute("aria-current");
  }
}

for (const [index, name] of TABS.entries()) {
  $(`tab-${name}`).onclick = () => view(name);
  $(`tab-${name}`).onkeydown = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = TABS[(index + by + TABS.length) % TABS.length];
    view(next);
    $(`tab-${next}`).focus();
  };
}
for (const each of document.querySelectorAll(".views button")) each.onclick = () => view(each.dataset.view);
tab(TABS.includes(recall("panel")) ? recall("panel") : "compose");
