// The map by keyboard: arrows follow connections, then the line one is on; plus, minus and 0 zoom.

import { words } from "./map_lines.js";

/** @typedef {import("./map_lines.js").Station} Station */

/** @type {Record<string, (dx: number, dy: number) => number>} How far along, negative for the wrong way. */
const ALONG = {
  ArrowRight: (dx) => dx,
  ArrowLeft: (dx) => -dx,
  ArrowDown: (_, dy) => dy,
  ArrowUp: (_, dy) => -dy,
};
/** @type {Record<string, string>} */
const ZOOMS = { "+": "in", "=": "in", "-": "out", "0": "fit" };

/** @param {HTMLElement} section @param {import("./map_lines.js").Lines} lines @param {import("./map_view.js").View} view */
export function keys(section, lines, view) {
  const says = /** @type {HTMLElement} */ (section.querySelector("[data-says]"));
  view.frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (ZOOMS[event.key] !== undefined) {
      event.preventDefault();
      view.command(ZOOMS[event.key]);
      return;
    }
    const here = lines.of(event.target);
    const next = here === undefined ? undefined : nextOf(here, event.key);
    if (next === undefined) return;
    event.preventDefault();
    lines.rove(next.to);
    next.to.element.focus({ preventScroll: true });
    view.reveal(next.to);
    says.textContent = next.route === undefined ? words(next.to.element) : `${words(next.to.element)}. ${words(next.route)}`;
  });

  /** @param {Station} here @param {string} key @returns {{ to: Station, route?: Element } | undefined} */
  function nextOf(here, key) {
    if (key === "Home" || key === "End") return ending(key === "Home" ? -1 : 1);
    const along = ALONG[key];
    if (along === undefined) return undefined;
    const connected = here.connections.flatMap(({ to, route }) => {
      const station = lines.stations.get(to);
      return station === undefined ? [] : [{ to: station, route }];
    });
    const others = [...lines.stations.values()].map((to) => ({ to }));
    const beside = key === "ArrowLeft" || key === "ArrowRight" ? others.filter(({ to }) => to.line === here.line) : others;
    return nearest(here, connected, along) ?? nearest(here, beside, along);
  }

  /** @param {number} sign */
  function ending(sign) {
    const there = [...lines.stations.values()].sort((a, b) => sign * (b.x - a.x))[0];
    return there === undefined ? undefined : { to: there };
  }
}

/** @template {{ to: Station }} T @param {Station} here @param {T[]} some @param {(dx: number, dy: number) => number} along @returns {T | undefined} */
function nearest(here, some, along) {
  let best;
  let least = Infinity;
  for (const one of some) {
    const [dx, dy] = [one.to.x - here.x, one.to.y - here.y];
    const far = along(dx, dy);
    if (far <= 1) continue;
    const aside = Math.abs(dx) + Math.abs(dy) - far;
    const effort = far + 2 * aside;
    if (effort < least) [best, least] = [one, effort];
  }
  return best;
}
