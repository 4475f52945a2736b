// A click on a station shows its card beside the map; from there one goes on along the lines.

import { posters } from "./posters.js";

/** @typedef {import("./map_lines.js").Station} Station */

/** @param {HTMLElement} section @param {import("./map_lines.js").Lines} lines @param {import("./map_view.js").View} view */
export function cards(section, lines, view) {
  const place = /** @type {HTMLElement | null} */ (section.querySelector("[data-card-place]"));
  if (place === null || section.dataset.card === undefined) return; // Stops are links there.
  const root = section.dataset.card;
  let asked = "";

  view.frame.addEventListener("click", (event) => {
    const station = lines.of(event.target);
    if (station === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void show(station, event.detail === 0);
  });
  place.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const next = lines.stations.get(link.dataset.go ?? "");
    if (link.dataset.close !== undefined) {
      event.preventDefault();
      close();
    } else if (next !== undefined) {
      event.preventDefault();
      view.show(next, true);
      void show(next, true);
    }
  });
  section.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !place.hidden && document.fullscreenElement === null) close();
  });

  /** @param {Station} station @param {boolean} moves */
  async function show(station, moves) {
    asked = station.id;
    mark(station);
    const answer = await fetch(root + encodeURIComponent(station.id));
    if (!answer.ok) {
      location.assign(station.element.href.baseVal); // The page of the work says what is wrong.
      return;
    }
    const text = await answer.text();
    if (asked !== station.id) return;
    const card = new DOMParser().parseFromString(text, "text/html");
    place.replaceChildren(...card.body.childNodes);
    place.hidden = false;
    posters(place);
    place.querySelector(".stop-head")?.scrollIntoView({ block: "nearest" }); // On a phone it lies below the map.
    if (moves) /** @type {HTMLElement | null} */ (place.querySelector("h2 a"))?.focus();
  }

  function close() {
    asked = "";
    place.hidden = true;
    const station = lines.chosen();
    mark(undefined);
    station?.element.focus({ preventScroll: true });
  }

  /** @param {Station | undefined} station */
  function mark(station) {
    for (const one of section.querySelectorAll("[data-chosen]")) one.removeAttribute("data-chosen");
    station?.element.setAttribute("data-chosen", "");
    lines.rove(station);
    const here = new URL(location.href);
    if (station === undefined) here.searchParams.delete("work");
    else here.searchParams.set("work", station.id);
    history.replaceState(history.state, "", here);
  }
}
