// @x402/express and @x402/hono in front of a handler that sends a small object: one of each for each
// of the FACILITATORS, which are separated by commas. PAYEE is paid; each says where it listens.

import { load } from "./packages.mjs";

const { default: express } = await load("express");
const { Hono } = await load("hono");
const { serve } = await load("@hono/node-server");
const { HTTPFacilitatorClient, x402ResourceServer } = await load("@x402/core/server");
const { ExactEvmScheme } = await load("@x402/evm/exact/server");
const { paymentMiddleware: expressPaywall } = await load("@x402/express");
const { paymentMiddleware: honoPaywall } = await load("@x402/hono");

const { FACILITATORS, PAYEE } = process.env;
const PATH = "/premium/a.json";
const BODY = { answer: 42 };
const routes = {
  [`GET ${PATH}`]: {
    accepts: { scheme: "exact", network: "eip155:84532", price: "$0.001", payTo: PAYEE, maxTimeoutSeconds: 60 },
    description: "A small object",
    mimeType: "application/json",
  },
};

const says = (name, port) => console.log(`${name} listening on 127.0.0.1:${port}`);
const resourceServer = (url) =>
  new x402ResourceServer(new HTTPFacilitatorClient({ url })).register("eip155:*", new ExactEvmScheme());

FACILITATORS.split(",").forEach((url, number) => {
  const app = express();
  app.use(expressPaywall(routes, resourceServer(url)));
  app.get(PATH, (_, response) => response.json(BODY));
  const listening = app.listen(0, "127.0.0.1", () => says(`express ${number}`, listening.address().port));

  const hono = new Hono();
  hono.use(honoPaywall(routes, resourceServer(url)));
  hono.get(PATH, (context) => context.json(BODY));
  serve({ fetch: hono.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => says(`hono ${number}`, port));
});
