// Type-ahead over /suggest (as /api/suggest, with titles as the viewer prefers them), after the ARIA combobox pattern with a list box: arrows move, Enter
// opens or fills in, Escape first closes and then clears. Who comes back to a page finds the text and
// the list again. Without it the field is a field of a form, and works.
//
// `data-combobox="open"` opens what is chosen; "fill" writes its title into the field and its id into
// a hidden one of the same name, so that two works of one title can be told apart.

const PAUSE_MS = 120;
const KINDS = { anime: "/anime/", movie: "/movies/", franchise: "/hub/" };

/**
 * @typedef {{ id?: string, slug?: string, title: string, matched_title: string,
 *   kind: "anime" | "movie" | "franchise", facts: string, highlights: [number, number][] }} Completion
 */

let made = 0;

/** @param {HTMLElement} box */
export function combobox(box) {
  const input = /** @type {HTMLInputElement} */ (box.querySelector("input"));
  const { list, status } = listOf(box, input);
  const fills = box.dataset.combobox === "fill";
  /** @type {Completion[]} */
  let shown = [];
  let at = -1;
  let timer = 0;
  /** @type {AbortController | null} */
  let asking = null;

  if (fills && box.dataset.chosen !== undefined) remember(box, input, box.dataset.chosen);
  input.addEventListener("input", () => {
    if (fills) forget(box, input);
    clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE_MS);
  });
  input.addEventListener("keydown", onKey);
  input.addEventListener("blur", () => window.setTimeout(close, 150));
  input.addEventListener("focus", () => {
    if (shown.length > 0 && input.value.trim() !== "") open();
  });
  input.form?.addEventListener("submit", leave);
  void comeBack();
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    if (option !== null) choose(Number(option.getAttribute("data-at")));
  });

  async function ask() {
    const text = input.value.trim();
    asking?.abort();
    if (text === "") {
      shown = [];
      close();
      return;
    }
    asking = new AbortController();
    try {
      const answer = await fetch(`/suggest?q=${encodeURIComponent(text)}`, { signal: asking.signal });
      if (!answer.ok) return;
      const found = /** @type {Completion[]} */ ((await answer.json()).suggestions);
      show(fills ? found.filter((one) => one.id !== undefined) : found);
    } catch (error) {
      if (!(error instanceof DOMException)) close(); // The network is away: the form still works.
    }
  }

  /** Keeps what was typed with this entry of the history, for who comes back to it. */
  function leave() {
    if (fills) return;
    const typed = { field: input.id, text: input.value };
    history.replaceState({ ...history.state, typed }, "");
  }

  async function comeBack() {
    const typed = history.state?.typed;
    if (fills || typed?.field !== input.id || typed.text === "" || document.activeElement !== document.body) return;
    input.value = typed.text;
    input.focus({ preventScroll: true });
    await ask();
  }

  /** @param {Completion[]} found */
  function show(found) {
    const chosen = shown[at];
    shown = found;
    at = -1;
    list.replaceChildren(...found.map((one, n) => option(one, n, `${list.id}-${n}`, box)));
    const words = found.length === 0 ? box.dataset.nothing : box.dataset.found;
    status.textContent = (words ?? "").replace("{n}", String(found.length));
    status.className = found.length === 0 ? "find-list find-note" : "unseen";
    if (document.activeElement !== input) return;
    if (found.length === 0) {
      hide();
      return;
    }
    open();
    // An answer that comes late takes nobody's choice away.
    if (chosen !== undefined) move(found.findIndex((one) => one.kind === chosen.kind && one.id === chosen.id && one.slug === chosen.slug));
  }

  function open() {
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  function close() {
    status.className = "unseen";
    hide();
  }

  function hide() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    move(-1);
  }

  /** @param {number} to */
  function move(to) {
    at = to;
    for (const [n, one] of list.querySelectorAll("[role=option]").entries()) {
      one.setAttribute("aria-selected", String(n === at));
      if (n === at) one.scrollIntoView({ block: "nearest" });
    }
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `${list.id}-${at}`);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.isComposing) return; // Enter ends the choice of kanji then.
    const last = shown.length - 1;
    if (event.key === "Escape") {
      clearTimeout(timer);
      asking?.abort();
      const isOpen = !list.hidden || status.classList.contains("find-note");
      event.preventDefault(); // A search field would be cleared at once.
      if (!isOpen) {
        input.value = "";
        shown = [];
        leave();
      }
      close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && last >= 0) {
      event.preventDefault();
      open();
      if (event.key === "ArrowDown") move(at >= last ? 0 : at + 1);
      else move(at <= 0 ? last : at - 1);
    } else if (event.key === "Enter" && !list.hidden && at >= 0) {
      event.preventDefault();
      choose(at);
    }
  }

  /** @param {number} n */
  function choose(n) {
    const one = shown[n];
    if (!fills) {
      leave();
      location.assign(KINDS[one.kind] + encodeURIComponent(one.id ?? one.slug ?? ""));
      return;
    }
    input.value = one.title;
    remember(box, input, one.id ?? "");
    close();
  }
}

/** @param {HTMLElement} box @param {HTMLInputElement} input */
function listOf(box, input) {
  const list = document.createElement("ul");
  list.id = `find-list-${++made}`;
  list.className = "find-list";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.dataset.listLabel ?? "");
  const status = document.createElement("p");
  status.className = "unseen";
  status.setAttribute("role", "status");
  box.append(list, status);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);
  return { list, status };
}

/** @param {Completion} one @param {number} n @param {string} id @param {HTMLElement} box */
function option(one, n, id, box) {
  const item = document.createElement("li");
  item.id = id;
  item.className = "find-option";
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.setAttribute("data-at", String(n));
  const name = document.createElement("bdi");
  const kind = document.createElement("span");
  kind.className = "find-kind";
  const label = one.kind === "franchise" ? (box.getAttribute("data-kind-franchise") ?? "") : "";
  const facts = document.createElement("bdi");
  facts.textContent = one.facts;
  kind.append(...(label === "" ? [facts] : [label, " · ", facts]));
  item.append(name, kind);
  if (one.matched_title === one.title) {
    name.append(...marked(one));
  } else {
    name.textContent = one.title;
    const under = document.createElement("bdi");
    under.className = "find-under";
    under.append(...marked(one));
    item.append(under);
  }
  return item;
}

/** Spans count code points, as Python does, and not UTF-16 units. @param {Completion} one */
function* marked(one) {
  const letters = [...one.matched_title];
  let at = 0;
  for (const [first, end] of one.highlights) {
    yield letters.slice(at, first).join("");
    const mark = document.createElement("mark");
    mark.textContent = letters.slice(first, end).join("");
    yield mark;
    at = end;
  }
  yield letters.slice(at).join("");
}

/** @param {HTMLElement} box @param {HTMLInputElement} input @param {string} id */
function remember(box, input, id) {
  forget(box, input);
  const hidden = document.createElement("input");
  hidden.type = "hidden";
  hidden.name = input.name;
  hidden.value = id;
  input.dataset.name = input.name;
  input.removeAttribute("name");
  box.append(hidden);
}

/** @param {HTMLElement} box @param {HTMLInputElement} input */
function forget(box, input) {
  box.querySelector("input[type=hidden]")?.remove();
  if (input.dataset.name !== undefined) input.name = input.dataset.name;
}
