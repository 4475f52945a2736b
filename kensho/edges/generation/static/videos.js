// Follows a job while it goes on, counts what is left to write, and copies links. All of it has a way without scripts.

const PERCENT = 100;

for (const field of document.querySelectorAll("[data-left]")) {
  const left = document.getElementById(field.dataset.left);
  const tell = () => { left.value = String(field.maxLength - [...field.value].length); };
  left.parentElement.hidden = false;
  field.addEventListener("input", tell);
  tell();
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue; // only where the connection is secure
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(new URL(button.dataset.copy, location.href).href);
    button.textContent = button.dataset.copied;
  });
}

const making = document.getElementById("video-making");
if (making) follow(making);

/** @param {HTMLElement} place */
function follow(place) {
  const bar = document.getElementById("video-progress");
  const percent = document.getElementById("video-percent");
  const phase = document.getElementById("video-phase");
  const time = document.getElementById("video-time");
  const words = new Map([...place.querySelectorAll("data")].map((one) => [one.value, one.textContent]));
  const began = Date.parse(time.dateTime);
  const clock = setInterval(() => {
    const seconds = Math.max(0, Math.round((Date.now() - began) / 1000));
    time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }, 1000);

  const events = new EventSource(place.dataset.stream);
  events.addEventListener("progress", (event) => {
    const told = JSON.parse(event.data);
    bar.value = Math.min(told.progress, PERCENT);
    percent.value = String(told.progress);
    const word = words.get(told.phase) ?? told.phase;
    if (phase.textContent !== word) phase.textContent = word;
  });
  const ended = () => {
    clearInterval(clock);
    events.close();
    location.reload();
  };
  events.addEventListener("complete", ended);
  events.addEventListener("error", (event) => {
    if (event.data) ended(); // how the job ended; else the connection is lost, and the browser asks again
    else if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
    else phase.textContent = place.dataset.lost;
  });
}
