// @x402/core's facilitator with @x402/evm over viem, behind a plain HTTP server, as its documentation
// puts them together. RPC_URL is its chain, PRIVATE_KEY its account; it says where it listens.

import { createServer } from "node:http";
import { text } from "node:stream/consumers";

import { load } from "./packages.mjs";

const { createWalletClient, http, publicActions } = await load("viem");
const { privateKeyToAccount } = await load("viem/accounts");
const { baseSepolia } = await load("viem/chains");
const { x402Facilitator } = await load("@x402/core/facilitator");
const { toFacilitatorEvmSigner } = await load("@x402/evm");
const { registerExactEvmScheme } = await load("@x402/evm/exact/facilitator");

const { RPC_URL, PRIVATE_KEY } = process.env;
const account = privateKeyToAccount(PRIVATE_KEY);
const wallet = createWalletClient({ account, chain: baseSepolia, transport: http(RPC_URL) });
const signer = toFacilitatorEvmSigner({ ...wallet.extend(publicActions), address: account.address });
const facilitator = registerExactEvmScheme(new x402Facilitator(), { signer, networks: "eip155:84532" });

async function answerTo(path, body) {
  if (path === "/supported") return facilitator.getSupported();
  const { paymentPayload, paymentRequirements } = JSON.parse(body);
  return path === "/verify"
    ? facilitator.verify(paymentPayload, paymentRequirements)
    : facilitator.settle(paymentPayload, paymentRequirements);
}

const server = createServer(async (request, response) => {
  let status = 200;
  let answer;
  try {
    answer = await answerTo(request.url, await text(request));
  } catch (error) {
    status = 500;
    answer = { error: String(error?.message ?? error) };
  }
  const body = JSON.stringify(answer);
  const length = Buffer.byteLength(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": length }).end(body);
});
server.listen(0, "127.0.0.1", () => console.log(`facilitator listening on 127.0.0.1:${server.address().port}`));
