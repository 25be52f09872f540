// @x402/hono in front of a handler that sends a small object.

import { serve } from "@hono/node-server";
import { ExactEvmScheme } from "@x402/evm/exact/server";
import { paymentMiddleware, x402ResourceServer } from "@x402/hono";
import { Hono } from "hono";

import { body, facilitator, networks, path, port, routes } from "./settings.mjs";

const server = new x402ResourceServer(facilitator).register(networks, new ExactEvmScheme());
const app = new Hono();
app.use(paymentMiddleware(routes, server));
app.get(path, (context) => context.json(body));
serve({ fetch: app.fetch, port, hostname: "127.0.0.1" });
