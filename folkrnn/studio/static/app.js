/* The page of the studio: its parts are made here, and tied to each other. */

import * as api from "./api.js";
import { Changes } from "./changes.js";
import { Composing } from "./compose.js";
import { Desk } from "./desk.js";
import { $, later, make, say } from "./dom.js";
import { Editor, offsetOf } from "./editor.js";
import { ExportPanel, writtenFor } from "./exporting.js";
import * as findings from "./findings.js";
import * as inset from "./inset.js";
import * as keys from "./keys.js";
import { ScoreView } from "./score.js";
import { SetsPanel } from "./sets.js";
import { ShelfPanel } from "./shelf.js";
import * as theme from "./theme.js";
import * as unsaved from "./unsaved.js";
import { tab, view } from "./views.js";

const BLANK = "X:1\nT:Untitled\nR:jig\nM:6/8\nL:1/8\nK:D\n";
const TYPING = 15; // milliseconds of rest after a key before the score is drawn
const SECOND = 1200; // milliseconds of rest before the second reader is asked
const RETRY = 2000; // milliseconds between two looks whether the studio is back

theme.begin();
await unsaved.begin();
const about = await answered(api.about);
const desk = new Desk();
const editor = new Editor($("editor"));
const score = new ScoreView(about.voices);
const composing = new Composing();
const shelf = new ShelfPanel();
const sets = new SetsPanel(shelf);
const changes = new Changes(desk, score);
const exporting = new ExportPanel(about, () => ({ abc: desk.header + desk.visible, title: $("title").textContent }));

// What may go wrong ------------------------------------------------------------------------------

/** Show a sentence that stays until it is settled or closed. */
function notice(sentence, action = null) {
  const close = make(
    "button",
    {
      type: "button",
      className: "quiet",
      onclick: () => {
        $("notice").hidden = true;
      },
    },
    "Close",
  );
  $("notice").replaceChildren(make("span", {}, sentence), ...(action ? [action] : []), close);
  $("notice").hidden = false;
}

/** Ask until the studio answers. */
async function answered(question) {
  for (;;) {
    try {
      const answer = await question();
      $("notice").hidden = true;
      return answer;
    } catch (error) {
      if (error.status === 403)
        notice("This page is not let in. Open the address that the studio printed when it started.");
      else
        notice(
          "The studio does not answer. Your text is kept in this browser, and the studio is asked again every two seconds.",
        );
      await new Promise((done) => setTimeout(done, RETRY));
    }
  }
}

/** Return whether an error says that the studio is gone, or has begun anew and does not know this page. */
const isGone = (error) => error.status === 0 || error.status === 403;

let waiting = null;
/** Take an error: where the studio is gone, wait for it, and go on. */
function trouble(error) {
  if (!isGone(error)) return notice(error.message ?? String(error));
  waiting ??= answered(api.about).then(() => {
    waiting = null;
    desk.save();
    shelf.load();
    shelf.watch();
    update();
  });
  return undefined;
}

// Text, findings and score -----------------------------------------------------------------------

/** Show what is to be seen now: the text, what there is to say about it, and its score. */
async function update() {
  const text = desk.visible;
  $("welcome").hidden = Boolean(text.trim());
  if (!text.trim()) {
    score.clear();
    reading?.abort();
    return present({ tunes: [], findings: [] });
  }
  secondSoon(text);
  await Promise.all([look(text), draw(text)]);
  return undefined;
}

let reading = null;
let found = { tunes: [], findings: [] };

async function look(text) {
  reading?.abort();
  const { signal } = (reading = new AbortController());
  try {
    const answer = await api.read(desk.header + text, signal);
    if (text === desk.visible) present(own(answer));
  } catch (error) {
    if (error.name !== "AbortError") trouble(error);
  }
}

/** Return findings as they are counted in the text alone, without the header of its book. */
function own(answer) {
  const above = desk.header.split("\n").length - 1;
  return { ...answer, findings: answer.findings.map((each) => ({ ...each, line: Math.max(1, each.line - above) })) };
}

let opened = 0; // how many tunes were opened
let drawn = 0; // which of them the score is of

async function draw(text) {
  try {
    if (!(await score.draw(text, desk.header))) return;
    drawn = opened;
    stale("");
  } catch (error) {
    if (drawn !== opened) score.clear();
    if (error.status === 422 || error.status === 400) stale(error.message);
    else trouble(error);
  }
}

/** Say that the score is not that of the text, and why; empty: that it is. */
function stale(why) {
  $("stale").hidden = !why;
  $("sheet").classList.toggle("old", Boolean(why));
  $("stale").textContent = score.empty ? why : `This is the last version that could be read. ${why}`;
}

const secondSoon = later(async (text) => {
  if (text !== desk.visible || found.findings.some((each) => each.level === "error")) return;
  try {
    const answer = await api.validate(desk.header + text);
    if (text === desk.visible) present({ ...found, findings: own(answer).findings }, answer.playable);
  } catch (error) {
    if (isGone(error)) trouble(error);
  }
}, SECOND);

/** Show what a reader found. */
function present(answer, playable = null) {
  found = answer;
  const [tune] = answer.tunes;
  const title = tune?.title || (desk.visible.trim() ? "Untitled" : "A new tune");
  $("title").textContent = title;
  $("facts").textContent = [tune?.rhythm, tune?.key, tune?.meter].filter(Boolean).join(" · ");
  document.title = `${title} – folkrnn studio`;
  $("tune").dataset.title = title;
  $("sheet").setAttribute(
    "aria-label",
    `Score of ${title}. Arrow keys go from note to note, Shift selects, Enter plays from there, Space pauses, brackets begin and end a loop.`,
  );
  score.controls.name.textContent = title;
  editor.find(answer.findings);
  findings.show(answer.findings, goToFinding);
  $("findings-summary").textContent = desk.visible.trim()
    ? findings.summary(answer, playable) + several(answer.tunes.length)
    : "";
}

function several(tunes) {
  if (tunes < 2) return "";
  return ` The text holds ${tunes} tunes; the first is shown.${desk.entry ? "" : " Keep puts all on the shelf."}`;
}

/** Go to the place of a finding in the text.
    @param {{line: number, column: number}} finding */
function goToFinding({ line, column }) {
  view("text");
  editor.go(offsetOf(editor.text, editor.starts, line, column));
}

const drawSoon = later(update, TYPING);
const current = () => score.text === editor.text;

editor.addEventListener("type", () => {
  for (const name of ["here", "chosen", "lit", "fresh"]) editor.mark(name, []);
  desk.change(editor.text, "typing", editor.caret);
});
editor.addEventListener("refuse", () =>
  notice("This is too long to be written here. Save it as a file, and bring that in with Import: it becomes a book."),
);
editor.addEventListener("leap", () => desk.history.rest());
editor.area.addEventListener("beforeinput", (event) => {
  if (event.inputType !== "historyUndo" && event.inputType !== "historyRedo") return;
  event.preventDefault();
  travel(event.inputType === "historyUndo" ? "undo" : "redo");
});

/** Fix the text while another one is looked at. */
function showLooking() {
  editor.fix(Boolean(desk.shown));
  document.body.classList.toggle("looking", Boolean(desk.shown));
}

desk.addEventListener("text", (event) => {
  if (event.detail === "user") return drawSoon();
  if (event.detail === "open") {
    opened += 1;
    score.player.stop();
  }
  const { text, caret } = desk.history.steps[desk.history.at];
  showLooking();
  editor.set(text, caret);
  score.unselect();
  return update();
});
desk.addEventListener("preview", () => {
  showLooking();
  editor.set(desk.visible);
  update();
});
desk.addEventListener("refused", (event) => {
  // Where the studio is there, what it says stands beside the text.
  if (isGone(event.detail)) trouble(event.detail);
});
desk.addEventListener("conflict", () => inset.showConflict(desk));
desk.addEventListener("left", (event) => {
  const { abc, made } = event.detail;
  const [tune] = found.tunes;
  composing.add({
    title: tune?.title ?? "Untitled",
    rhythm: tune?.rhythm ?? "",
    key: tune?.key ?? "",
    meter: tune?.meter ?? "",
    abc,
    made,
  });
  say("The text that was not kept is in the list of composed tunes");
});

// Notes and letters ------------------------------------------------------------------------------

let byText = false;
const selectSoon = later(() => {
  const [begin, end] = editor.selection;
  if (!current() || begin === end) return;
  byText = true;
  score.select(begin, end);
}, 120);

editor.addEventListener("caret", () => {
  if (!current()) return;
  const [begin, end] = editor.selection;
  if (begin !== end) return selectSoon();
  if (byText) {
    byText = false;
    score.unselect();
  }
  const range = score.point(begin);
  return editor.mark("here", range ? [range] : []);
});
score.addEventListener("cursor", (event) => {
  byText = false;
  if (!current()) return;
  editor.mark("here", [event.detail]);
  if (document.activeElement !== editor.area) editor.area.setSelectionRange(event.detail[0], event.detail[0]);
  editor.reveal(event.detail[0]);
});
score.addEventListener("lit", (event) => {
  editor.mark("lit", current() ? event.detail : []);
  if (current() && event.detail.length) editor.reveal(event.detail[0][0]);
});
score.addEventListener("select", () => {
  const chosen = current() ? score.chosen : [];
  // One stretch from the first note to the last reads better than its notes.
  const lines = new Map();
  for (const [begin, end] of chosen) {
    const line = editor.starts.findLast((start) => start <= begin);
    const [first, last] = lines.get(line) ?? [begin, end];
    lines.set(line, [Math.min(first, begin), Math.max(last, end)]);
  }
  editor.mark("chosen", [...lines.values()]);
});
score.addEventListener("drawn", () => {
  editor.mark("fresh", score.freshen(current() ? (desk.shown?.bars ?? null) : null));
  if (current() && document.activeElement === editor.area && !desk.shown) {
    const [begin, end] = editor.selection;
    if (begin !== end) return selectSoon(); // text that was selected before its score was there
    const range = score.point(begin);
    editor.mark("here", range ? [range] : []);
  }
  return undefined;
});

// The tune ---------------------------------------------------------------------------------------

function travel(direction) {
  if (desk.shown) changes.close();
  const what = direction === "undo" ? desk.undo() : desk.redo();
  if (what) say(direction === "undo" ? `Undone: ${what}` : `Done again: ${what}`);
}

/** Say what is saved, and what can be undone. */
function state() {
  const { entry, history } = desk;
  $("undo").disabled = !history.canUndo;
  $("redo").disabled = !history.canRedo;
  $("undo").title = history.canUndo ? `Undo ${history.undoes}` : "";
  $("redo").title = history.canRedo ? `Redo ${history.redoes}` : "";
  $("keep").hidden = Boolean(entry);
  $("keep").disabled = !desk.text.trim();
  $("versions-open").disabled = !entry;
  for (const id of ["down", "up", "to-key", "chords", "export-open"]) $(id).disabled = !desk.text.trim();
  let text = "Saved";
  if (!desk.text.trim()) text = "";
  else if (desk.conflict) text = "Changed elsewhere: choose a text";
  else if (desk.trouble) text = `Not saved: ${desk.trouble}`;
  else if (!entry) text = "Not on the shelf yet";
  else if (desk.dirty) text = "Saving…";
  else if (entry.binned) text = "Saved, in the bin";
  $("saved").textContent = $("saved").title = text;
  $("saved").classList.toggle("bad", Boolean(desk.trouble || desk.conflict));
  shelf.list.mark(entry?.id ?? "");
}
desk.addEventListener("state", state);

async function keep() {
  if (!desk.text.trim()) return;
  const was = Boolean(desk.entry);
  try {
    await desk.keep();
    if (was) return;
    composing.remove(composing.current);
    await shelf.load();
    state();
    shelf.list.reveal(desk.entry.id);
    say("Kept on the shelf");
  } catch (error) {
    desk.trouble = error.message;
    state();
    trouble(error);
  }
}

async function openEntry(id) {
  try {
    const { entry, abc, header } = await api.tune(id);
    inset.close();
    changes.close();
    await desk.open(abc, { entry, header });
    composing.mark("");
    view("score", false);
  } catch (error) {
    trouble(error);
  }
}

async function openComposed(tune) {
  inset.close();
  changes.close();
  await desk.open(tune.abc, { made: tune.made });
  composing.mark(tune.abc);
  view("score", false);
}

async function startNew() {
  inset.close();
  changes.close();
  await desk.open(BLANK, { blank: true });
  composing.mark("");
  view("text");
  editor.go(BLANK.indexOf("Untitled"), BLANK.indexOf("Untitled") + "Untitled".length);
}

/** Let the server change the text in some way that needs no model. */
async function change(what, name) {
  const { header, text } = desk;
  try {
    const answer = await api.change({ abc: header + text, ...what });
    if (desk.text === text) desk.change(answer.abc, name, editor.caret);
  } catch (error) {
    trouble(error);
  }
}

$("undo").onclick = () => travel("undo");
$("redo").onclick = () => travel("redo");
$("new").onclick = startNew;
$("keep").onclick = keep;
$("up").onclick = () => change({ do: "transpose", semitones: 1 }, "transposing");
$("down").onclick = () => change({ do: "transpose", semitones: -1 }, "transposing");
$("written-for").append(
  make("option", { value: "" }, "for any instrument"),
  ...(about.instruments ?? []).map((value) => make("option", { value }, `for ${value}`)),
);
$("written-for").onchange = () => {
  score.options = writtenFor(about, $("written-for").value);
  draw(desk.visible);
};
$("to-key").onchange = async () => {
  const key = $("to-key").value.trim();
  if (key) await change({ do: "transpose", key }, `transposing to ${key}`);
  $("to-key").value = "";
};
$("chords").onclick = () => change({ do: "chords" }, "chords");
$("versions-open").onclick = () => ($("panel").hidden ? inset.showVersions(desk) : inset.close());
$("first-tune").onclick = () => composing.start({ wishes: { rhythm: "jig" }, count: 1 });
composing.addEventListener("progress", (event) => {
  $("first-tune").disabled = Boolean(event.detail);
  $("first-tune").textContent = event.detail || "Compose a jig";
});

// Composed tunes, shelf and sets -----------------------------------------------------------------

composing.addEventListener("open", (event) => openComposed(event.detail));
composing.addEventListener("keep", async (event) => {
  const tune = event.detail;
  if (composing.current === tune.abc) return keep();
  try {
    await api.addTune({ abc: tune.abc });
    composing.remove(tune.abc);
    await shelf.load();
    say(`${tune.title} is on the shelf`);
  } catch (error) {
    trouble(error);
  }
  return undefined;
});
composing.addEventListener("made", (event) => {
  if (!desk.text.trim()) openComposed(event.detail);
});

const seen = new Set();
shelf.addEventListener("open", (event) => openEntry(event.detail.id));
shelf.addEventListener("importing", () => view("shelf"));
shelf.addEventListener("change", () => {
  if (desk.entry && seen.has(desk.entry.id) && !shelf.byId.has(desk.entry.id)) {
    desk.entry = null;
    desk.saved = "";
    notice("The tune that you work on is gone from the folder. Its text is here: Keep puts it back.");
    state();
  }
  for (const id of shelf.byId.keys()) seen.add(id);
  desk.hear(shelf.byId.get(desk.entry?.id ?? ""));
});
shelf.addEventListener("trouble", (event) => notice(event.detail));
shelf.addEventListener("export", (event) => exporting.offer(event.detail));
shelf.addEventListener("set", async (event) => {
  await sets.make(event.detail);
  tab("sets");
});
sets.addEventListener("open", (event) => openEntry(event.detail));
sets.addEventListener("trouble", (event) => notice(event.detail));
inset.listen((error, abc) => {
  composing.add({ title: $("title").textContent, rhythm: "", key: "", meter: "", abc });
  trouble(error);
});
sets.addEventListener("export", (event) => exporting.offer(event.detail.tunes, event.detail.title));

// Keys -------------------------------------------------------------------------------------------

function goTo(name, element) {
  view(name);
  element().focus();
}

function nextFinding() {
  const places = found.findings
    .map((each) => offsetOf(editor.text, editor.starts, each.line, each.column))
    .sort((a, b) => a - b);
  const next = places.find((each) => each > editor.caret) ?? places[0];
  if (next === undefined) return;
  view("text");
  editor.go(next);
}

const AREA = ".editor textarea";
const EVERYWHERE = "*";
keys.listen({
  Play: [
    { keys: "Space", what: "play, pause", run: () => score.controls.toggle() },
    {
      keys: "Ctrl Enter",
      what: "play from the note at the caret; pause",
      typing: EVERYWHERE,
      run: () => (score.player.playing ? score.player.pause() : score.playFrom(editor.caret)),
    },
    { keys: "← →", what: "from note to note, in the score" },
    { keys: "Shift ← →", what: "select notes, in the score" },
    { keys: "Enter", what: "play from the note, in the score" },
    { keys: "[ ]", what: "begin and end of a loop, in the score" },
    {
      keys: "Escape",
      what: "clear the selection; leave a draft",
      run: () => (desk.shown ? changes.close() : score.unselect()),
      typing: AREA,
    },
    { keys: "M", what: "metronome", run: () => score.controls.metronome.click() },
  ],
  Change: [
    { keys: "R", what: "rewrite the selected bars", run: () => changes.offer("rewrite") },
    { keys: "N", what: "continue the tune", run: () => changes.offer("continue") },
    { keys: "V", what: "vary the tune", run: () => changes.offer("vary") },
    { keys: "Alt R", what: "the same, from the text", typing: AREA, run: () => changes.offer("rewrite") },
    { keys: "F8", what: "go to the next finding", typing: AREA, run: nextFinding },
    { keys: "Ctrl Z", what: "undo", typing: AREA, run: () => travel("undo") },
    { keys: "Ctrl Shift Z", what: "redo", typing: AREA, run: () => travel("redo") },
    { keys: "Ctrl Y", what: "redo", typing: AREA, run: () => travel("redo") },
  ],
  Keep: [
    { keys: "Ctrl S", what: "keep the tune, or save it now", typing: EVERYWHERE, run: keep },
    { keys: "/", what: "search the shelf", run: () => goTo("shelf", () => $("search")) },
    { keys: "Space", what: "pick a tune, in the shelf" },
    { keys: "Delete", what: "bin, or take back, in the shelf" },
    { keys: "Alt ↑ ↓", what: "move a tune, in a set" },
  ],
  Go: [
    {
      keys: "Alt 1",
      what: "compose",
      typing: EVERYWHERE,
      run: () => goTo("compose", () => $("wishes").elements.rhythm),
    },
    { keys: "Alt 2", what: "shelf", typing: EVERYWHERE, run: () => goTo("shelf", () => $("list")) },
    { keys: "Alt 3", what: "score", typing: EVERYWHERE, run: () => goTo("score", () => $("sheet")) },
    { keys: "Alt 4", what: "text", typing: EVERYWHERE, run: () => goTo("text", () => editor.area) },
    { keys: "?", what: "this panel", run: () => $("help").togglePopover() },
  ],
});

// Beginning --------------------------------------------------------------------------------------

/** Say how the model is, until it is ready and has nothing more to say. */
function tellModel({ state: how, name = "", message = "" }) {
  $("model").textContent = { loading: "The model is being loaded…", failed: message, ready: message }[how] ?? "";
  $("model").title = name;
  if (how === "failed" || (how === "ready" && !message)) return;
  setTimeout(
    () =>
      api
        .about()
        .then((answer) => tellModel(answer.model))
        .catch(() => null),
    1000,
  );
}

composing.suggest(about.suggestions ?? {});
tellModel(about.model ?? { state: "ready" });
editor.set(desk.text);
state();
update();
shelf.begin();
document.documentElement.dataset.ready = "true";
