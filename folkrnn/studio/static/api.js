/* The server: requests, and what it tells of its own accord. */

/** An answer that is no success.

    `status` is that of HTTP, 0 where the server does not answer; `answer` is its body. */
export class ApiError extends Error {
  /** @param {number} status @param {string} message @param {any} [answer] */
  constructor(status, message, answer = null) {
    super(message);
    this.status = status;
    this.answer = answer;
  }
}

/** Ask the server.
    @param {string} method
    @param {string} path
    @param {{json?: any, body?: BodyInit, etag?: string, signal?: AbortSignal}} [more]
    @returns {Promise<Response>} */
async function ask(method, path, { json, body, etag, signal } = {}) {
  const headers = {};
  if (json !== undefined) headers["Content-Type"] = "application/json";
  else if (body !== undefined) headers["Content-Type"] = "application/octet-stream";
  if (etag) headers["If-Match"] = etag;
  let response;
  try {
    response = await fetch(path, { method, headers, body: json === undefined ? body : JSON.stringify(json), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "the studio does not answer");
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => null);
  throw new ApiError(response.status, answer?.error ?? `the studio answers ${response.status}`, answer);
}

const send = async (method, path, more) => {
  const response = await ask(method, path, more);
  return response.status === 204 ? null : response.json();
};
const part = encodeURIComponent;

export const about = () => send("GET", "/api/about");
/** @param {string} abc @param {AbortSignal} [signal] */
export const read = (abc, signal) => send("POST", "/api/read", { json: { abc }, signal });
/** @param {any} json @param {AbortSignal} [signal] */
export const draw = (json, signal) => send("POST", "/api/draw", { json, signal });
/** @param {string} abc @param {AbortSignal} [signal] */
export const validate = (abc, signal) => send("POST", "/api/validate", { json: { abc }, signal });
/** @param {any} json */
export const change = (json) => send("POST", "/api/change", { json });
/** @param {any} json */
export const startJob = (json) => send("POST", "/api/jobs", { json });
/** @param {string} id */
export const stopJob = (id) => send("DELETE", `/api/jobs/${part(id)}`);
/** @param {string} id */
export const jobEvents = (id) => new EventSource(`/api/jobs/${part(id)}/events`);

export const shelf = () => send("GET", "/api/shelf");
export const shelfEvents = () => new EventSource("/api/shelf/events");
/** @param {string} id */
export const tune = (id) => send("GET", `/api/shelf/${part(id)}`);
/** @param {any} json */
export const addTune = (json) => send("POST", "/api/shelf", { json });
/** @param {string} id @param {string} etag @param {any} json */
export const changeTune = (id, etag, json) => send("PUT", `/api/shelf/${part(id)}`, { json, etag });
/** @param {string} id */
export const versions = (id) => send("GET", `/api/shelf/${part(id)}/versions`);
/** @param {string} id @param {string | number} version */
export const version = (id, version) => send("GET", `/api/shelf/${part(id)}/versions/${part(String(version))}`);
/** @param {string} name @param {string} etag @param {any} json */
export const putSet = (name, etag, json) => send("PUT", `/api/sets/${part(name)}`, { json, etag });
/** @param {string} name @param {string} etag */
export const removeSet = (name, etag) => send("DELETE", `/api/sets/${part(name)}`, { etag });
/** @param {File} file */
export const importFile = (file) => send("POST", `/api/import?name=${part(file.name)}`, { body: file });

/** Return a file of tunes, with its name.
    @param {any} json
    @returns {Promise<{blob: Blob, name: string}>} */
export async function exported(json) {
  const response = await ask("POST", "/api/export", { json });
  const disposition = response.headers.get("Content-Disposition") ?? "";
  const found = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1] ?? /filename="?([^";]+)/i.exec(disposition)?.[1];
  return { blob: await response.blob(), name: decodeURIComponent(found ?? `tune.${json.format}`) };
}
