/* Light and dark: as the system says, or as chosen. */

import { $, make } from "./dom.js";
import { recall, store } from "./unsaved.js";

const NAMES = { auto: "Auto", light: "Light", dark: "Dark" };

function apply(theme) {
  document.documentElement.dataset.theme = theme;
  $("theme").replaceChildren("◐", make("span", {}, ` ${NAMES[theme]}`));
  $("theme").setAttribute("aria-label", `Colours: ${NAMES[theme]}`);
}

/** Take the colours that were chosen, and let them be changed. */
export function begin() {
  const themes = Object.keys(NAMES);
  let theme = recall("theme") ?? "auto";
  if (!(theme in NAMES)) theme = "auto";
  apply(theme);
  $("theme").onclick = () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    store("theme", theme);
    apply(theme);
  };
}
