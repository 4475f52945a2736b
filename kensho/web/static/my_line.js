// The page "My line": franchises with what is next, export and import, and the account.

import { synchronise } from "./line_account.js";
import { read, resolved } from "./line_import.js";
import { exported, load, merge, progress, save } from "./line_store.js";
import { stepsOf, wordsOf } from "./ticks.js";

const BATCH = 100;
const MOST_SHOWN = 60;

const root = /** @type {HTMLElement | null} */ (document.querySelector("[data-my-line]"));
if (root !== null) start(root);

/** @param {HTMLElement} page */
function start(page) {
  find(page, "[data-export]").addEventListener("click", () => download());
  find(page, "[data-import]").addEventListener("change", (event) => void take(page, /** @type {HTMLInputElement} */ (event.target)));
  find(page, "[data-forget]").addEventListener("click", () => {
    if (!confirm(page.dataset.sure ?? "")) return;
    save({ works: {}, franchises: {} });
    void show(page);
  });
  const account = page.querySelector("[data-account]");
  account?.addEventListener("click", () => void meet(page));
  void show(page).finally(() => reveal(page));
  if (page.dataset.accounts !== undefined) void meet(page, true);
}

/** What stands below the lists is shown after them, so that they move nothing. @param {HTMLElement} page */
function reveal(page) {
  for (const one of page.querySelectorAll("[data-live]")) one.removeAttribute("hidden");
}

/** @param {Element} page @param {string} selector */
function find(page, selector) {
  return /** @type {HTMLElement} */ (page.querySelector(selector));
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([exported(load())], { type: "application/json" }));
  link.download = "kensho-line.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** @param {HTMLElement} page @param {HTMLInputElement} input */
async function take(page, input) {
  const file = input.files?.[0];
  if (file === undefined) return;
  const say = (/** @type {string} */ words) => (find(page, "[data-said]").textContent = words);
  try {
    const found = read(await textOf(file));
    if ("line" in found) {
      save(merge(load(), found.line));
      say((page.dataset.taken ?? "").replace("{n}", String(Object.keys(found.line.works).length)).replace("{unknown}", "0"));
    } else {
      const total = String(found.entries.length);
      const told = await resolved(found.entries, (done) => say((page.dataset.reading ?? "").replace("{n}", String(done)).replace("{total}", total)));
      save(merge(load(), told.line));
      say((page.dataset.taken ?? "").replace("{n}", String(Object.keys(told.line.works).length)).replace("{unknown}", String(told.unknown)));
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say((page.dataset.refused ?? "").replace("{file}", file.name).replace("{reason}", reason));
  }
  input.value = "";
  await show(page);
}

/** MyAnimeList sends its export compressed. @param {File} file */
async function textOf(file) {
  if (!file.name.endsWith(".gz")) return file.text();
  return new Response(file.stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

/** @param {HTMLElement} page @param {boolean} [quietly] */
async function meet(page, quietly = false) {
  const said = find(page, "[data-account-said]");
  try {
    const sent = await synchronise();
    if (sent === undefined) said.textContent = quietly ? "" : (page.dataset.signedOut ?? "");
    else said.textContent = (page.dataset.synchronised ?? "").replace("{n}", String(sent));
    if (sent !== undefined) await show(page);
  } catch {
    said.textContent = page.dataset.away ?? "";
  }
}

/** @param {HTMLElement} page */
async function show(page) {
  const line = load();
  const works = Object.keys(line.works);
  const count = find(page, "[data-count]");
  count.textContent = (page.dataset.counted ?? "").replace("{n}", String(works.length));
  const { franchises, alone } = await grouped(works);
  const list = find(page, "[data-franchises]");
  const shown = franchises.slice(0, MOST_SHOWN);
  list.replaceChildren(...(await Promise.all(shown.map((one) => entry(page, one)))));
  const rest = find(page, "[data-alone]");
  rest.replaceChildren(...alone.map((one) => row(`/anime/${one.id}`, one.title)));
  find(page, "[data-empty]").toggleAttribute("hidden", works.length > 0);
  find(page, "[data-alone-part]").toggleAttribute("hidden", alone.length === 0);
}

/** @param {HTMLElement} page @param {{ slug: string, title: string }} franchise */
async function entry(page, franchise) {
  const item = row(`/hub/${encodeURIComponent(franchise.slug)}`, franchise.title);
  const steps = await stepsOf(franchise.slug);
  const words = document.createElement("p");
  words.className = "small";
  item.append(words);
  page.append(words); // whose words are found from there
  const told = steps === undefined ? [] : wordsOf(words, progress(load(), steps.steps));
  words.replaceChildren(...told);
  item.append(words);
  return item;
}

/** @param {string} href @param {string} title */
function row(href, title) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  const name = document.createElement("bdi");
  name.textContent = title;
  link.href = href;
  link.append(name);
  item.append(link);
  return item;
}

/** The franchises of works, those ticked last first, and the works that have none. @param {string[]} works */
async function grouped(works) {
  const line = load();
  const ordered = works.toSorted((one, other) => line.works[other].at - line.works[one].at);
  /** @type {Map<string, { slug: string, title: string }>} */
  const franchises = new Map();
  /** @type {{ id: string, title: string }[]} */
  const alone = [];
  for (let at = 0; at < ordered.length; at += BATCH) {
    const part = ordered.slice(at, at + BATCH);
    const answer = await fetch("/api/anime/batch?fields=id,title,franchise", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ids: part }),
    });
    if (!answer.ok) break;
    for (const one of (await answer.json()).items) {
      if (one.franchise === undefined) alone.push(one);
      else if (!franchises.has(one.franchise.slug)) franchises.set(one.franchise.slug, one.franchise);
    }
  }
  const found = [...franchises.values()];
  const now = load();
  for (const one of found) now.franchises[one.slug] ??= { title: one.title, at: 0 }; // for the first page
  save(now);
  return { franchises: found, alone };
}
