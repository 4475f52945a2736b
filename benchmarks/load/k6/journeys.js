// The journeys of viewers and search clients for who has k6, with the same promises.
//   k6 run -e BASE=http://127.0.0.1:8700 -e SHAPE=normal -e HEIGHT=100 benchmarks/load/k6/journeys.js
// It was not run here: no package brings k6. Its syntax is checked by a test.

import http from "k6/http";
import { check, sleep } from "k6";

const BASE = __ENV.BASE || "http://127.0.0.1:8700";
const HEIGHT = Number(__ENV.HEIGHT || 100);
const SEASONS = ["winter", "spring", "summer", "fall"];

const SHAPES = {
  normal: [{ duration: "10s", target: HEIGHT }, { duration: "110s", target: HEIGHT }],
  spike: [
    { duration: "30s", target: Math.ceil(HEIGHT / 10) },
    { duration: "1s", target: HEIGHT },
    { duration: "29s", target: HEIGHT },
    { duration: "1s", target: Math.ceil(HEIGHT / 10) },
    { duration: "29s", target: Math.ceil(HEIGHT / 10) },
  ],
  stress: [1, 2, 3, 4, 5, 6, 7, 8].map((step) => ({ duration: "30s", target: Math.ceil((HEIGHT * step) / 8) })),
  soak: [{ duration: "10s", target: HEIGHT }, { duration: "60m", target: HEIGHT }],
};

export const options = {
  thresholds: { http_req_duration: ["p(95)<200"], http_req_failed: ["rate<0.01"] },
  scenarios: {
    viewers: { executor: "ramping-vus", exec: "viewer", stages: part(SHAPES[__ENV.SHAPE || "normal"], 2 / 3) },
    clients: { executor: "ramping-vus", exec: "searchClient", stages: part(SHAPES[__ENV.SHAPE || "normal"], 1 / 3) },
  },
};

function part(stages, share) {
  return stages.map((one) => ({ duration: one.duration, target: Math.ceil(one.target * share) }));
}

// Works and franchises of this server, the best known first.
export function setup() {
  let works = [];
  let cursor = "";
  while (works.length < 500 && cursor !== null) {
    const page = http.get(`${BASE}/api/works?limit=100${cursor && `&cursor=${cursor}`}`).json();
    works = works.concat(page.works);
    cursor = page.next_cursor;
  }
  return { works, hubs: http.get(`${BASE}/api/franchises?limit=100`).json().franchises };
}

// The n-th with a weight of 1/n.
function drawn(known) {
  return known[Math.min(known.length - 1, Math.floor(Math.pow(known.length + 1, Math.random())) - 1)];
}

function ask(path, name) {
  check(http.get(BASE + path, { tags: { name } }), { answered: (answer) => answer.status === 200 });
}

export function viewer({ works, hubs }) {
  const work = drawn(works);
  ask("/", "/");
  for (const typed of [3, 5, 8]) ask(`/suggest?q=${encodeURIComponent(work.title.slice(0, typed))}`, "/suggest");
  ask(`/search?q=${encodeURIComponent(work.title)}`, "/search");
  ask(`/${work.kind}/${work.id}`, "/[kind]/[work]");
  const hub = drawn(hubs).slug;
  for (const page of ["", "/watch-order", "/map"]) ask(`/hub/${hub}${page}`, `/hub/[slug]${page}`);
  const year = 1995 + Math.floor(Math.random() * 31);
  ask(`/browse/${year}/${SEASONS[Math.floor(Math.random() * 4)]}`, "/browse/[season]");
  sleep(0.5 + 1.5 * Math.random());
}

export function searchClient({ works }) {
  const episode = 1 + Math.floor(Math.random() * 12);
  const name = `[Group] ${drawn(works).title} - ${episode} (1080p).mkv`;
  ask(`/api/search?facets=false&q=${encodeURIComponent(name)}`, "/api/search");
  ask(`/api/anime/${drawn(works).id}/relations`, "/api/anime/[work]/relations");
  sleep(0.5 + 1.5 * Math.random());
}
