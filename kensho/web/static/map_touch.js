// Fingers on the map: one scrolls the page as everywhere, two move the map and change its size. Who
// tries to move it with one is told.

const TOLD_MS = 1600;
const TRIED = 24;

/** @param {HTMLElement} section @param {import("./map_view.js").View} view */
export function touches(section, view) {
  const { frame } = view;
  const fingers = /** @type {HTMLElement | null} */ (section.querySelector("[data-fingers]"));
  let apart = 0;
  /** @type {number[]} */
  let middle = [];
  /** @type {number[]} */
  let from = [];
  let timer = 0;

  frame.addEventListener("touchstart", (event) => {
    if (event.touches.length === 2) [apart, middle] = grip(event.touches);
    else from = [event.touches[0].clientX, event.touches[0].clientY];
  }, { passive: true });
  frame.addEventListener("touchmove", (event) => {
    if (event.touches.length === 1) {
      const aside = Math.abs(event.touches[0].clientX - from[0]);
      if (aside > TRIED && aside > 2 * Math.abs(event.touches[0].clientY - from[1])) tell();
      return;
    }
    if (event.touches.length !== 2) return;
    event.preventDefault();
    const [now, at] = grip(event.touches);
    frame.scrollLeft += middle[0] - at[0];
    frame.scrollTop += middle[1] - at[1];
    if (apart > 0 && Math.abs(now - apart) > 1) view.zoom(view.scale * (now / apart), { clientX: at[0], clientY: at[1] });
    [apart, middle] = [now, at];
  }, { passive: false });

  function tell() {
    if (fingers === null) return;
    fingers.hidden = false;
    clearTimeout(timer);
    timer = window.setTimeout(() => (fingers.hidden = true), TOLD_MS);
  }
}

/** How far apart two fingers are, and the place between them. @param {TouchList} touches @returns {[number, number[]]} */
function grip([one, other]) {
  return [
    Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
    [(one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2],
  ];
}
