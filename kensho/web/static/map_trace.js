// Hovering or focusing a station shows what it is connected with; a line says what it is, who says so
// and how surely.

import { words } from "./map_lines.js";

/** @param {HTMLElement} section @param {import("./map_lines.js").Lines} lines */
export function traces(section, lines) {
  const frame = /** @type {HTMLElement} */ (section.querySelector("[data-frame]"));
  const says = /** @type {HTMLElement} */ (section.querySelector("[data-says]"));
  /** @type {Element[]} */
  let near = [];

  /** @param {Event} event */
  const over = (event) => {
    const station = lines.of(event.target);
    const route = event.target instanceof Element ? event.target.closest(".route[data-from]") : null;
    out();
    if (station !== undefined) {
      const others = station.connections.flatMap(({ to, route }) => [route, lines.stations.get(to)?.element]);
      trace([station.element, ...others.filter((one) => one !== undefined)], words(station.element));
    } else if (route !== null) {
      const ends = [route.getAttribute("data-from"), route.getAttribute("data-to")];
      trace([route, ...ends.flatMap((id) => lines.stations.get(id ?? "")?.element ?? [])], words(route));
    }
  };
  const out = () => {
    for (const one of near) one.classList.remove("near");
    near = [];
    frame.querySelector("svg.metro")?.classList.remove("tracing");
  };
  /** @param {Element[]} some @param {string} text */
  const trace = (some, text) => {
    near = some;
    for (const one of near) one.classList.add("near");
    frame.querySelector("svg.metro")?.classList.add("tracing");
    says.textContent = text;
  };
  frame.addEventListener("pointerover", over);
  frame.addEventListener("focusin", over);
  frame.addEventListener("pointerleave", out);
  frame.addEventListener("focusout", out);
}
