// Plays a film by tickets that are good for minutes: asks for the next one before the last is over.

import { asked, play, sent } from "./player.js";

const { stream: address, events } = document.getElementById("watch").dataset;
const viewerContext = Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");
const VIEWING_ENDED = 404;

const streamOf = (found) => ({
  url: new URL(found.signedUrl, location.href).href,
  validMs: found.refreshAfter * 1_000,
  captions: found.captions.map((one) => ({ language: one.languageCode, url: one.url, isDefault: one.isDefault })),
  session: found.sessionId,
});

const begin = async () => streamOf(await asked(address, sent({ viewerContext })));

async function renew(stream) {
  try {
    return streamOf(await asked(`${address}/refresh`, sent({ sessionId: stream.session })));
  } catch (error) {
    if (error.status === VIEWING_ENDED) return begin();
    throw error;
  }
}

// Figures of playing; what keeps them from being taken keeps nobody from playing.
const tell = (stream, kind, facts) => asked(events, { ...sent({ sessionId: stream.session, kind, ...facts }), keepalive: true }).catch(() => {});

play({
  place: address,
  begin,
  renew,
  tell,
  isFinal: (problem) => [403, 404, 409].includes(problem.status),
  renewsWhenAsked: true,
});
