// What the drawn map says: its stations, and which of them are connected. Read from the SVG itself.

/**
 * @typedef {{ id: string, element: SVGAElement, x: number, y: number, line: string,
 *   connections: { to: string, route: SVGPathElement }[] }} Station
 */

export class Lines {
  /** @param {HTMLElement} section */
  constructor(section) {
    this.section = section;
    /** @type {Map<string, Station>} */
    this.stations = new Map();
    this.read();
  }

  read() {
    this.stations.clear();
    for (const element of /** @type {NodeListOf<SVGAElement>} */ (this.section.querySelectorAll(".station"))) {
      const { id = "", x = "0", y = "0", line = "" } = element.dataset;
      this.stations.set(id, { id, element, x: Number(x), y: Number(y), line, connections: [] });
      element.setAttribute("tabindex", "-1");
    }
    for (const route of this.routes()) {
      const { from = "", to = "" } = route.dataset;
      this.stations.get(from)?.connections.push({ to, route });
      this.stations.get(to)?.connections.push({ to: from, route });
    }
    this.rove(this.chosen() ?? this.stations.values().next().value);
  }

  /** @returns {NodeListOf<SVGPathElement>} */
  routes() {
    return this.section.querySelectorAll(".metro .route[data-from]");
  }

  /** @param {EventTarget | null} target @returns {Station | undefined} */
  of(target) {
    const element = target instanceof Element ? target.closest(".station") : null;
    return this.stations.get(element?.getAttribute("data-id") ?? "");
  }

  chosen() {
    return this.of(this.section.querySelector("[data-chosen]"));
  }

  /** One station can be reached by Tab, the others from it by arrows. @param {Station | undefined} station */
  rove(station) {
    if (station === undefined) return;
    for (const one of this.section.querySelectorAll('.station[tabindex="0"]')) one.setAttribute("tabindex", "-1");
    station.element.setAttribute("tabindex", "0");
  }
}

/** @param {Element} element */
export function words(element) {
  return element.querySelector("title")?.textContent ?? "";
}
