// The same ticks in the account of whoever is signed in: /api/me/watchlist. What either side has is
// kept: a merge loses nothing, and a tick made while signed in goes to the account at once.

import { load, merge, save } from "./line_store.js";

const SIGNED_IN = "kensho.line.account";
const PATH = "/api/me/watchlist";
const PAGE = 100;
const MOST_PAGES = 50;

/** @typedef {import("./line_store.js").Line} Line @typedef {import("./line_store.js").Tick} Tick */

/** Brings both sides to the same; `undefined` where nobody is signed in. @returns {Promise<number | undefined>} */
export async function synchronise() {
  const theirs = await listed();
  if (theirs === undefined) {
    localStorage.removeItem(SIGNED_IN);
    return undefined;
  }
  localStorage.setItem(SIGNED_IN, "1");
  const line = merge(load(), theirs);
  save(line);
  let sent = 0;
  for (const [id, tick] of Object.entries(line.works)) {
    if (isSame(tick, theirs.works[id])) continue;
    await put(id, tick);
    sent += 1;
  }
  return sent;
}

/** Sends one work, where somebody is signed in. @param {string} id */
export async function push(id) {
  if (localStorage.getItem(SIGNED_IN) === null) return;
  const tick = load().works[id];
  const answer = tick === undefined ? await fetch(`${PATH}/${id}`, { method: "DELETE" }) : await put(id, tick);
  if (answer.status === 401) localStorage.removeItem(SIGNED_IN);
}

/** @returns {Promise<Line | undefined>} */
async function listed() {
  /** @type {Line} */
  const line = { works: {}, franchises: {} };
  let before = "";
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await fetch(`${PATH}?limit=${PAGE}${before}`);
    if (!answer.ok) return undefined;
    const found = await answer.json();
    for (const one of found.entries) {
      const kept = { at: Date.parse(one.changed_at) || 0 };
      if (one.state === "completed") line.works[one.work] = { ...kept, seen: true };
      else if (one.progress > 0) line.works[one.work] = { ...kept, episodes: Array.from({ length: one.progress }, (_, n) => n + 1) };
      else line.works[one.work] = { ...kept, planned: true };
    }
    if (found.next_before === undefined || found.next_before === null) break;
    before = `&before=${encodeURIComponent(found.next_before)}`;
  }
  return line;
}

/** @param {string} id @param {Tick} tick */
function put(id, tick) {
  return fetch(`${PATH}/${id}`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body(tick)) });
}

/** A list counts episodes: those from the first on. @param {Tick} tick */
function body(tick) {
  if (tick.seen) return { state: "completed", progress: tick.of ?? tick.episodes?.length ?? 0 };
  let count = 0;
  while (tick.episodes?.[count] === count + 1) count += 1;
  return { state: tick.episodes?.length ? "watching" : "planned", progress: count };
}

/** @param {Tick} ours @param {Tick | undefined} theirs */
function isSame(ours, theirs) {
  if (theirs === undefined) return false;
  return JSON.stringify([body(ours).state, ours.seen ? 0 : body(ours).progress]) === JSON.stringify([body(theirs).state, theirs.seen ? 0 : body(theirs).progress]);
}
