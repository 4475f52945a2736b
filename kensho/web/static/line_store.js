// What somebody has seen, in the browser's own storage: ticks of works and of episodes. No account is
// needed, and nothing leaves the machine unless somebody exports it or signs in.
//
// A record is { seen?: true, episodes?: number[], planned?: true, title?: string, of?: number, at: number }
// by the id of a work; `of` is how many episodes there are, where that is known.

const KEY = "kensho.line";
const FORM = "kensho-line";
const MOST_EPISODES = 10000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * @typedef {{ seen?: true, planned?: true, episodes?: number[], title?: string, of?: number, at: number }} Tick
 * @typedef {{ works: Record<string, Tick>, franchises: Record<string, { title: string, at: number }> }} Line
 * @typedef {{ id: string, title: string, episodes: number | null, seconds: number, line: number }} Step
 */

/** @returns {Line} */
export function load() {
  try {
    return checked(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
  } catch {
    return { works: {}, franchises: {} }; // Storage is forbidden, or holds what is not ours.
  }
}

/** Tells whether it could be kept. @param {Line} line */
export function save(line) {
  try {
    localStorage.setItem(KEY, JSON.stringify(line));
    return true;
  } catch {
    return false;
  }
}

/** Keeps of anything what is a line. @param {any} given @returns {Line} */
export function checked(given) {
  /** @type {Line} */
  const line = { works: {}, franchises: {} };
  for (const [id, one] of Object.entries(given?.works ?? {})) {
    if (!UUID.test(id) || typeof one !== "object" || one === null) continue;
    /** @type {Tick} */
    const tick = { at: Number.isFinite(one.at) ? one.at : 0 };
    if (one.seen === true) tick.seen = true;
    if (one.planned === true) tick.planned = true;
    if (Array.isArray(one.episodes)) tick.episodes = ordered(one.episodes);
    if (typeof one.title === "string") tick.title = one.title.slice(0, 300);
    if (Number.isInteger(one.of) && one.of > 0) tick.of = one.of;
    if (tick.seen || tick.planned || tick.episodes?.length) line.works[id] = tick;
  }
  for (const [slug, one] of Object.entries(given?.franchises ?? {})) {
    if (typeof one?.title === "string") line.franchises[slug.slice(0, 100)] = { title: one.title.slice(0, 300), at: Number(one.at) || 0 };
  }
  return line;
}

/** @param {unknown[]} numbers */
function ordered(numbers) {
  const whole = numbers.filter((one) => Number.isInteger(one) && Number(one) >= 0 && Number(one) <= MOST_EPISODES);
  return [...new Set(/** @type {number[]} */ (whole))].sort((one, other) => one - other);
}

/** Adds what is ticked in another line; nothing that is ticked is lost. @param {Line} line @param {Line} other */
export function merge(line, other) {
  for (const [id, theirs] of Object.entries(other.works)) {
    const ours = line.works[id];
    if (ours === undefined) {
      line.works[id] = theirs;
      continue;
    }
    if (theirs.seen) ours.seen = true;
    if (theirs.episodes) ours.episodes = ordered([...(ours.episodes ?? []), ...theirs.episodes]);
    if (ours.seen || ours.episodes?.length) delete ours.planned;
    else if (theirs.planned) ours.planned = true;
    ours.title ??= theirs.title;
    ours.of ??= theirs.of;
    ours.at = Math.max(ours.at, theirs.at);
  }
  for (const [slug, theirs] of Object.entries(other.franchises)) line.franchises[slug] ??= theirs;
  return line;
}

/** @param {Line} line @param {string} id */
export function isSeen(line, id) {
  return line.works[id]?.seen === true;
}

/** @param {Line} line @param {string} id @param {number} episode */
export function isEpisodeSeen(line, id, episode) {
  const tick = line.works[id];
  return tick?.seen === true || tick?.episodes?.includes(episode) === true;
}

/** @param {Line} line @param {string} id @param {{ seen: boolean, title?: string, of?: number }} told */
export function tickWork(line, id, told) {
  if (!told.seen) delete line.works[id];
  else line.works[id] = known({ seen: true, at: Date.now() }, told, line.works[id]);
}

/**
 * The last of all episodes makes the work seen; one taken back leaves the others ticked.
 * @param {Line} line @param {string} id @param {number} episode
 * @param {{ seen: boolean, title?: string, of?: number, listed: number[] }} told
 */
export function tickEpisode(line, id, episode, told) {
  const before = line.works[id];
  const every = told.of === undefined ? told.listed : Array.from({ length: told.of }, (_, n) => n + 1);
  const ticked = new Set(before?.seen ? every : (before?.episodes ?? []));
  if (told.seen) ticked.add(episode);
  else ticked.delete(episode);
  const episodes = ordered([...ticked]);
  if (told.of !== undefined && every.every((one) => ticked.has(one))) tickWork(line, id, told);
  else if (episodes.length === 0) delete line.works[id];
  else line.works[id] = known({ episodes, at: Date.now() }, told, before);
}

/** @param {Tick} tick @param {{ title?: string, of?: number }} told @param {Tick | undefined} before */
function known(tick, told, before) {
  const title = told.title ?? before?.title;
  const of = told.of ?? before?.of;
  return { ...tick, ...(title === undefined ? {} : { title }), ...(of === undefined ? {} : { of }) };
}

/** What is left of some steps: the first that is not seen, how many are, and how long the rest lasts.
 * @param {Line} line @param {Step[]} steps */
export function progress(line, steps) {
  let seen = 0;
  let left = 0;
  /** @type {Step | undefined} */
  let next;
  for (const step of steps) {
    if (isSeen(line, step.id)) {
      seen += 1;
      continue;
    }
    next ??= step;
    const all = step.episodes ?? 1;
    const done = Math.min(all, line.works[step.id]?.episodes?.length ?? 0);
    left += (step.seconds * (all - done)) / all;
  }
  return { seen, total: steps.length, next, hours: Math.round(left / 3600) };
}

/** The episode to go on with. @param {Line} line @param {string} id */
export function nextEpisode(line, id) {
  const ticked = line.works[id]?.episodes;
  return ticked?.length ? ticked[ticked.length - 1] + 1 : undefined;
}

/** @param {Line} line */
export function exported(line) {
  return JSON.stringify({ form: FORM, version: 1, at: new Date().toISOString(), ...line }, null, 1);
}

/** @param {any} given */
export function isExported(given) {
  return given?.form === FORM && typeof given.works === "object";
}
