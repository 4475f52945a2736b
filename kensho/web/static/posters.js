// A poster that fails gives way to the picture drawn below it; one that is late fades in.

/** @param {ParentNode} root */
export function posters(root) {
  for (const image of root.querySelectorAll(".poster img")) watch(/** @type {HTMLImageElement} */ (image));
}

/** @param {HTMLImageElement} image */
function watch(image) {
  const settled = () => image.classList.replace("waiting", image.naturalWidth > 0 ? "loaded" : "failed");
  image.classList.add("waiting");
  if (image.complete) {
    settled();
    return;
  }
  image.addEventListener("load", settled, { once: true });
  image.addEventListener("error", settled, { once: true });
}
