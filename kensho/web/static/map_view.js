// Where the viewer is on a map: how close and at which place. The frame scrolls by itself, so that
// wheels, fingers, scroll bars and keys do what they always do; zooming changes the drawing's size.
// The fragment of the address keeps the place: #at=x,y,scale.

const LEAST = 0.12;
const MOST = 3;
const STEP = 1.3;
const FAR = 0.55;
const KEPT_AFTER_MS = 250;
const MAIN_LINE_AT = 0.4; // Share of the frame above the main line: most lanes are below it.

export class View {
  /** @param {HTMLElement} section */
  constructor(section) {
    this.section = section;
    this.frame = /** @type {HTMLElement} */ (section.querySelector("[data-frame]"));
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
    this.pinching();
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
    this.frame.style.setProperty("--map-high", `${this.box.height + 24}px`);
    this.lift();
    const kept = /^#at=([\d.-]+),([\d.-]+),([\d.]+)$/.exec(location.hash);
    if (kept !== null) {
      this.zoom(Number(kept[3]));
      this.show({ x: Number(kept[1]), y: Number(kept[2]) });
      return;
    }
    const fits = this.fitting();
    if (this.box.width * 0.8 <= this.frame.clientWidth) this.zoom(Math.min(1, fits));
    if (chosen !== undefined) this.show(chosen);
    else this.frame.scrollTop = this.mainLine() * this.scale - this.frame.clientHeight * MAIN_LINE_AT;
  }

  /** How far down the main line runs; a map without one is seen from its middle. */
  mainLine() {
    const mark = this.svg.querySelector(".headings [data-line=main] .swatch");
    return mark === null ? this.box.height / 2 : Number(mark.getAttribute("y1"));
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
    this.svg.append(...(headings === null ? [] : [headings]), band, ...this.svg.querySelectorAll(".years .tick"));
  }

  redrawn() {
    this.svg = this.drawing();
    this.lift();
    this.zoom(this.scale);
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

  pinching() {
    let apart = 0;
    /** @param {TouchEvent} event */
    const far = ({ touches: [one, other] }) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    this.frame.addEventListener("touchstart", (event) => {
      if (event.touches.length === 2) apart = far(event);
    }, { passive: true });
    this.frame.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2) return;
      event.preventDefault();
      const now = far(event);
      const [one, other] = event.touches;
      const middle = { clientX: (one.clientX + other.clientX) / 2, clientY: (one.clientY + other.clientY) / 2 };
      this.zoom(this.scale * (now / apart), middle);
      apart = now;
    }, { passive: false });
  }
}
