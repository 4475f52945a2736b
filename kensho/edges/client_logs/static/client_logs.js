// Tells the server that a page came from which errors no script caught, and how fast the page was.
// Nothing of what is typed or looked for is sent: paths go without their queries.

const MOST_ERRORS = 5;
let errors = 0;

/** @param {string} kind @param {object} report */
function send(kind, report) {
  fetch(`/api/logs/${kind}`, {
    method: "POST",
    keepalive: true,
    credentials: "omit",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ page: location.pathname.slice(0, 1000), ...report }),
  }).catch(() => {});
}

/** @param {unknown} error @param {string} [message] @param {ErrorEvent} [event] */
function sendError(error, message, event) {
  if (errors >= MOST_ERRORS) return;
  errors += 1;
  const known = error instanceof Error ? error : null;
  send("error", {
    message: String(message ?? known?.message ?? error).slice(0, 1000),
    source: (event?.filename ?? "").split(/[?#]/)[0].slice(0, 1000),
    line: event?.lineno ?? 0,
    column: event?.colno ?? 0,
    stack: (known?.stack ?? "").slice(0, 4000),
  });
}

addEventListener("error", (event) => sendError(event.error, event.message, event));
addEventListener("unhandledrejection", (event) => sendError(event.reason));

/** @type {Record<string, number>} */
const vitals = {};
/** @param {string} type @param {(entry: any) => void} take */
function observe(type, take) {
  if (!globalThis.PerformanceObserver?.supportedEntryTypes?.includes(type)) return;
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
}
observe("navigation", (entry) => { vitals.ttfb = entry.responseStart; });
observe("paint", (entry) => { if (entry.name === "first-contentful-paint") vitals.fcp = entry.startTime; });
observe("largest-contentful-paint", (entry) => { vitals.lcp = entry.startTime; });
observe("layout-shift", (entry) => { if (!entry.hadRecentInput) vitals.cls = (vitals.cls ?? 0) + entry.value; });
observe("event", (entry) => {
  if (entry.interactionId) vitals.inp = Math.max(vitals.inp ?? 0, entry.duration);
});

let isSent = false;
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "hidden" || isSent || Object.keys(vitals).length === 0) return;
  isSent = true;
  send("performance", vitals);
});
