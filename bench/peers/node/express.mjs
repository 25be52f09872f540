// @x402/express in front of a handler that sends a small object.

import { ExactEvmScheme } from "@x402/evm/exact/server";
import { paymentMiddleware, x402ResourceServer } from "@x402/express";
import express from "express";

import { body, facilitator, networks, path, port, routes } from "./settings.mjs";

const server = new x402ResourceServer(facilitator).register(networks, new ExactEvmScheme());
const app = express();
app.use(paymentMiddleware(routes, server));
app.get(path, (_, response) => response.json(body));
app.listen(port, "127.0.0.1");
