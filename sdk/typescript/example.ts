// Find a work, the order to watch its franchise in, and all films of a year.
//   npm run example -- http://127.0.0.1:8700 "cowboy bebop"

import createClient from "openapi-fetch";

import type { paths } from "./kensho.js";

const [address = "http://127.0.0.1:8700", title = "cowboy bebop"] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: address });

const { data: page, error } = await client.GET("/api/search", { params: { query: { q: title, limit: 1 } } });
if (error) throw new Error(`${error.title}: ${error.detail}`); // what is wrong with the request, field by field
const best = page.results[0];
if (!best?.id) throw new Error(`nothing is called ${title}`);
console.log(`${best.title} (${best.year})`);

const { data: work } = await client.GET("/api/anime/{work_id}", { params: { path: { work_id: best.id } } });
if (work?.franchise) {
  const { data: order } = await client.GET("/api/franchises/{slug}/watch-order", {
    params: { path: { slug: work.franchise.slug } },
  });
  for (const step of order?.steps ?? []) console.log(`  ${step.position}. ${step.work.title}`);
}

let found = 0;
let cursor: string | undefined;
do { // a page says where the next one begins, the last one nothing
  const { data: films } = await client.GET("/api/works", {
    params: { query: { type: "movie", year: best.year ?? undefined, limit: 100, cursor } },
  });
  found += films?.works.length ?? 0;
  cursor = films?.next_cursor ?? undefined;
} while (cursor);
console.log(`${found} films of ${best.year}`);
