// What two teams' facilitators say to one list of payments, most of them bad.

import { signTransfer } from "./eip712.mjs";
import { MERCHANT, PAYER, STRANGER } from "./keys.mjs";
import { NOW } from "./peers/frozen.mjs";
import { python } from "./peers/python.mjs";
import { body } from "./travelled.mjs";

const CORE = "@x402/core 2.27.0, `x402Facilitator` with `ExactEvmScheme`";
const PYTHON = "x402 2.25.0 (PyPI), `x402FacilitatorSync`, absent members as null";

const ASSET = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
const REVERTS = (reason) => `execution reverted: FiatTokenV2: ${reason}`;

const CASES = [
  // path   name                 the payment differs in            the chain differs in
  ["verify", "valid", {}, {}],
  ["verify", "valid-after", { valid_after: `${NOW + 1}` }, {}],
  // The token wants a block later than validAfter; the facilitator's clock does not.
  ["verify", "valid-after-now", { valid_after: `${NOW}` }, { simulate: REVERTS("authorization is not yet valid") }],
  ["verify", "valid-before", { valid_before: `${NOW + 5}` }, {}],
  ["verify", "signature", { signer: STRANGER }, {}],
  ["verify", "value", { value: "9999" }, {}],
  ["verify", "recipient", { to: STRANGER.address }, {}],
  ["verify", "network", { network: "eip155:8453" }, {}],
  ["verify", "balance", {}, { simulate: "execution reverted: ERC20: transfer amount exceeds balance", balance: "1" }],
  ["verify", "nonce-used", {}, { simulate: REVERTS("authorization is used or canceled"), used: true }],
  ["verify", "simulation", {}, { simulate: "execution reverted" }],
  ["settle", "success", {}, {}],
  ["settle", "expired", { valid_before: `${NOW + 5}` }, {}],
  ["settle", "valid-after-now", { valid_after: `${NOW}` }, { broadcast: REVERTS("authorization is not yet valid") }],
  ["settle", "nonce-used", {}, { broadcast: REVERTS("authorization is used or canceled"), used: true }],
  ["settle", "stuck", {}, { broadcast: "nonce too low: next nonce 7, tx nonce 6" }],
  ["settle", "pending", {}, { receipt: "Timed out while waiting for the transaction to be confirmed" }],
  ["settle", "reverted", {}, { reverted: true }],
];

// The whole trades have already written these of @x402/core.
const TRADED = new Set(["verify valid", "verify balance", "settle success", "settle stuck", "settle pending", "settle reverted"]);

export async function refusals(facilitator) {
  const files = [];
  const cases = [{ name: "supported", path: "supported", mood: {} }];
  for (const [index, [path, name, changes, mood]] of CASES.entries()) {
    const request = await requestFor(index, changes);
    cases.push({ name: `${path}-response.v2.python.${name}`, path, request, mood });
    if (TRADED.has(`${path} ${name}`)) continue;
    facilitator.be({ ...mood, ...(mood.balance && { balance: BigInt(mood.balance) }) });
    const response = await fetch(`${facilitator.url}/${path}`, { method: "POST", body: request });
    files.push(body(`${path}-response.v2.core.${name}`, await response.text(), CORE));
  }
  facilitator.drain();
  const { supported, ...answers } = JSON.parse(await python("facilitator.py", [], JSON.stringify(cases)));
  for (const [name, answer] of Object.entries(answers)) files.push(body(name, answer, PYTHON));
  return [...files, body("supported.python", supported, PYTHON)];
}

async function requestFor(index, { signer = PAYER, network = "eip155:84532", ...changes }) {
  const message = {
    chain_id: 84532,
    verifying_contract: ASSET,
    name: "USDC",
    version: "2",
    from: PAYER.address,
    to: MERCHANT.address,
    value: "10000",
    valid_after: "0",
    valid_before: `${NOW + 60}`,
    nonce: `0x${(index + 1).toString(16).padStart(2, "0").repeat(32)}`,
    ...changes,
  };
  const requirements = {
    scheme: "exact",
    network: "eip155:84532",
    amount: "10000",
    asset: ASSET,
    payTo: MERCHANT.address,
    maxTimeoutSeconds: 60,
    extra: { name: "USDC", version: "2" },
  };
  const { from, to, value, nonce } = message;
  const payload = {
    signature: await signTransfer(message, signer),
    authorization: { from, to, value, validAfter: message.valid_after, validBefore: message.valid_before, nonce },
  };
  const paymentPayload = { x402Version: 2, accepted: { ...requirements, network }, payload };
  return JSON.stringify({ x402Version: 2, paymentPayload, paymentRequirements: requirements });
}
