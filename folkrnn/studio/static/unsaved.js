/* What a browser keeps of a tab, so that a text survives a reload, a crash, and a studio that is gone.

   Each tab has a name, and holds a lock of that name while it lives. A new tab takes over the text of one that is gone
   with a text that was not saved. */

const TAB = "folkrnn.tab";
const TEXT = "folkrnn.text.";

let tab = "";

/** Return what a store holds under a name; null where there is nothing, or nothing that can be read. */
function stored(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

const isUnsaved = (left) => left?.text?.trim() && left.text !== left.saved;

/** Hold the lock of a tab as long as this one lives; false if another tab holds it. */
function hold(name) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((answer) => {
    // A tab that is reloaded gives its lock back within this time.
    const lock = navigator.locks.request(TEXT + name, { signal: AbortSignal.timeout(300) }, () => {
      answer(true);
      return new Promise(() => {});
    });
    lock.catch(() => answer(false));
  });
}

/** Find the name of this tab, and whose text it goes on with; called once, before `take`. */
export async function begin() {
  tab = sessionStorage.getItem(TAB) ?? "";
  if (tab && (await hold(tab))) return;
  const held = navigator.locks ? (await navigator.locks.query()).held.map((each) => each.name) : null;
  const gone = Object.keys(localStorage).filter((each) => each.startsWith(TEXT) && held && !held.includes(each));
  const left = gone.filter((each) => isUnsaved(stored(each))).sort((a, b) => stored(b).time - stored(a).time);
  for (const each of gone) if (!left.includes(each)) localStorage.removeItem(each);
  tab = left[0]?.slice(TEXT.length) ?? String(Math.random()).slice(2);
  sessionStorage.setItem(TAB, tab);
  await hold(tab);
}

/** Return the name of this tab. */
export const tabName = () => tab;

/** Return what this tab was working on. */
export const take = () => stored(TEXT + tab);

/** @param {any} work what this tab works on */
export function keep(work) {
  remember(TEXT + tab, { ...work, time: Date.now() });
}

/** Return something that the browser keeps for all tabs.
    @param {string} name */
export const recall = (name) => stored(`folkrnn.${name}`);

/** @param {string} name @param {any} value */
export const store = (name, value) => remember(`folkrnn.${name}`, value);

function remember(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // The browser keeps nothing, or no more; the studio works without.
  }
}
