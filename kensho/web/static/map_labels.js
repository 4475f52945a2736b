// The names on a map that is seen from afar: as large as they are read, the best known works first,
// and as many as there is room for. Beyond, stations stand without names until they are focused.

const SIZE = 12;
const HIGH = 15;
const WIDEST = 150;
const PER_LETTER = 0.58;
const GAP = 4;

export class Labels {
  constructor() {
    /** @type {SVGGElement | undefined} */
    this.group = undefined;
  }

  /** Draws names that are readable at a scale. @param {SVGSVGElement} svg @param {number} scale */
  draw(svg, scale) {
    this.clear();
    const group = document.createElementNS(svg.namespaceURI, "g");
    group.setAttribute("class", "far-labels");
    group.setAttribute("aria-hidden", "true");
    /** @type {number[][]} Boxes in pixels of the screen. */
    const taken = [];
    const most = svg.viewBox.baseVal.width * scale - 2;
    for (const { element, name, x, y } of known(svg)) {
      const wide = Math.min(name.length * SIZE * PER_LETTER, WIDEST);
      for (const [anchor, left, side] of placesOf(x * scale, wide)) {
        const top = y * scale + (side > 0 ? GAP + 2 : -GAP - 2 - HIGH);
        const box = [left, top, left + wide, top + HIGH];
        if (left < 2 || left + wide > most || taken.some((other) => overlap(box, other))) continue;
        taken.push(box);
        const at = left + wide * (anchor === "middle" ? 0.5 : anchor === "end" ? 1 : 0);
        group.append(text(svg, name, anchor, [at / scale, (top + HIGH - 4) / scale], scale));
        element.classList.add("named");
        break;
      }
    }
    svg.append(group);
    this.group = group;
  }

  clear() {
    this.group?.remove();
    this.group = undefined;
  }
}

/** Stations with their names, the best known first. @param {SVGSVGElement} svg */
function known(svg) {
  const stations = /** @type {NodeListOf<SVGAElement>} */ (svg.querySelectorAll(".station"));
  return [...stations]
    .sort((one, other) => Number(one.dataset.rank) - Number(other.dataset.rank))
    .map((element) => ({ element, name: nameOf(element), x: Number(element.dataset.x), y: Number(element.dataset.y) }));
}

/** The words of a label on one line, cut between words. @param {Element} station */
function nameOf(station) {
  const rows = [...station.querySelectorAll(".label > tspan")].map((row) => rowOf(row)).filter((row) => row !== "");
  const words = rows.join(" ").split(" ");
  let name = words[0] ?? "";
  for (const word of words.slice(1)) {
    if ((name.length + word.length + 1) * SIZE * PER_LETTER > WIDEST) return name.endsWith("…") ? name : `${name}…`;
    name += ` ${word}`;
  }
  return name;
}

/** @param {Element} row */
function rowOf(row) {
  return [...row.childNodes].filter((part) => part.nodeType === Node.TEXT_NODE).map((part) => part.textContent ?? "").join("").trim();
}

/** Where a name may stand at a station: above and below it, centred, to the right, to the left.
 * @param {number} x @param {number} wide @returns {[string, number, number][]} */
function placesOf(x, wide) {
  return [
    ["middle", x - wide / 2, -1],
    ["middle", x - wide / 2, 1],
    ["start", x - GAP, -1],
    ["start", x - GAP, 1],
    ["end", x + GAP - wide, -1],
    ["end", x + GAP - wide, 1],
  ];
}

/** @param {SVGSVGElement} svg @param {string} name @param {string} anchor @param {number[]} at @param {number} scale */
function text(svg, name, anchor, [x, y], scale) {
  const made = document.createElementNS(svg.namespaceURI, "text");
  made.setAttribute("class", "far-label");
  made.setAttribute("text-anchor", anchor);
  made.setAttribute("x", x.toFixed(1));
  made.setAttribute("y", y.toFixed(1));
  made.style.fontSize = `${SIZE / scale}px`;
  made.style.strokeWidth = `${3 / scale}px`;
  made.textContent = name;
  return made;
}

/** @param {number[]} one @param {number[]} other */
function overlap(one, other) {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
}
