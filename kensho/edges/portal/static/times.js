// Tells times in UTC in the reader's own zone too, and loads a page again when what it waits for begins.

const LONGEST_MS = 2_000_000_000; // timers hold no more than 24 days
const zone = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });

for (const one of document.querySelectorAll("time[data-local]")) {
  const at = new Date(one.dateTime);
  if (new Date().getTimezoneOffset() === 0 || Number.isNaN(at.getTime())) continue;
  const own = document.createElement("span");
  own.className = "small";
  own.textContent = ` (${zone.format(at)})`;
  one.after(own);
}

for (const one of document.querySelectorAll("[data-reload-at]")) {
  const left = Date.parse(one.dataset.reloadAt) - Date.now();
  if (left > 0 && left < LONGEST_MS) setTimeout(() => location.reload(), left + 500);
}
