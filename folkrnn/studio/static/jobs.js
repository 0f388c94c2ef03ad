/* Jobs of the model: what it writes appears as it is written. */

import * as api from "./api.js";

/** A job that runs: `done` is fulfilled at its end, also after `stop`, and rejected if it fails. */
export class Job {
  /** @param {any} request what `POST /api/jobs` takes
      @param {{progress?: (told: any) => void, tune: (tune: any) => void,
          remarks?: (sentences: string[]) => void}} listener */
  constructor(request, listener) {
    this.listener = listener;
    this.stopped = false;
    this.id = "";
    this.done = this.#run(request);
  }

  /** Stop it: what is finished stays. */
  async stop() {
    this.stopped = true;
    this.events?.close();
    this.finish?.();
    if (this.id) await api.stopJob(this.id).catch(() => null);
  }

  async #run(request) {
    const { id, seed, remarks = [] } = await api.startJob(request);
    this.id = String(id);
    this.seed = seed ?? request.seed;
    if (remarks.length) this.listener.remarks?.(remarks);
    if (this.stopped) return void api.stopJob(this.id).catch(() => null);
    await new Promise((finish, fail) => {
      this.finish = finish;
      const events = (this.events = api.jobEvents(this.id));
      const end = (what) => {
        events.close();
        what();
      };
      events.addEventListener("progress", (event) => this.listener.progress?.(JSON.parse(event.data)));
      events.addEventListener("tune", (event) => this.listener.tune(JSON.parse(event.data)));
      events.addEventListener("done", () => end(finish));
      events.addEventListener("failed", (event) => end(() => fail(new Error(JSON.parse(event.data).error))));
      // The browser connects again by itself, unless the answer was an error.
      events.onerror = () => events.readyState === EventSource.CLOSED && fail(new Error("the studio lost this job"));
    });
  }
}
