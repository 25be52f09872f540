// Reads a facilitator's catalogue with the client of @x402/extensions: the list page by page, then a
// search. Writes what came as one line of JSON.
//
//   node discover.mjs FACILITATOR_URL FOLDER_OF_THE_PACKAGES

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, folder] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/`));
const { HTTPFacilitatorClient } = require("@x402/core/server");
const { withBazaar } = require("@x402/extensions/bazaar");

const { bazaar } = withBazaar(new HTTPFacilitatorClient({ url })).extensions;
const listed = [];
let total;
do {
  const page = await bazaar.listResources({ type: "http", limit: 1, offset: listed.length });
  total = page.pagination.total;
  listed.push(...page.items.map((it) => [it.resource, it.accepts[0].amount]));
} while (listed.length < total);

const found = [];
let cursor;
do {
  const page = await bazaar.search({ query: "weather", network: "eip155:84532", limit: 1, cursor });
  found.push(...page.resources.map((it) => it.resource));
  cursor = page.pagination.cursor ?? undefined;
} while (cursor);

console.log(JSON.stringify({ listed, found }));
