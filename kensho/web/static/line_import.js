// Reads the lists that other sites export: MyAnimeList's XML, AniList's JSON in both of its forms, and
// our own. What they name by their ids is looked up at /api/resolve/batch.

import { checked, isExported } from "./line_store.js";

const BATCH = 100;
const MOST_ENTRIES = 20000;
const MOST_EPISODES = 10000;

/**
 * @typedef {import("./line_store.js").Line} Line
 * @typedef {{ provider: "mal" | "anilist", id: string, seen: boolean, planned: boolean, progress: number }} Entry
 */

/** The entries of a file, or a line where it is one of ours; throws `Error` where it is neither.
 * @param {string} text @returns {{ line: Line } | { entries: Entry[] }} */
export function read(text) {
  const start = text.trimStart();
  if (start.startsWith("<")) return { entries: ofXml(start) };
  const given = JSON.parse(start);
  return isExported(given) ? { line: checked(given) } : { entries: ofJson(given) };
}

/** @param {string} text */
function ofXml(text) {
  const page = new DOMParser().parseFromString(text, "application/xml");
  if (page.querySelector("parsererror") !== null || page.documentElement.localName !== "myanimelist") throw new Error("no list");
  /** @type {Entry[]} */
  const entries = [];
  for (const one of page.querySelectorAll("myanimelist > anime")) {
    const told = (/** @type {string} */ name) => one.querySelector(name)?.textContent?.trim() ?? "";
    const status = told("my_status").toLowerCase();
    entries.push(entry("mal", told("series_animedb_id"), status, told("my_watched_episodes")));
  }
  return entries.filter(isWhole);
}

/** AniList's own export calls works `series_id`, its API `mediaId` or `media.id`. @param {any} given */
function ofJson(given) {
  /** @type {Entry[]} */
  const entries = [];
  const waiting = [given];
  while (waiting.length > 0 && entries.length < MOST_ENTRIES) {
    const one = waiting.pop();
    if (typeof one !== "object" || one === null) continue;
    const id = one.mediaId ?? one.series_id ?? one.media?.id;
    const mal = one.media?.idMal;
    if ((id ?? mal) !== undefined && one.status !== undefined) {
      const isManga = one.series_type === 1 || one.media?.type === "MANGA";
      const made = id === undefined ? entry("mal", mal, one.status, one.progress) : entry("anilist", id, one.status, one.progress);
      if (!isManga) entries.push(made);
    } else waiting.push(...Object.values(one));
  }
  if (entries.length === 0) throw new Error("no list");
  return entries.filter(isWhole);
}

// AniList's export numbers its states: watching, planned, completed, dropped, paused.
const STATES = ["current", "planning", "completed", "dropped", "paused"];

/** @param {"mal" | "anilist"} provider @param {unknown} id @param {unknown} status @param {unknown} progress @returns {Entry} */
function entry(provider, id, status, progress) {
  const state = typeof status === "number" ? (STATES[status] ?? "") : String(status).toLowerCase();
  const isSeen = /^(completed|repeating|rewatching|2)$/.test(state);
  const episodes = Math.min(MOST_EPISODES, Math.max(0, Math.trunc(Number(progress) || 0)));
  return { provider, id: String(id), seen: isSeen, planned: /^plan|^6$/.test(state), progress: episodes };
}

/** @param {Entry} one */
function isWhole(one) {
  return /^[0-9]{1,9}$/.test(one.id) && (one.seen || one.planned || one.progress > 0);
}

/** Looks up what entries name; `unknown` counts those that the graph has not.
 * @param {Entry[]} entries @param {(done: number) => void} tell @returns {Promise<{ line: Line, unknown: number }>} */
export async function resolved(entries, tell) {
  /** @type {Line} */
  const line = { works: {}, franchises: {} };
  let unknown = 0;
  let done = 0;
  for (const provider of /** @type {const} */ (["mal", "anilist"])) {
    const named = entries.filter((one) => one.provider === provider);
    for (let at = 0; at < named.length; at += BATCH) {
      const part = named.slice(at, at + BATCH);
      const found = await asked(provider, [...new Set(part.map((one) => one.id))]);
      for (const one of part) {
        const works = found[one.id];
        if (works === undefined) unknown += 1;
        else for (const work of works) add(line, work, one);
      }
      tell((done += part.length));
    }
  }
  return { line, unknown };
}

/** @param {Line} line @param {{ id: string, title: string }} work @param {Entry} one */
function add(line, work, one) {
  const kept = { title: work.title, at: Date.now() };
  if (one.seen) line.works[work.id] = { ...kept, seen: true };
  else if (one.progress > 0) line.works[work.id] = { ...kept, episodes: Array.from({ length: one.progress }, (_, n) => n + 1) };
  else line.works[work.id] = { ...kept, planned: true };
}

/** @param {string} provider @param {string[]} ids @returns {Promise<Record<string, { id: string, title: string }[]>>} */
async function asked(provider, ids) {
  const answer = await fetch("/api/resolve/batch", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ provider, ids }),
  });
  if (!answer.ok) throw new Error(`the catalogue said ${answer.status}`);
  return (await answer.json()).items;
}
