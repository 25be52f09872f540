// x402-express, of protocol version 1, for each of the FACILITATORS. PAYEE is paid; each says where it
// listens.

import { load } from "./packages.mjs";

const { default: express } = await load("express");
const { paymentMiddleware } = await load("x402-express");

const { FACILITATORS, PAYEE } = process.env;
const PATH = "/premium/a.json";
const config = { description: "A small object", mimeType: "application/json" };
const routes = { [`GET ${PATH}`]: { price: "$0.001", network: "base-sepolia", config } };

FACILITATORS.split(",").forEach((url, number) => {
  const app = express();
  app.use(paymentMiddleware(PAYEE, routes, { url }));
  app.get(PATH, (_, response) => response.json({ answer: 42 }));
  const listening = app.listen(0, "127.0.0.1", () =>
    console.log(`x402-express ${number} listening on 127.0.0.1:${listening.address().port}`));
});
