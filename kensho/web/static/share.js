// The menu by which a franchise is shared: whole addresses, and buttons that copy them.

for (const field of document.querySelectorAll("[data-address]")) completeAddress(/** @type {HTMLInputElement} */ (field));
for (const area of document.querySelectorAll("[data-snippet]")) completeSnippet(/** @type {HTMLTextAreaElement} */ (area));
for (const button of document.querySelectorAll("[data-copy]")) offerCopy(/** @type {HTMLButtonElement} */ (button));
for (const menu of document.querySelectorAll("details.share")) closeElsewhere(/** @type {HTMLDetailsElement} */ (menu));

/** @param {HTMLInputElement} field */
function completeAddress(field) {
  field.value = new URL(field.value, location.origin).href;
  field.addEventListener("focus", () => field.select());
}

/** @param {HTMLTextAreaElement} area */
function completeSnippet(area) {
  area.value = area.value.replace(`src="${area.dataset.snippet}"`, `src="${location.origin}${area.dataset.snippet}"`);
  area.addEventListener("focus", () => area.select());
}

/** A browser lets pages copy only where they come over https or from the same machine. @param {HTMLButtonElement} button */
function offerCopy(button) {
  const field = /** @type {HTMLInputElement | null} */ (document.getElementById(button.dataset.copy ?? ""));
  const word = button.firstChild;
  if (field === null || word === null || navigator.clipboard === undefined) return;
  const before = word.textContent;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select();
      return;
    }
    word.textContent = button.dataset.copied ?? "";
    setTimeout(() => (word.textContent = before), 2000);
  });
}

/** @param {HTMLDetailsElement} menu */
function closeElsewhere(menu) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}
