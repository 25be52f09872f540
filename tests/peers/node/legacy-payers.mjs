// x402-fetch, of protocol version 1, as people use it. Orders and answers as in payers.mjs.

import { createInterface } from "node:readline";

import { load } from "./packages.mjs";

const { createWalletClient, http } = await load("viem");
const { privateKeyToAccount } = await load("viem/accounts");
const { baseSepolia } = await load("viem/chains");
const { wrapFetchWithPayment } = await load("x402-fetch");

async function buy(url, key) {
  const account = privateKeyToAccount(key);
  // It never asks its chain anything.
  const wallet = createWalletClient({ account, chain: baseSepolia, transport: http("http://127.0.0.1:1") });
  const response = await wrapFetchWithPayment(fetch, wallet)(url);
  return { status: response.status, body: await response.text() };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, url, key } = JSON.parse(line);
  buy(url, key)
    .catch((error) => ({ thrown: String(error?.message ?? error) }))
    .then((ending) => console.log(JSON.stringify({ id, ...ending })));
}
