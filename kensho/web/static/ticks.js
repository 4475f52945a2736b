// Ticks on pages: a work or an episode is seen, what is next in a franchise, how much is left of it.
//
// `data-tick` is a button of a work, `data-episode` a box of an episode of the work named by
// `data-episodes-of`, `data-next-stop` says where to go on in a franchise, `data-hide-seen` hides the
// entries (`data-entry`) of works that are seen. Their room is kept before, so that nothing moves.

import { push } from "./line_account.js";
import { isEpisodeSeen, isSeen, load, nextEpisode, progress, save, tickEpisode, tickWork } from "./line_store.js";

/** @typedef {import("./line_store.js").Step} Step */
/** @typedef {{ slug: string, title: string, steps: Step[] }} Steps */

const MOST_CONTINUED = 2; // as many as there is room for below the search of the first page
const HIDES = "kensho.line.hides";
/** @type {Map<string, Promise<Steps | undefined>>} */
const asked = new Map();

/** The steps of a franchise that are not optional. @param {string} slug */
export function stepsOf(slug) {
  const known = asked.get(slug) ?? fetchSteps(slug);
  asked.set(slug, known);
  return known;
}

/** @param {string} slug @returns {Promise<Steps | undefined>} */
async function fetchSteps(slug) {
  try {
    const answer = await fetch(`/hub/${encodeURIComponent(slug)}/steps`);
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined; // The network is away: ticks are kept all the same.
  }
}

/** @param {Document} page */
export function ticks(page) {
  if (page.querySelector("[data-tick], [data-episodes-of], [data-next-stop], [data-hide-seen], [data-continue]") === null) return;
  page.documentElement.classList.add("ticking");
  page.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-tick]") : null;
    if (button !== null) onWork(page, /** @type {HTMLElement} */ (button));
  });
  page.addEventListener("change", (event) => {
    const box = /** @type {HTMLInputElement} */ (event.target);
    if (box.matches("[data-episode]")) onEpisode(page, box);
    if (box.matches("[data-hide-seen]")) onHide(page, box);
  });
  addEventListener("storage", () => show(page)); // ticked in another tab
  const hides = /** @type {HTMLInputElement | null} */ (page.querySelector("[data-hide-seen]"));
  if (hides !== null) hides.checked = localStorage.getItem(HIDES) === "1";
  show(page);
  const place = /** @type {HTMLElement | null} */ (page.querySelector("[data-continue]"));
  if (place !== null) void showContinue(place);
}

/** The franchises ticked last, each with where to go on. @param {HTMLElement} place */
async function showContinue(place) {
  const latest = Object.entries(load().franchises).sort(([, one], [, other]) => other.at - one.at);
  const lines = await Promise.all(latest.slice(0, MOST_CONTINUED).map(([slug, one]) => continued(place, slug, one.title)));
  place.replaceChildren(...lines.filter((one) => one !== undefined));
}

/** @param {HTMLElement} place @param {string} slug @param {string} title */
async function continued(place, slug, title) {
  const steps = (await stepsOf(slug))?.steps;
  const found = steps === undefined ? undefined : progress(load(), steps);
  if (found?.next === undefined || (found.seen === 0 && nextEpisode(load(), found.next.id) === undefined)) return undefined;
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `/hub/${encodeURIComponent(slug)}`;
  link.textContent = title;
  item.append(link, " ", ...wordsOf(place, found));
  return item;
}

/** @param {Document} page @param {HTMLElement} button */
function onWork(page, button) {
  const line = load();
  const id = button.dataset.tick ?? "";
  tickWork(line, id, { seen: !isSeen(line, id), ...told(button) });
  kept(page, line, id);
}

/** @param {Document} page @param {HTMLInputElement} box */
function onEpisode(page, box) {
  const list = /** @type {HTMLElement} */ (box.closest("[data-episodes-of]"));
  const line = load();
  const id = list.dataset.episodesOf ?? "";
  const listed = [...list.querySelectorAll("[data-episode]")].map((one) => Number(one.getAttribute("data-episode")));
  tickEpisode(line, id, Number(box.dataset.episode), { seen: box.checked, listed, ...told(list) });
  kept(page, line, id);
}

/** @param {HTMLElement} element */
function told(element) {
  const of = Number(element.dataset.of);
  return { title: element.dataset.title, of: of > 0 ? of : undefined };
}

/** @param {Document} page @param {import("./line_store.js").Line} line @param {string} id */
function kept(page, line, id) {
  const place = /** @type {HTMLElement | null} */ (page.querySelector("[data-next-stop]"));
  const slug = place?.dataset.nextStop;
  if (slug) line.franchises[slug] = { title: place?.dataset.franchise ?? slug, at: Date.now() };
  save(line);
  show(page);
  void push(id).catch(() => undefined); // It goes there with the next synchronisation.
}

/** @param {Document} page @param {HTMLInputElement} box */
function onHide(page, box) {
  try {
    localStorage.setItem(HIDES, box.checked ? "1" : "0");
  } catch {
    // It holds for this page.
  }
  show(page);
}

/** @param {Document} page */
function show(page) {
  const line = load();
  for (const one of page.querySelectorAll("[data-tick]")) one.setAttribute("aria-pressed", String(isSeen(line, one.getAttribute("data-tick") ?? "")));
  for (const one of page.querySelectorAll("[data-episode]")) {
    const id = /** @type {HTMLElement} */ (one.closest("[data-episodes-of]")).dataset.episodesOf ?? "";
    /** @type {HTMLInputElement} */ (one).checked = isEpisodeSeen(line, id, Number(one.getAttribute("data-episode")));
  }
  const hides = /** @type {HTMLInputElement | null} */ (page.querySelector("[data-hide-seen]"))?.checked === true;
  for (const one of page.querySelectorAll("[data-entry]")) {
    const seen = isSeen(line, one.getAttribute("data-entry") ?? "");
    one.classList.toggle("seen", seen);
    one.toggleAttribute("hidden", seen && hides);
  }
  for (const station of page.querySelectorAll(".metro .station[data-id]")) {
    station.classList.toggle("seen", isSeen(line, station.getAttribute("data-id") ?? ""));
  }
  for (const place of page.querySelectorAll("[data-next-stop]")) void showNext(/** @type {HTMLElement} */ (place));
}

/** @param {HTMLElement} place */
async function showNext(place) {
  const line = load();
  const slug = place.dataset.nextStop ?? "";
  const isTouched = Object.keys(line.works).length > 0;
  const steps = isTouched ? (await stepsOf(slug))?.steps : undefined;
  const isBegun = steps?.some((step) => line.works[step.id] !== undefined);
  place.replaceChildren(...(steps !== undefined && isBegun ? wordsOf(place, progress(line, steps)) : []));
}

/** Says "3 of 9 seen, about 12 hours left. Next stop: …" in the words of the page.
 * @param {HTMLElement} place @param {ReturnType<typeof progress>} found */
export function wordsOf(place, found) {
  const words = place.closest("[data-line-words]") ?? place;
  const said = (/** @type {string} */ name) => words.getAttribute(`data-${name}`) ?? "";
  const counted = document.createElement("span");
  counted.textContent = said("seen").replace("{n}", String(found.seen)).replace("{total}", String(found.total)).replace("{hours}", String(found.hours));
  if (found.next === undefined) return [counted, ` ${said("all-seen")}`];
  const link = document.createElement("a");
  const episode = nextEpisode(load(), found.next.id);
  link.href = `/anime/${found.next.id}`;
  link.textContent = episode === undefined ? found.next.title : said("next-episode").replace("{title}", found.next.title).replace("{n}", String(episode));
  const name = document.createElement("b");
  name.textContent = said("next");
  return [name, " ", link, " ", counted];
}
