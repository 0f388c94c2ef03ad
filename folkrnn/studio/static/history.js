/* Undo and redo: all texts that a tune has had, whoever wrote them. */

const PAUSE = 1000; // milliseconds of rest after which typing is a new step
const REMEMBERED = 40; // steps before and after the present one that survive a reload
const MOST = 500; // steps that are remembered

/** @typedef {{text: string, caret: number, what: string}} Step */

/** The texts of a tune, the present one among them. */
export class History {
  /** @param {string} text @param {{steps: Step[], at: number}} [left] what an earlier page remembered of it */
  constructor(text, left) {
    /** @type {Step[]} */
    this.steps = [{ text, caret: 0, what: "" }];
    this.at = 0;
    this.typed = -Infinity; // not 0: a page may be younger than a pause
    if (left?.steps?.[left.at]?.text === text) Object.assign(this, left);
  }

  /** What is to be remembered: the steps around the present one. */
  get kept() {
    const first = Math.max(0, this.at - REMEMBERED);
    return { steps: this.steps.slice(first, this.at + REMEMBERED), at: this.at - first };
  }

  get canUndo() {
    return this.at > 0;
  }

  get canRedo() {
    return this.at < this.steps.length - 1;
  }

  /** What would be undone, in words. */
  get undoes() {
    return this.canUndo ? this.steps[this.at].what : "";
  }

  get redoes() {
    return this.canRedo ? this.steps[this.at + 1].what : "";
  }

  /** Take a new text. Typing without a pause is one step.
      @param {string} text @param {number} caret @param {string} what what was done, such as "typing" */
  push(text, caret, what) {
    const now = performance.now();
    const last = this.steps[this.at];
    const goesOn = what === "typing" && last.what === what && !this.canRedo && now - this.typed < PAUSE;
    if (text === last.text) return;
    this.typed = now;
    this.steps.length = this.at + 1;
    if (goesOn) this.steps[this.at] = { text, caret, what };
    else this.steps.push({ text, caret, what });
    if (this.steps.length > MOST) this.steps.shift();
    this.at = this.steps.length - 1;
  }

  /** End a step: what is typed next is another one. */
  rest() {
    this.typed = -Infinity;
  }

  /** @param {number} direction -1 to undo, 1 to redo
      @returns {Step | null} the step that is current now */
  move(direction) {
    const step = this.steps[this.at + direction];
    if (!step) return null;
    this.at += direction;
    this.rest();
    return step;
  }
}
