// A watch order is laid over the map by the server; the new drawing takes the place of the old one,
// and the viewer stays where they are.

/** @param {HTMLElement} section @param {() => void} redrawn */
export function orders(section, redrawn) {
  section.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("[data-orders] a") : null;
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void change(link);
  });

  /** @param {HTMLAnchorElement} link */
  async function change(link) {
    const answer = await fetch(link.href);
    if (!answer.ok) {
      location.assign(link.href);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const place of section.querySelectorAll("[data-swap]")) {
      const made = page.querySelector(`[data-swap="${place.getAttribute("data-swap")}"]`);
      place.replaceChildren(...(made?.childNodes ?? []));
    }
    const chosen = new URL(link.href).searchParams.get("order");
    const here = new URL(location.href);
    if (chosen === null) here.searchParams.delete("order");
    else here.searchParams.set("order", chosen);
    history.replaceState(history.state, "", here);
    for (const one of section.querySelectorAll("[data-orders] a")) {
      if (new URL(/** @type {HTMLAnchorElement} */ (one).href).searchParams.get("order") === chosen) one.setAttribute("aria-current", "true");
      else one.removeAttribute("aria-current");
    }
    mark(here.searchParams.get("work"));
    redrawn();
  }

  /** @param {string | null} work */
  function mark(work) {
    for (const one of section.querySelectorAll("[data-chosen]")) one.removeAttribute("data-chosen");
    if (work !== null) section.querySelector(`.station[data-id="${CSS.escape(work)}"]`)?.setAttribute("data-chosen", "");
  }
}
