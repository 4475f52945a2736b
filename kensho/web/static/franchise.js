// The pages of a franchise: optional steps are hidden and shown at once.

for (const link of document.querySelectorAll("a[data-optional]")) toggleOptionalSteps(/** @type {HTMLAnchorElement} */ (link));

/** The page shows all steps or only some; only where all are there can a script hide them. @param {HTMLAnchorElement} link */
function toggleOptionalSteps(link) {
  const steps = document.querySelector("[data-steps]");
  if (steps === null || link.dataset.optional === "hidden") return;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const hides = link.dataset.optional === "shown";
    steps.classList.toggle("steps-essential", hides);
    link.dataset.optional = hides ? "hidden" : "shown";
    link.textContent = (hides ? link.dataset.show : link.dataset.hide) ?? "";
    history.replaceState(null, "", hides ? link.dataset.hrefHide : link.dataset.hrefShow);
    link.href = (hides ? link.dataset.hrefShow : link.dataset.hrefHide) ?? "";
    for (const other of document.querySelectorAll(".switch a")) keepChoice(/** @type {HTMLAnchorElement} */ (other), hides);
  });
}

/** @param {HTMLAnchorElement} link @param {boolean} hides */
function keepChoice(link, hides) {
  const place = new URL(link.href);
  if (hides) place.searchParams.set("optional", "0");
  else place.searchParams.delete("optional");
  link.href = place.href;
}
