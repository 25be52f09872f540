// The merchants of other teams: @x402/express for v2, x402-express for v1. `seen` holds the headers
// that payers sent them.

import { createServer } from "node:http";

import { HTTPFacilitatorClient } from "@x402/core/server";
import { ExactEvmScheme } from "@x402/evm/exact/server";
import { paymentMiddleware, x402ResourceServer } from "@x402/express";
import { bazaarResourceServerExtension, declareDiscoveryExtension } from "@x402/extensions/bazaar";
import {
  declarePaymentIdentifierExtension,
  paymentIdentifierResourceServerExtension,
} from "@x402/extensions/payment-identifier";
import {
  createSIWxResourceServerExtension,
  declareSIWxExtension,
  InMemorySIWxStorage,
} from "@x402/extensions/sign-in-with-x";
import express from "express";
import { paymentMiddleware as paymentMiddlewareV1 } from "x402-express";

import { MERCHANT } from "../keys.mjs";
import { listen } from "./listen.mjs";

const ORIGIN = "https://files.example";

const offer = (network, price, more) => ({ scheme: "exact", network, price, payTo: MERCHANT.address, ...more });

const ROUTES = {
  "GET /report.json": {
    accepts: offer("eip155:84532", "$0.01", { maxTimeoutSeconds: 60 }),
    resource: `${ORIGIN}/report.json`,
    description: "Quarterly report",
    mimeType: "application/json",
  },
  "GET /many.bin": {
    accepts: [
      offer("eip155:84532", "$0.001"),
      offer("eip155:8453", "0.10 USDC", { maxTimeoutSeconds: 300 }),
      offer("eip155:42220", "0.25 USDT", { extra: { note: "kept" } }),
    ],
    resource: `${ORIGIN}/many.bin`,
    description: "Größe, 大きさ, 💾",
    mimeType: "application/octet-stream",
    serviceName: "Example files",
    tags: ["files", "reports"],
    iconUrl: `${ORIGIN}/icon.png`,
  },
  "GET /extended.json": {
    accepts: offer("eip155:84532", "$0.01"),
    resource: `${ORIGIN}/extended.json`,
    description: "",
    mimeType: "application/json",
    extensions: {
      "payment-identifier": declarePaymentIdentifierExtension(),
      ...declareSIWxExtension({ network: "eip155:84532", statement: "Sign in to fetch again", expirationSeconds: 300 }),
      ...declareDiscoveryExtension({ output: { example: { rows: 3 } } }),
    },
  },
};

export async function startExpress(facilitatorUrl) {
  const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitatorUrl }));
  server.register("eip155:*", new ExactEvmScheme());
  server.registerExtension(bazaarResourceServerExtension);
  server.registerExtension(paymentIdentifierResourceServerExtension);
  server.registerExtension(createSIWxResourceServerExtension({ storage: new InMemorySIWxStorage(), origin: ORIGIN }));
  return serve((app) => app.use(paymentMiddleware(ROUTES, server)), Object.keys(ROUTES));
}

const ROUTES_V1 = {
  "GET /report.json": {
    price: "$0.01",
    network: "base-sepolia",
    config: { resource: `${ORIGIN}/report.json`, description: "Quarterly report", mimeType: "application/json" },
  },
};

export async function startExpressV1(facilitatorUrl) {
  const gate = paymentMiddlewareV1(MERCHANT.address, ROUTES_V1, { url: facilitatorUrl });
  return serve((app) => app.use(gate), Object.keys(ROUTES_V1));
}

async function serve(protect, routes) {
  const app = express();
  const seen = [];
  app.use((request, _, next) => {
    seen.push(request.headers);
    next();
  });
  protect(app);
  for (const route of routes) app.get(route.split(" ")[1], (_, response) => response.json({ rows: 3 }));
  const { url, close } = await listen(createServer(app));
  return { url, close, last: () => seen.at(-1) };
}
