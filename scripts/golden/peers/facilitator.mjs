// @x402/core's facilitator behind HTTP on loopback, keeping every request and answer as it travelled.

import { createServer } from "node:http";
import { text } from "node:stream/consumers";

import { x402Facilitator } from "@x402/core/facilitator";
import { registerExactEvmScheme } from "@x402/evm/exact/facilitator";

import { chain } from "./chain.mjs";
import { listen } from "./listen.mjs";

const NETWORKS = ["eip155:84532", "eip155:8453", "eip155:42220"];

export async function startFacilitator() {
  const ledger = chain();
  const facilitator = registerExactEvmScheme(new x402Facilitator(), { signer: ledger, networks: NETWORKS });
  const calls = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const answer = JSON.stringify(await answerTo(facilitator, request.url, body));
    calls.push({ path: request.url, request: body, response: answer });
    response.writeHead(200, { "content-type": "application/json" }).end(answer);
  });
  const { url, close } = await listen(server);
  return {
    url,
    close,
    be: ledger.be,
    // Hands out the calls since the last time it was asked.
    drain: () => Object.fromEntries(calls.splice(0).map((call) => [call.path.slice(1), call])),
  };
}

async function answerTo(facilitator, path, body) {
  if (path === "/supported") return facilitator.getSupported();
  const { paymentPayload, paymentRequirements } = JSON.parse(body);
  return path === "/verify"
    ? facilitator.verify(paymentPayload, paymentRequirements)
    : facilitator.settle(paymentPayload, paymentRequirements);
}
