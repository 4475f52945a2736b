// Plays an episode: asks for its stream, which holds one of those that a subscription may play at once.

import { asked, play, sent } from "./player.js";

const { stream: address, events, resume } = document.getElementById("watch").dataset;
const words = JSON.parse(document.getElementById("watch-words").textContent);

async function resolved(sound) {
  const found = await asked(sound ? `${address}?audio=${encodeURIComponent(sound)}` : address);
  return {
    url: found.stream_url,
    validMs: Date.parse(found.expires_at) - Date.now(),
    captions: found.subtitles.filter((one) => one.format === "vtt"),
    sounds: found.audio_tracks,
    sound: found.audio,
    note: found.stale ? words.stale : "",
    session: found.session_id,
  };
}

const tell = (stream, kind, facts) => asked(events, { ...sent({ sessionId: stream.session, kind, ...facts }), keepalive: true });

play({
  place: address,
  begin: resolved,
  renew: (_, sound) => resolved(sound),
  tell,
  release: () => fetch(address, { method: "DELETE", keepalive: true }).catch(() => {}),
  isFinal: (problem) => problem.kind === "unauthorized",
}, Number(resume) || 0);
