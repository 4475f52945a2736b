// Where the viewer is on a map: how close and at which place. The frame scrolls by itself, so that
// wheels, fingers, scroll bars and keys do what they always do; zooming changes the drawing's size.
// The fragment of the address keeps the place: #at=x,y,scale.

const LEAST = 0.12;
const MOST = 3;
const STEP = 1.3;
const FAR = 0.62; // Below it names would be smaller than 8 pixels: fewer are drawn, larger.
const NEWEST = 2 / 3; // Of the main line's stations: on a phone the rest is seen first.
const KEPT_AFTER_MS = 250;
const NEWEST_AT = 48; // Pixels from the left.
const MAIN_LINE_AT = 0.4; // Share of the frame above the main line: most lanes are below it.

export class View {
  /** @param {HTMLElement} section @param {import("./map_labels.js").Labels} labels */
  constructor(section, labels) {
    this.section = section;
    this.labels = labels;
    this.frame = /** @type {HTMLElement} */ (section.querySelector("[data-frame]"));
    this.frame.style.setProperty("--map-high", `${this.frame.offsetHeight}px`); // It stays as it was laid out.
    this.scale = 1;
    this.dragged = false;
    this.svg = this.drawing();
    for (const button of section.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.command(button.getAttribute("data-zoom") ?? ""));
    }
    this.frame.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.frame.addEventListener("pointerdown", (event) => this.onDown(event));
    this.frame.addEventListener("dragstart", (event) => event.preventDefault());
    this.frame.addEventListener("click", (event) => this.onClick(event), { capture: true });
    let timer = 0;
    this.frame.addEventListener("scroll", () => {
      this.stick();
      clearTimeout(timer);
      timer = window.setTimeout(() => this.keep(), KEPT_AFTER_MS);
    });
  }

  drawing() {
    return /** @type {SVGSVGElement} */ (this.frame.querySelector("svg.metro"));
  }

  get box() {
    return this.svg.viewBox.baseVal;
  }

  /** @param {{ x: number, y: number } | undefined} chosen */
  start(chosen) {
    this.lift();
    const kept = /^#at=([\d.-]+),([\d.-]+),([\d.]+)$/.exec(location.hash);
    if (kept !== null) {
      this.zoom(Number(kept[3]));
      this.show({ x: Number(kept[1]), y: Number(kept[2]) });
      return;
    }
    const fits = this.fitting();
    const narrow = matchMedia("(max-width: 760px)").matches;
    if (this.box.width * 0.8 <= this.frame.clientWidth) this.zoom(Math.min(1, fits));
    const newest = narrow ? this.newest() : undefined;
    if (chosen !== undefined) this.show(chosen);
    else {
      if (newest !== undefined) this.frame.scrollLeft = newest * this.scale - NEWEST_AT;
      this.frame.scrollTop = this.mainLine() * this.scale - this.frame.clientHeight * MAIN_LINE_AT;
    }
    this.stick();
  }

  /** Where the newest third of the main line begins; nothing where all of it fits. */
  newest() {
    const stations = [...this.svg.querySelectorAll(".station.k-main")].map((one) => Number(one.getAttribute("data-x")));
    return stations.sort((one, other) => one - other)[Math.floor(stations.length * NEWEST)];
  }

  /** How far down the main line runs; a map without one is seen from its middle. */
  mainLine() {
    const station = this.svg.querySelector(".station.k-main");
    return station === null ? this.box.height / 2 : Number(station.getAttribute("data-y"));
  }

  /** Years stay at the top and names of lines at the left while the map moves below them. */
  stick() {
    this.svg.style.setProperty("--down", `${this.frame.scrollTop / this.scale}px`);
    this.svg.style.setProperty("--along", `${this.frame.scrollLeft / this.scale}px`);
  }

  /** What sticks is drawn last, over the rest; years on a band of paper. */
  lift() {
    const band = document.createElementNS(this.svg.namespaceURI, "rect");
    band.setAttribute("class", "band-of-years");
    band.setAttribute("width", String(this.box.width));
    band.setAttribute("height", "28");
    const headings = this.svg.querySelector(".headings");
    this.svg.append(...(headings === null ? [] : [headings]), band, ...this.svg.querySelectorAll(".years .year-mark"));
  }

  /** The station nearest to the middle, and where it is seen. @param {Iterable<{ id: string, x: number, y: number }>} stations */
  nearest(stations) {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.frame;
    let found;
    let least = Infinity;
    for (const { id, x, y } of stations) {
      const seen = [x * this.scale - scrollLeft, y * this.scale - scrollTop];
      const far = Math.hypot(seen[0] - clientWidth / 2, seen[1] - clientHeight / 2);
      if (far < least) [found, least] = [{ id, seen }, far];
    }
    return found;
  }

  /** @param {{ id: string, seen: number[] } | undefined} near @param {(id: string) => { x: number, y: number } | undefined} at */
  redrawn(near, at) {
    this.svg = this.drawing();
    this.lift();
    this.zoom(this.scale);
    const place = near === undefined ? undefined : at(near.id);
    if (near === undefined || place === undefined) return;
    this.frame.scrollLeft = place.x * this.scale - near.seen[0];
    this.frame.scrollTop = place.y * this.scale - near.seen[1];
    this.stick();
  }

  /** @param {string} name */
  command(name) {
    if (name === "in") this.zoom(this.scale * STEP);
    else if (name === "out") this.zoom(this.scale / STEP);
    else if (name === "fit") this.zoom(this.fitting());
    else if (document.fullscreenElement !== null) void document.exitFullscreen();
    else void this.section.requestFullscreen();
  }

  fitting() {
    const { width, height } = this.box;
    return Math.min((this.frame.clientWidth - 4) / width, (this.frame.clientHeight - 4) / height, MOST);
  }

  /** Changes the size; the place under the pointer, or else the middle, stays where it is.
   * @param {number} scale @param {{ clientX: number, clientY: number }} [at] */
  zoom(scale, at) {
    const { frame, svg } = this;
    const edge = frame.getBoundingClientRect();
    const over = at ? [at.clientX - edge.left, at.clientY - edge.top] : [frame.clientWidth / 2, frame.clientHeight / 2];
    const before = svg.getBoundingClientRect();
    const share = [(edge.left + over[0] - before.left) / before.width, (edge.top + over[1] - before.top) / before.height];
    this.scale = Math.min(MOST, Math.max(LEAST, scale));
    svg.style.width = `${this.box.width * this.scale}px`;
    svg.style.height = `${this.box.height * this.scale}px`;
    svg.classList.toggle("far", this.scale < FAR);
    if (this.scale < FAR) this.labels.draw(svg, this.scale);
    else this.labels.clear();
    const after = svg.getBoundingClientRect();
    frame.scrollLeft += after.left + share[0] * after.width - (edge.left + over[0]);
    frame.scrollTop += after.top + share[1] * after.height - (edge.top + over[1]);
    this.stick();
    this.keep();
  }

  /** Brings a place of the map to the middle. @param {{ x: number, y: number }} place @param {boolean} [softly] */
  show({ x, y }, softly = false) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.frame.scrollTo({
      left: x * this.scale - this.frame.clientWidth / 2,
      top: y * this.scale - this.frame.clientHeight / 2,
      behavior: softly && !still ? "smooth" : "instant",
    });
  }

  /** Scrolls no more than is needed to see a place. @param {{ x: number, y: number }} place */
  reveal({ x, y }) {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.frame;
    const [left, top] = [x * this.scale - scrollLeft, y * this.scale - scrollTop];
    const inside = left > 120 && left < clientWidth - 120 && top > 60 && top < clientHeight - 60;
    if (!inside) this.show({ x, y }, true);
  }

  keep() {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.frame;
    const middle = [scrollLeft + clientWidth / 2, scrollTop + clientHeight / 2].map((far) => Math.round(far / this.scale));
    history.replaceState(history.state, "", `#at=${middle.join(",")},${this.scale.toFixed(2)}`);
  }

  /** @param {WheelEvent} event */
  onWheel(event) {
    if (!event.ctrlKey && !event.metaKey) return; // A wheel alone scrolls, as everywhere.
    event.preventDefault();
    this.zoom(this.scale * Math.exp(-event.deltaY / 300), event);
  }

  /** @param {PointerEvent} event */
  onDown(event) {
    this.dragged = false;
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    const from = { x: event.clientX, y: event.clientY, left: this.frame.scrollLeft, top: this.frame.scrollTop };
    /** @param {PointerEvent} now */
    const move = (now) => {
      if (!this.dragged && Math.hypot(now.clientX - from.x, now.clientY - from.y) < 5) return;
      this.dragged = true;
      this.frame.classList.add("dragging");
      this.frame.scrollTo({ left: from.left + from.x - now.clientX, top: from.top + from.y - now.clientY, behavior: "instant" });
    };
    const end = () => {
      window.removeEventListener("pointermove", move);
      this.frame.classList.remove("dragging");
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end, { once: true });
    window.addEventListener("pointercancel", end, { once: true });
  }

  /** A drag that ends on a station is no click on it. @param {MouseEvent} event */
  onClick(event) {
    if (!this.dragged) return;
    event.preventDefault();
    event.stopPropagation();
    this.dragged = false;
  }
}
