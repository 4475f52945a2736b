// Starts what improves the pages; each of them is whole without it.

import { combobox } from "./combobox.js";
import { posters } from "./posters.js";
import { shortcuts } from "./shortcuts.js";
import { ticks } from "./ticks.js";

for (const box of document.querySelectorAll("[data-combobox]")) combobox(/** @type {HTMLElement} */ (box));
posters(document);
shortcuts(document);
ticks(document);
for (const filters of document.querySelectorAll("details[data-wide-open]")) {
  // On a wide screen filters stand beside the list; on a phone they begin closed, as the style sheet has shown
  // them until now: nothing moves.
  if (matchMedia("(max-width: 760px)").matches) filters.removeAttribute("open");
  filters.setAttribute("data-settled", "");
}
