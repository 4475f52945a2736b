// The legend takes kinds of works off the map, and puts them back; the address keeps which: ?hide=.

/** @param {HTMLElement} section @param {import("./map_lines.js").Lines} lines */
export function filters(section, lines) {
  const boxes = /** @type {HTMLInputElement[]} */ ([...section.querySelectorAll("[data-filter]")]);
  const hidden = new Set((new URL(location.href).searchParams.get("hide") ?? "").split("."));
  for (const box of boxes) {
    box.checked = !hidden.has(box.value);
    box.addEventListener("change", () => {
      sift();
      keep();
    });
  }

  function sift() {
    /** @type {Record<string, Set<string>>} */
    const off = { type: new Set(), role: new Set(), method: new Set() };
    for (const box of boxes) {
      if (!box.checked) for (const value of box.value.split("-")) off[box.dataset.filter ?? ""]?.add(value);
    }
    for (const { element } of lines.stations.values()) {
      const { type = "", kind = "" } = element.dataset;
      element.classList.toggle("off", off.type.has(type) || off.role.has(kind));
    }
    for (const one of /** @type {NodeListOf<SVGElement>} */ (section.querySelectorAll(".metro [data-from], .metro [data-of]"))) {
      const ends = [one.dataset.from, one.dataset.to, one.dataset.of];
      const doubted = off.method.has(one.dataset.method ?? "");
      one.classList.toggle("off", doubted || ends.some((id) => lines.stations.get(id ?? "")?.element.classList.contains("off")));
    }
  }

  function keep() {
    const here = new URL(location.href);
    const off = boxes.filter((box) => !box.checked).map((box) => box.value);
    if (off.length > 0) here.searchParams.set("hide", off.join("."));
    else here.searchParams.delete("hide");
    history.replaceState(history.state, "", here);
  }

  sift();
  return sift;
}
