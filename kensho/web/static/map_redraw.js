// Filters and watch orders: the server lays the map out anew, and the drawing takes the place of the
// old one. Where the viewer was, as far as it is still there, stays under their eyes.

/** @param {HTMLElement} section @param {import("./map_lines.js").Lines} lines @param {import("./map_view.js").View} view */
export function redrawing(section, lines, view) {
  let asked = "";
  section.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("[data-redraw] a") : null;
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void change(link);
  });

  /** @param {HTMLAnchorElement} link */
  async function change(link) {
    const { href } = link;
    asked = href;
    const answer = await fetch(href).catch(() => undefined);
    if (asked !== href) return; // Another choice was made meanwhile.
    if (answer === undefined || !answer.ok) {
      location.assign(href); // The page itself says what is wrong.
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const near = view.nearest(lines.stations.values());
    for (const place of section.querySelectorAll("[data-swap]")) {
      const made = page.querySelector(`[data-swap="${place.getAttribute("data-swap")}"]`);
      place.replaceChildren(...(made?.childNodes ?? []));
    }
    section.querySelector(`[data-redraw] [data-key="${CSS.escape(link.dataset.key ?? "")}"]`)?.focus({ preventScroll: true });
    const here = new URL(href);
    history.replaceState(history.state, "", `${here.pathname}${here.search}${location.hash}`);
    lines.read();
    view.redrawn(near, (id) => lines.stations.get(id));
  }
}
