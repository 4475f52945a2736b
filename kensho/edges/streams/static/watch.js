// Plays an episode: asks for its stream, keeps it fresh, and tells how far it is.
//
// What may fail is told in words, and a retry goes on from the same place. A newer address of the
// same stream only takes the place of the older one in what is loaded next: nothing is loaded twice.

const Hls = globalThis.Hls;
const root = document.getElementById("watch");
const video = document.getElementById("watch-video");
const words = JSON.parse(document.getElementById("watch-words").textContent);
const part = (name) => document.getElementById(`watch-${name}`);
const place = `watch:${root.dataset.stream}`;
const TELL_MS = 10_000;
const RENEW_AGAIN_MS = 10_000;
const SEEK_S = 10;
const AHEAD_S = 30; // of the picture is loaded: viewers often leave, and providers pay by the byte

let hls = null;
let stream = null;
let base = null; // { from, to }: where the first playlist was, and where it is now
let renewal = 0;
let lastRenewed = -Infinity;
let received = 0; // bytes since they were last told
let toldAt = 0;
let audio = null;
let recovered = false;
let seeking = false;
let here = 0; // seconds: where the viewer is
let isStarting = true;

const remember = (name, value) => {
  try { localStorage.setItem(`watch-${name}`, value); } catch { /* it is not kept, then */ }
};
const remembered = (name) => {
  try { return localStorage.getItem(`watch-${name}`); } catch { return null; }
};
const keepPlace = () => {
  try { sessionStorage.setItem(place, String(video.ended ? 0 : here)); } catch { /* the server may know */ }
};
// The video itself is at 0 once it has lost its stream, and until it has reached where it goes on.
const notePlace = () => {
  if (!isStarting && Number.isFinite(video.duration) && video.duration > 0) here = video.currentTime;
};
const keptPlace = () => {
  try { return Number(sessionStorage.getItem(place)) || 0; } catch { return 0; }
};
const say = (text) => { if (part("status").textContent !== text) part("status").textContent = text; };

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function showProblem(text, { signIn = false } = {}) {
  keepPlace();
  say("");
  part("problem-text").textContent = text;
  part("sign-in").hidden = !signIn;
  part("retry").hidden = signIn;
  part("problem").hidden = false;
  video.pause();
}

const hideProblem = () => { part("problem").hidden = true; };

class StreamProblem extends Error {
  constructor(kind) { super(kind); this.kind = kind; }
}

async function ask() {
  const address = audio ? `${root.dataset.stream}?audio=${encodeURIComponent(audio)}` : root.dataset.stream;
  let answer;
  try {
    answer = await fetch(address, { headers: { accept: "application/json" }, cache: "no-store" });
  } catch {
    throw new StreamProblem("lost");
  }
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new StreamProblem(problem.error ?? "other");
}

function tellProblem(error) {
  const kind = error instanceof StreamProblem ? error.kind : "other";
  if (kind === "lost") return showProblem(words.lost);
  return showProblem(words.problem[kind] ?? words.problem.other, { signIn: kind === "unauthorized" });
}

const folder = (url) => url.slice(0, url.split("?")[0].lastIndexOf("/") + 1);

// Take a stream's address for the one that plays already.
function adopt(next) {
  stream = next;
  if (base) base.to = folder(next.stream_url);
  const left = Date.parse(next.expires_at) - Date.now();
  clearTimeout(renewal);
  renewal = setTimeout(renew, Math.max(1_000, left));
  say(next.stale ? words.stale : "");
}

async function renew() {
  lastRenewed = performance.now();
  try {
    adopt(await ask());
    return true;
  } catch (error) {
    if (error.kind === "unauthorized" || video.paused || video.readyState < 3) tellProblem(error);
    else renewal = setTimeout(renew, RENEW_AGAIN_MS); // what is loaded plays on
    return false;
  }
}

async function start(at) {
  hideProblem();
  say(words.loading);
  try {
    const next = await ask();
    base = null;
    adopt(next);
    base = { from: folder(next.stream_url), to: folder(next.stream_url) };
    fillChoices(next);
    attach(next, at);
  } catch (error) {
    tellProblem(error);
  }
}

function attach(next, at) {
  here = at;
  isStarting = true;
  hls?.destroy();
  hls = null;
  recovered = false;
  video.replaceChildren(...next.subtitles.filter((one) => one.format === "vtt").map(track));
  if (Hls?.isSupported()) {
    const loading = { maxTimeToFirstByteMs: 8_000, maxLoadTimeMs: 20_000, timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 }, errorRetry: { maxNumRetry: 2, retryDelayMs: 500, maxRetryDelayMs: 2_000 } };
    hls = new Hls({
      startPosition: at > 0 ? at : -1,
      maxMaxBufferLength: AHEAD_S,
      xhrSetup: (request, url) => {
        const moved = base && base.from !== base.to && url.startsWith(base.from);
        request.open("GET", moved ? base.to + url.slice(base.from.length) : url, true);
      },
      fragLoadPolicy: { default: loading },
      playlistLoadPolicy: { default: loading },
      manifestLoadPolicy: { default: loading },
    });
    hls.on(Hls.Events.MANIFEST_PARSED, () => { fillQualities(); play(); }); // sooner, loading would pause it again
    hls.on(Hls.Events.FRAG_LOADED, (_, { frag }) => { received += frag.stats.total; });
    hls.on(Hls.Events.ERROR, (_, problem) => { if (problem.fatal) failed(problem); });
    hls.loadSource(next.stream_url);
    hls.attachMedia(video);
  } else if (video.canPlayType("application/vnd.apple.mpegurl")) {
    video.src = next.stream_url;
    video.addEventListener("loadedmetadata", () => { video.currentTime = at; play(); }, { once: true });
  } else {
    showProblem(words.unsupported);
    return;
  }
  showCaptions();
}

const play = () => video.play().catch(() => say("")); // the browser waits for a click

async function failed(problem) {
  if (problem.type === Hls.ErrorTypes.MEDIA_ERROR && !recovered) {
    recovered = true;
    hls.recoverMediaError();
    return;
  }
  tell("error");
  if (performance.now() - lastRenewed > RENEW_AGAIN_MS) {
    if (await renew()) attach(stream, here); // the address may have expired
    return;
  }
  hls?.destroy();
  hls = null;
  showProblem(words.lost);
}

function track(one) {
  const element = document.createElement("track");
  element.kind = "captions";
  element.src = one.url;
  element.srclang = one.language;
  element.label = languageName(one.language);
  return element;
}

function languageName(code) {
  try { return new Intl.DisplayNames([document.documentElement.lang], { type: "language" }).of(code); } catch { return code; }
}

function option(value, text) {
  const element = document.createElement("option");
  element.value = value;
  element.textContent = text;
  return element;
}

function fillChoices(next) {
  const captions = part("captions");
  const texts = next.subtitles.filter((one) => one.format === "vtt");
  captions.replaceChildren(captions.options[0], ...texts.map((one) => option(one.language, languageName(one.language))));
  const wanted = remembered("captions");
  captions.value = texts.some((one) => one.language === wanted) ? wanted : "";
  captions.disabled = texts.length === 0;
  const sounds = part("audio");
  sounds.replaceChildren(...next.audio_tracks.map((one) => option(one.language, one.label)));
  sounds.value = next.audio;
  sounds.disabled = next.audio_tracks.length < 2;
}

function fillQualities() {
  const choice = part("quality");
  const levels = hls.levels.map((level, index) => ({ index, height: level.height })).sort((a, b) => b.height - a.height);
  choice.replaceChildren(choice.options[0], ...levels.map((one) => option(String(one.index), `${one.height}p`)));
  const height = Number(remembered("quality"));
  const chosen = levels.find((one) => height && one.height <= height);
  choice.value = chosen ? String(chosen.index) : "-1";
  if (chosen) hls.currentLevel = chosen.index;
  choice.disabled = levels.length < 2;
}

function showCaptions() {
  const wanted = part("captions").value;
  for (const one of video.textTracks) one.mode = one.language === wanted ? "showing" : "disabled";
}

async function tell(kind) {
  if (!stream) return;
  const body = { sessionId: stream.session_id, kind, bytes: received, bitrate: Math.round(hls?.bandwidthEstimate || 0), position: here };
  if (Number.isFinite(video.duration) && video.duration > 0) body.duration = video.duration;
  received = 0;
  toldAt = performance.now();
  try {
    const answer = await fetch(root.dataset.events, { method: "POST", keepalive: true, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    if (answer.status === 401) showProblem(words.problem.unauthorized, { signIn: true });
    if (answer.status === 404 && performance.now() - lastRenewed > RENEW_AGAIN_MS) renew();
  } catch { /* it is told again with the next */ }
}

function showTime() {
  const whole = Number.isFinite(video.duration) ? video.duration : 0;
  const text = words.time.replace("{at}", clock(video.currentTime)).replace("{whole}", clock(whole));
  part("time").textContent = text;
  const seek = part("seek");
  seek.max = String(Math.floor(whole));
  if (!seeking) seek.value = String(Math.floor(video.currentTime));
  seek.setAttribute("aria-valuetext", text);
}

const toggle = (button, on) => { button.textContent = on ? button.dataset.on : button.dataset.off; };
const playOrPause = () => { if (video.paused) video.play().catch(() => {}); else video.pause(); };
const seekBy = (seconds) => { video.currentTime = Math.min(Math.max(0, video.currentTime + seconds), video.duration || 0); };
const setVolume = (share) => { video.volume = Math.min(1, Math.max(0, share)); };
const fullScreen = () => { if (document.fullscreenElement) document.exitFullscreen(); else root.requestFullscreen?.(); };

function switchCaptions() {
  const choice = part("captions");
  if (choice.value) { choice.value = ""; } else { choice.value = remembered("captions") || choice.options[1]?.value || ""; }
  if (choice.selectedIndex < 0) choice.selectedIndex = Math.min(1, choice.options.length - 1);
  showCaptions();
}

const KEYS = {
  " ": playOrPause, k: playOrPause,
  arrowleft: () => seekBy(-SEEK_S), arrowright: () => seekBy(SEEK_S), j: () => seekBy(-SEEK_S), l: () => seekBy(SEEK_S),
  arrowup: () => setVolume(video.volume + 0.1), arrowdown: () => setVolume(video.volume - 0.1),
  m: () => { video.muted = !video.muted; }, c: switchCaptions, f: fullScreen,
  n: () => { if (root.dataset.next) location.assign(root.dataset.next); },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const target = event.target;
  if (target.closest("input:not([type=range]), textarea, select, [contenteditable]")) return;
  const act = KEYS[event.key.toLowerCase()];
  if (!act) return;
  if (target.closest("button, a, summary") && event.key === " ") return; // it presses what has the focus
  if (target.closest("input[type=range]") && event.key.startsWith("Arrow")) return;
  if (event.key.startsWith("Arrow") && target !== document.body && !root.contains(target)) return;
  event.preventDefault();
  act();
});

part("play").addEventListener("click", playOrPause);
video.addEventListener("click", playOrPause);
part("mute").addEventListener("click", () => { video.muted = !video.muted; });
part("volume").addEventListener("input", (event) => { video.muted = false; setVolume(event.target.value / 100); });
part("seek").addEventListener("input", () => { seeking = true; });
part("seek").addEventListener("change", (event) => { seeking = false; video.currentTime = Number(event.target.value); });
part("captions").addEventListener("change", (event) => { if (event.target.value) remember("captions", event.target.value); showCaptions(); });
part("quality").addEventListener("change", (event) => {
  const index = Number(event.target.value);
  remember("quality", index < 0 ? "" : String(hls.levels[index].height));
  hls.currentLevel = index;
});
part("audio").addEventListener("change", async (event) => {
  audio = event.target.value;
  await fetch(root.dataset.stream, { method: "DELETE" }).catch(() => {}); // so that one stream is held
  await start(here);
});
part("full").addEventListener("click", fullScreen);
document.addEventListener("fullscreenchange", () => toggle(part("full"), Boolean(document.fullscreenElement)));
part("retry").addEventListener("click", () => start(here || keptPlace()));

video.addEventListener("play", () => toggle(part("play"), true));
video.addEventListener("pause", () => { toggle(part("play"), false); keepPlace(); });
video.addEventListener("seeking", notePlace);
video.addEventListener("timeupdate", () => {
  notePlace();
  showTime();
  if (!video.paused && performance.now() - toldAt > TELL_MS) { keepPlace(); tell("progress"); }
});
video.addEventListener("durationchange", showTime);
video.addEventListener("seeked", showTime);
video.addEventListener("loadeddata", () => { isStarting = false; notePlace(); });
video.addEventListener("loadeddata", () => { part("play").disabled = part("seek").disabled = false; say(stream?.stale ? words.stale : ""); tell("start"); }, { once: true });
video.addEventListener("waiting", () => say(words.buffering));
video.addEventListener("playing", () => { isStarting = false; notePlace(); say(stream?.stale ? words.stale : ""); root.dataset.state = "playing"; });
video.addEventListener("stalled", () => { if (video.readyState < 3 && !video.paused) tell("stall"); });
video.addEventListener("ended", () => { say(words.ended); keepPlace(); tell("end"); part("next")?.focus(); });
video.addEventListener("volumechange", () => {
  part("volume").value = String(Math.round(video.volume * 100));
  part("mute").setAttribute("aria-pressed", String(video.muted));
});
addEventListener("pagehide", () => {
  keepPlace();
  if (stream) tell("leave"); // which notes the place and gives the stream back, in one request
});

start(keptPlace() || Number(root.dataset.resume) || 0);
