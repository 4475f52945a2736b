// Keys for the buttons and links of the queue: each names its key in data-key. In the list, j and k move.

const typing = (target) => target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

/** @param {number} step */
function move(step) {
  const links = [...document.querySelectorAll("[data-item]")];
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + step))];
  if (next instanceof HTMLElement) next.focus();
}

/** @param {HTMLElement} button */
function needed(button) {
  const field = button.dataset.needs && document.getElementById(button.dataset.needs);
  return field instanceof HTMLInputElement && field.value.trim() === "" ? field : null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1);
  const control = /^[a-z]$/.test(event.key) ? document.querySelector(`[data-key="${event.key}"]`) : null;
  if (!(control instanceof HTMLElement)) return;
  event.preventDefault();
  const field = needed(control);
  if (field === null) {
    control.click();
    return;
  }
  field.required = true;
  field.focus();
});

// Enter in the reason does what was asked for last: to deny, where the reason was needed for that.
document.querySelector("#reason")?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.required) return;
  event.preventDefault();
  document.querySelector("[data-needs=reason]")?.click();
});
