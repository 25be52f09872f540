// Payers for Node.js as people write them. Takes one order for each line of JSON on standard input,
// {"id", "payer", "url", "key"}, and answers each with one line: {"id", "status", "body"}, or
// {"id", "thrown"} where the library gave up.

import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";

import { load } from "./packages.mjs";

const { default: axios } = await load("axios");
const { privateKeyToAccount } = await load("viem/accounts");
const { x402Client } = await load("@x402/core/client");
const { ExactEvmScheme } = await load("@x402/evm/exact/client");
const { ExactEvmSchemeV1 } = await load("@x402/evm/exact/v1/client");
const { wrapFetchWithPayment } = await load("@x402/fetch");
const { wrapAxiosWithPayment } = await load("@x402/axios");

const told = async (response) => ({ status: response.status, body: await response.text() });
const client = (key) => new x402Client().register("eip155:*", new ExactEvmScheme(privateKeyToAccount(key)));

const TYPES = {
  TransferWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
};

// What a library that knows nothing but the specification would sign.
async function authorize(key, offer, amount) {
  const account = privateKeyToAccount(key);
  const now = Math.floor(Date.now() / 1000);
  const message = {
    from: account.address,
    to: offer.payTo,
    value: amount,
    validAfter: String(now - 600),
    validBefore: String(now + offer.maxTimeoutSeconds),
    nonce: `0x${randomBytes(32).toString("hex")}`,
  };
  const domain = { ...offer.extra, chainId: 84532, verifyingContract: offer.asset };
  const primaryType = "TransferWithAuthorization";
  const signature = await account.signTypedData({ domain: pick(domain), types: TYPES, primaryType, message });
  return { signature, authorization: message };
}

const pick = ({ name, version, chainId, verifyingContract }) => ({ name, version, chainId, verifyingContract });
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64");
const decode = (value) => JSON.parse(Buffer.from(value, "base64").toString());

const PAYERS = {
  fetch: async (url, key) => told(await wrapFetchWithPayment(fetch, client(key))(url)),

  "fetch-v1": async (url, key) => {
    const v1 = new ExactEvmSchemeV1(privateKeyToAccount(key));
    return told(await wrapFetchWithPayment(fetch, new x402Client().registerV1("base-sepolia", v1))(url));
  },

  axios: async (url, key) => {
    const instance = axios.create({ responseType: "text", transformResponse: (it) => it });
    const { status, data } = await wrapAxiosWithPayment(instance, client(key)).get(url);
    return { status, body: data };
  },

  // Written by hand after version 2 of the specification: first offer, least payload.
  plain: async (url, key) => {
    const challenge = decode((await fetch(url)).headers.get("payment-required"));
    const [accepted] = challenge.accepts;
    const payload = await authorize(key, accepted, accepted.amount);
    const payment = { x402Version: 2, accepted, payload };
    return told(await fetch(url, { headers: { "PAYMENT-SIGNATURE": encode(payment) } }));
  },

  // The same after version 1.
  "plain-v1": async (url, key) => {
    const { accepts } = await (await fetch(url)).json();
    const offer = accepts.find((it) => it.network === "base-sepolia");
    const payload = await authorize(key, offer, offer.maxAmountRequired);
    const payment = { x402Version: 1, scheme: offer.scheme, network: offer.network, payload };
    return told(await fetch(url, { headers: { "X-PAYMENT": encode(payment) } }));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, payer, url, key } = JSON.parse(line);
  PAYERS[payer](url, key)
    .catch((error) => ({ thrown: String(error?.message ?? error) }))
    .then((ending) => console.log(JSON.stringify({ id, ...ending })));
}
