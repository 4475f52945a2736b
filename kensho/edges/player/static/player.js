// Plays a stream: controls, captions, qualities and keys, and what went wrong in words.
//
//   play({ place, begin, renew, tell, release, ... })
//
// What a page brings, of which only `begin` and `place` must be there:
//   place             by what name the place in it is kept in this tab
//   begin(sound)      asks for the stream: { url, validMs, captions: [{ language, url, isDefault }], sounds: [{ language, label }],
//                     sound, note }; `sound` is the language that was chosen, `note` is said while it plays
//   renew(stream, sound)  asks for the next address of the same stream, before this one is over
//   tell(stream, kind, facts)  tells of playing; a problem that it throws is shown
//   release(stream)   gives the stream back
//   isFinal(problem)  whether what is loaded must not play on after it
//   renewsWhenAsked   whether an address is renewed only when something is to be loaded while it is paused
//
// What may fail is told in words, and a retry goes on from the same place. A newer address of the
// same stream only takes the place of the older one in what is loaded next: nothing is loaded twice.

const Hls = globalThis.Hls;
const root = document.getElementById("watch");
const video = document.getElementById("watch-video");
const words = JSON.parse(document.getElementById("watch-words").textContent);
const part = (name) => document.getElementById(`watch-${name}`);
const TELL_MS = 10_000;
const MOST_MS = 600_000; // that is told of at once
const RENEW_AGAIN_MS = 10_000;
const SEEK_S = 10;
const AHEAD_S = 30; // of the picture is loaded: viewers often leave, and providers pay by the byte

let source = null;
let hls = null;
let stream = null;
let base = null; // { former, to }: the folders where the stream has been, and where it is now
let renewal = 0;
let renewing = null; // the request for the next address, while it runs
let renewAt = Infinity; // when the address is to be renewed, by this machine's clock, from when it came
let lastRenewed = -Infinity;
let received = 0; // bytes since they were last told
let toldAt = 0;
let begunAt = 0;
let phase = "idle"; // or `played` or `stalled`: what the time is counted as
let phaseAt = 0;
let spent = { played: 0, stalled: 0 }; // milliseconds since they were last told
let sound = null;
let recovered = false;
let seeking = false;
let here = 0; // seconds: where the viewer is
let isStarting = true;
let isWanted = true; // that it plays, as far as the viewer has said
let waitsForPress = false; // because the browser lets nothing play before

// What keeps a stream from playing: an answer's status, its word and its code; `lost` where none came.
export class StreamProblem extends Error {
  constructor(kind, { status = 0, code = "", waitS = 0 } = {}) { super(kind); Object.assign(this, { kind, status, code, waitS }); }
}

// Return what an address answers; throw what it refuses.
export async function asked(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { cache: "no-store", ...options, headers: { accept: "application/json", ...options.headers } });
  } catch {
    throw new StreamProblem("lost");
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const { error = "other", code = "" } = await answer.json().catch(() => ({}));
  throw new StreamProblem(error, { status: answer.status, code, waitS: Number(answer.headers.get("retry-after")) || 0 });
}

export const sent = (body) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

const remember = (name, value) => {
  try { localStorage.setItem(`watch-${name}`, value); } catch { /* it is not kept, then */ }
};
const remembered = (name) => {
  try { return localStorage.getItem(`watch-${name}`); } catch { return null; }
};
const keepPlace = () => {
  try { sessionStorage.setItem(`watch:${source.place}`, String(video.ended ? 0 : here)); } catch { /* the server may know */ }
};
// The video itself is at 0 once it has lost its stream, and until it has reached where it goes on.
const notePlace = () => {
  if (!isStarting && Number.isFinite(video.duration) && video.duration > 0) here = video.currentTime;
};
const keptPlace = () => {
  try { return Number(sessionStorage.getItem(`watch:${source.place}`)) || 0; } catch { return 0; }
};
const say = (text) => { if (part("status").textContent !== text) part("status").textContent = text; };

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function showProblem(text, { signIn = false } = {}) {
  const offersSignIn = signIn && part("sign-in") !== null;
  keepPlace();
  say("");
  part("problem-text").textContent = text;
  if (part("sign-in")) part("sign-in").hidden = !offersSignIn;
  part("retry").hidden = offersSignIn;
  part("problem").hidden = false;
  isWanted = false;
  video.pause();
}

const hideProblem = () => { part("problem").hidden = true; };

function tellProblem(error) {
  const kind = error instanceof StreamProblem ? error.kind : "other";
  if (kind === "lost") return showProblem(words.lost);
  const text = words.problem[error.code] ?? words.problem[kind] ?? words.problem.other;
  return showProblem(text.replace("{wait}", String(Math.max(1, error.waitS || 0))), { signIn: kind === "unauthorized" });
}

const folder = (url) => url.slice(0, url.split("?")[0].lastIndexOf("/") + 1);
const note = () => say(waitsForPress ? words.press_play : stream?.note ?? "");

// What a playlist names was found in the folder where that was read: any of those that there were.
function moveTo(now) {
  if (!base.former.includes(now)) base.former.push(now);
  base.to = now;
}

// Take a stream's address for the one that plays already.
function adopt(next) {
  stream = next;
  if (base) moveTo(folder(next.url));
  renewAt = Date.now() + next.validMs;
  clearTimeout(renewal);
  renewal = setTimeout(renewInTime, Math.max(1_000, next.validMs));
  note();
}

function renewInTime() {
  if (source.renewsWhenAsked && video.paused) return; // `current` does it before the next request
  renew();
}

// Return whether there is a newer address; whoever asks meanwhile waits for the same one.
function renew() {
  renewing ??= renewed().finally(() => { renewing = null; });
  return renewing;
}

async function renewed() {
  lastRenewed = performance.now();
  try {
    adopt(await source.renew(stream, sound)); // of the sound that was chosen last, or two would be held
    return true;
  } catch (error) {
    if (source.isFinal?.(error) || video.paused || video.readyState < 3) {
      hls?.stopLoad();
      tellProblem(error);
    } else {
      clearTimeout(renewal);
      renewal = setTimeout(renew, Math.max(RENEW_AGAIN_MS, (error.waitS || 0) * 1_000)); // what is loaded plays on
    }
    return false;
  }
}

// Return the address of a file as it is now: the stream may have been paused for longer than its address is good.
async function current(url) {
  if (source.renewsWhenAsked && stream && Date.now() >= renewAt && performance.now() - lastRenewed > 1_000) await renew();
  const from = base?.former.find((one) => url.startsWith(one));
  return from ? base.to + url.slice(from.length) : url;
}

async function start(at) {
  hideProblem();
  say(words.loading);
  isWanted = true;
  begunAt = performance.now();
  try {
    const next = await source.begin(sound);
    base = null;
    adopt(next);
    base = { former: [folder(next.url)], to: folder(next.url) };
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
  if (base) base = { former: [folder(next.url)], to: folder(next.url) };
  video.replaceChildren(...next.captions.map(track));
  if (Hls?.isSupported()) {
    const loading = { maxTimeToFirstByteMs: 8_000, maxLoadTimeMs: 20_000, timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 }, errorRetry: { maxNumRetry: 2, retryDelayMs: 500, maxRetryDelayMs: 2_000 } };
    hls = new Hls({
      startPosition: at > 0 ? at : -1,
      maxMaxBufferLength: AHEAD_S,
      xhrSetup: async (request, url) => { request.open("GET", await current(url), true); },
      fragLoadPolicy: { default: loading },
      playlistLoadPolicy: { default: loading },
      manifestLoadPolicy: { default: loading },
    });
    hls.on(Hls.Events.MANIFEST_PARSED, () => { fillQualities(); if (isWanted) begin(); }); // sooner, loading would pause it again
    hls.on(Hls.Events.FRAG_LOADED, (_, { frag }) => { received += frag.stats.total; });
    hls.on(Hls.Events.ERROR, (_, problem) => { if (problem.fatal) failed(problem); });
    hls.loadSource(next.url);
    hls.attachMedia(video);
  } else if (video.canPlayType("application/vnd.apple.mpegurl")) {
    video.src = next.url;
    video.addEventListener("loadedmetadata", () => { video.currentTime = at; begin(); }, { once: true });
  } else {
    showProblem(words.unsupported);
    return;
  }
  showCaptions();
}

// A browser that lets nothing play by itself waits for a click, which is told; what only interrupted it is tried again.
const begin = () => video.play().catch((error) => {
  root.dataset.waits = error.name;
  waitsForPress = error.name === "NotAllowedError";
  if (waitsForPress || !isWanted) note();
  else video.addEventListener("canplay", () => { if (isWanted && video.paused) begin(); }, { once: true });
});

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
  if (!part("problem").hidden) return; // it was told already why
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
  captions.replaceChildren(captions.options[0], ...next.captions.map((one) => option(one.language, languageName(one.language))));
  captions.value = chosenCaptions(next.captions);
  captions.disabled = next.captions.length === 0;
  const sounds = part("audio");
  if (!sounds) return;
  sounds.replaceChildren(...next.sounds.map((one) => option(one.language, one.label)));
  sounds.value = next.sound;
  sounds.disabled = next.sounds.length < 2;
}

// Captions that were chosen before, in this language or none; else those of the stream that are on by default.
function chosenCaptions(tracks) {
  if (remembered("captions-off")) return "";
  const wanted = remembered("captions");
  const found = tracks.find((one) => one.language === wanted) ?? tracks.find((one) => one.isDefault);
  return found?.language ?? "";
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

// Count the time until now as what it was, and what follows as `next`.
function enter(next) {
  const now = performance.now();
  if (phase !== "idle") spent[phase] = Math.min(spent[phase] + now - phaseAt, MOST_MS);
  phase = next;
  phaseAt = now;
}

async function tell(kind) {
  if (!stream || !source.tell) return;
  enter(phase);
  const facts = { bytes: received, bitrate: Math.round(hls?.bandwidthEstimate || 0), position: here, playedMs: Math.round(spent.played), stalledMs: Math.round(spent.stalled) };
  spent = { played: 0, stalled: 0 };
  if (Number.isFinite(video.duration) && video.duration > 0) facts.duration = video.duration;
  if (kind === "start") facts.startupMs = Math.min(MOST_MS, Math.round(performance.now() - begunAt));
  received = 0;
  toldAt = performance.now();
  try {
    await source.tell(stream, kind, facts);
  } catch (error) {
    if (error.kind === "unauthorized") tellProblem(error);
    if (error.status === 404 && performance.now() - lastRenewed > RENEW_AGAIN_MS) renew();
  } // all else is told again with the next
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
const playOrPause = () => { isWanted = video.paused; if (isWanted) video.play().catch(() => {}); else video.pause(); };
const seekBy = (seconds) => { video.currentTime = Math.min(Math.max(0, video.currentTime + seconds), video.duration || 0); };
const setVolume = (share) => { video.volume = Math.min(1, Math.max(0, share)); };
const fullScreen = () => { if (document.fullscreenElement) document.exitFullscreen(); else root.requestFullscreen?.(); };

function switchCaptions() {
  const choice = part("captions");
  if (choice.value) { choice.value = ""; } else { choice.value = remembered("captions") || choice.options[1]?.value || ""; }
  if (choice.selectedIndex < 0) choice.selectedIndex = Math.min(1, choice.options.length - 1);
  chooseCaptions();
}

function chooseCaptions() {
  const wanted = part("captions").value;
  remember("captions-off", wanted ? "" : "yes");
  if (wanted) remember("captions", wanted);
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
part("captions").addEventListener("change", chooseCaptions);
part("quality").addEventListener("change", (event) => {
  const index = Number(event.target.value);
  remember("quality", index < 0 ? "" : String(hls.levels[index].height));
  hls.currentLevel = index;
});
part("audio")?.addEventListener("change", async (event) => {
  sound = event.target.value;
  await source.release?.(stream); // so that one stream is held
  await start(here);
});
part("full").addEventListener("click", fullScreen);
document.addEventListener("fullscreenchange", () => toggle(part("full"), Boolean(document.fullscreenElement)));
part("retry").addEventListener("click", () => start(here || keptPlace()));

video.addEventListener("play", () => {
  if (waitsForPress) { waitsForPress = false; note(); }
  toggle(part("play"), true);
});
video.addEventListener("pause", () => { enter("idle"); toggle(part("play"), false); keepPlace(); });
video.addEventListener("seeking", notePlace);
video.addEventListener("timeupdate", () => {
  notePlace();
  showTime();
  if (!video.paused && performance.now() - toldAt > TELL_MS) { keepPlace(); tell("progress"); }
});
for (const moment of ["loadedmetadata", "loadeddata", "playing"]) video.addEventListener(moment, showCaptions); // browsers choose tracks too
video.addEventListener("durationchange", showTime);
video.addEventListener("seeked", showTime);
video.addEventListener("loadeddata", () => { isStarting = false; notePlace(); });
video.addEventListener("loadeddata", () => { part("play").disabled = part("seek").disabled = false; note(); tell("start"); }, { once: true });
video.addEventListener("waiting", () => { enter(isStarting || video.seeking ? "idle" : "stalled"); say(words.buffering); });
video.addEventListener("error", async () => { // without hls.js: the browser asks for the files itself
  if (hls || !stream) return;
  if (performance.now() - lastRenewed > RENEW_AGAIN_MS && await renew()) attach(stream, here); else showProblem(words.lost);
});
video.addEventListener("playing", () => { enter("played"); isStarting = false; notePlace(); note(); root.dataset.state = "playing"; });
video.addEventListener("stalled", () => { if (video.readyState < 3 && !video.paused) tell("stall"); });
video.addEventListener("ended", () => { enter("idle"); say(words.ended); keepPlace(); tell("end"); part("next")?.focus(); });
video.addEventListener("volumechange", () => {
  part("volume").value = String(Math.round(video.volume * 100));
  part("mute").setAttribute("aria-pressed", String(video.muted));
});
addEventListener("pagehide", () => {
  if (!source) return;
  keepPlace();
  if (stream) tell("leave"); // which notes the place and gives the stream back, in one request
});

// Play what a page brings, from the place where it was left in this tab, else from `at` seconds.
export function play(brought, at = 0) {
  source = brought;
  start(keptPlace() || at);
}
