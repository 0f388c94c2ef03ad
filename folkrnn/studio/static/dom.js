/* Elements of the page. */

export { make } from "/player/player.js";

/** Return an element of the page by its id.
    @param {string} id
    @returns {any} */
export const $ = (id) => document.getElementById(id);

/** Return a function that calls another one once, some time after its last call.
    @template {any[]} A
    @param {(...given: A) => void} action
    @param {number} milliseconds */
export function later(action, milliseconds) {
  let timer = 0;
  return (/** @type {A} */ ...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), milliseconds);
  };
}

/** Tell a screen reader something.
    @param {string} sentence */
export function say(sentence) {
  $("said").textContent = sentence;
}

/** Return a number of things in words.
    @param {number} number
    @param {string} thing */
export const counted = (number, thing) => `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;

/** Take what was given up in favour of something newer for no error.
    @param {any} error */
export function ignoreOutdated(error) {
  if (error.name !== "AbortError" && error.message !== "outdated") throw error;
}
