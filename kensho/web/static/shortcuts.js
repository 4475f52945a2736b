// "/" puts the cursor into the search box from anywhere but another field.

/** @param {Document} page */
export function shortcuts(page) {
  page.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const input = /** @type {HTMLInputElement | null} */ (page.querySelector("form[role=search] input[name=q]"));
    if (input === null) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
