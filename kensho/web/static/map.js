// The map of a franchise, improved: pan and zoom, tracing of connections, keys along the lines,
// cards, filters, watch orders without leaving the place. Without it the map scrolls, and its stations
// are links.

import { cards } from "./map_card.js";
import { filters } from "./map_filter.js";
import { keys } from "./map_keys.js";
import { orders } from "./map_order.js";
import { Lines } from "./map_lines.js";
import { traces } from "./map_trace.js";
import { View } from "./map_view.js";

for (const section of document.querySelectorAll("[data-map]")) start(/** @type {HTMLElement} */ (section));

/** @param {HTMLElement} section */
function start(section) {
  const lines = new Lines(section);
  const view = new View(section);
  for (const tool of section.querySelectorAll("[data-live]")) tool.removeAttribute("hidden");
  section.classList.add("map-live");
  cards(section, lines, view);
  traces(section, lines);
  keys(section, lines, view);
  const sift = filters(section, lines);
  orders(section, () => {
    lines.read();
    view.redrawn();
    sift();
  });
  view.start(lines.chosen());
}
