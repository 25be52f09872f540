// Two payers as people write them, over @x402/fetch. Takes one order for each line of JSON on
// standard input, {"id", "url", "payer"}, and answers each with one line.
//
//   once   calls the wrapped fetch, and takes what comes
//   naive  sends every request again after a 5xx, a timeout or a broken connection, and when it is
//          asked to pay once more, signs once more
//
//   node client.mjs FOLDER_OF_THE_PACKAGES PRIVATE_KEY

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, key] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/`));
const { x402Client } = require("@x402/core/client");
const { ExactEvmScheme } = require("@x402/evm/exact/client");
const { wrapFetchWithPayment } = require("@x402/fetch");
const { privateKeyToAccount } = require("viem/accounts");

// Longer than the merchant takes for a settlement, shorter than people wait.
const PATIENCE_MS = 20_000;
const RETRIES = 8;
const PAUSE_MS = 250;
const PURCHASES = 3;

const pause = () => new Promise((done) => setTimeout(done, PAUSE_MS));

// A fetch that notes what it gets, and a signer that counts.
function watched(notes) {
  const account = privateKeyToAccount(key);
  const signTypedData = (message) => {
    notes.signatures += 1;
    return account.signTypedData(message);
  };
  const client = new x402Client().register("eip155:*", new ExactEvmScheme({ ...account, signTypedData }));
  const once = async (request, init) => {
    const response = await fetch(request, init);
    notes.statuses.push(response.status);
    return response;
  };
  return { client, once };
}

function stubborn(once, notes) {
  return async (input, init) => {
    const request = new Request(input, init);
    for (let tries = 0; ; tries += 1) {
      try {
        const response = await once(request.clone(), { signal: AbortSignal.timeout(PATIENCE_MS) });
        if (response.status < 500 || tries === RETRIES) return response;
      } catch (error) {
        notes.statuses.push(0);
        if (tries === RETRIES) throw error;
      }
      await pause();
    }
  };
}

async function buy({ url, payer }) {
  const notes = { statuses: [], signatures: 0 };
  const { client, once } = watched(notes);
  const naive = payer === "naive";
  const pay = wrapFetchWithPayment(naive ? stubborn(once, notes) : once, client);
  let ending = { status: 0, code: "none", file: false };
  for (let purchases = 0; purchases < (naive ? PURCHASES : 1); purchases += 1) {
    try {
      ending = await end(await pay(url));
    } catch (error) {
      ending = { status: notes.statuses.at(-1) ?? 0, code: "none", file: false, thrown: String(error) };
    }
    if (ending.status !== 402) break;
  }
  return { ...notes, ...ending };
}

async function end(response) {
  const text = await response.text();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {}
  return { status: response.status, code: body.error ?? "none", file: response.ok && body.answer === 42 };
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  buy(order).then((ending) => console.log(JSON.stringify({ id: order.id, ...ending })));
}
