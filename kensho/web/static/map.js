// The map of a franchise, improved: pan and zoom, tracing of connections, keys along the lines,
// cards, filters and watch orders without leaving the place. Without it the map scrolls, its stations
// are links, and so are its filters.

import { cards } from "./map_card.js";
import { keys } from "./map_keys.js";
import { Labels } from "./map_labels.js";
import { Lines } from "./map_lines.js";
import { redrawing } from "./map_redraw.js";
import { touches } from "./map_touch.js";
import { traces } from "./map_trace.js";
import { View } from "./map_view.js";

for (const section of document.querySelectorAll("[data-map]")) start(/** @type {HTMLElement} */ (section));

/** @param {HTMLElement} section */
function start(section) {
  const lines = new Lines(section);
  const labels = new Labels();
  const view = new View(section, labels);
  section.classList.add("map-live");
  cards(section, lines, view);
  traces(section, lines);
  keys(section, lines, view);
  touches(section, view);
  redrawing(section, lines, view);
  view.start(lines.chosen());
}
