// Puts the same payments before the sandbox's facilitator and before the TypeScript one, both on
// the sandbox's chain, and compares their answers member by member.
//
//   node compare.mjs <facilitator url> <rpc url> <folder with node_modules>
//
// Prints what differs and exits with 0 only if nothing does.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [facilitatorUrl, rpcUrl, tools] = process.argv.slice(2);
const require = createRequire(join(tools, "anywhere.js"));
// The packages name an ES module and a CommonJS one; both sides must be of one kind.
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { createWalletClient, http, publicActions } = await load("viem");
const { privateKeyToAccount } = await load("viem/accounts");
const { baseSepolia } = await load("viem/chains");
const { x402Facilitator } = await load("@x402/core/facilitator");
const { HTTPFacilitatorClient } = await load("@x402/core/http");
const { toFacilitatorEvmSigner } = await load("@x402/evm");
const { ExactEvmScheme } = await load("@x402/evm/exact/facilitator");
const { ExactEvmSchemeV1 } = await load("@x402/evm/exact/v1/facilitator");

// Test accounts 1, 5 and 6 of every development chain.
const payer = privateKeyToAccount("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d");
const stranger = privateKeyToAccount("0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba");
const submitter = privateKeyToAccount("0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e");
const PAYEE = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const USDC = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
const NOBODY = "0x0707070707070707070707070707070707070707";
const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const MORE_THAN_ANYBODY_HAS = "1000000000001";

const wallet = createWalletClient({
  account: submitter,
  chain: baseSepolia,
  transport: http(rpcUrl),
  pollingInterval: 20,
}).extend(publicActions);
const signer = toFacilitatorEvmSigner({ ...wallet, address: submitter.address });
const theirs = new x402Facilitator()
  .register("eip155:84532", new ExactEvmScheme(signer))
  .registerV1("base-sepolia", new ExactEvmSchemeV1(signer));

// ---- Payments ----

const hex = (number, digits) => number.toString(16).padStart(digits, "0");
const withV = (signature, v) => signature.slice(0, 130) + hex(v, 2);
const v = (signature) => parseInt(signature.slice(130), 16);
const highS = (it) =>
  withV(it.slice(0, 66) + hex(GROUP_ORDER - BigInt("0x" + it.slice(66, 130)), 64), 55 - v(it));
const undeployed = () =>
  "0x" + "11".repeat(20).padStart(64, "0") + hex(96n, 64) + hex(160n, 64) + hex(1n, 64) +
  "ab".padEnd(64, "0") + hex(1n, 64) + "cd".padEnd(64, "0") + "6492".repeat(16);

let count = 0;
const types = {
  TransferWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
};

/** A payment and its offer, right but for what `flaw` changes. */
async function payment(flaw) {
  const now = Math.floor(Date.now() / 1000);
  const authorization = {
    from: payer.address,
    to: PAYEE,
    value: "1000",
    validAfter: "0",
    validBefore: String(now + 60),
    nonce: "0x" + hex(++count, 64),
    ...flaw.authorization?.(now),
  };
  const asset = flaw.asset ?? USDC;
  const domain = { name: "USDC", version: "2", chainId: 84532, verifyingContract: asset, ...flaw.domain };
  const message = Object.fromEntries(
    Object.entries(authorization).map(([name, it]) => [name, /^[0-9]+$/.test(it) ? BigInt(it) : it]),
  );
  const signed = await (flaw.signer ?? payer).signTypedData({
    domain, types, primaryType: "TransferWithAuthorization", message,
  });
  const payload = { signature: flaw.signature?.(signed) ?? signed, authorization };
  const common = {
    scheme: "exact", asset, payTo: flaw.payTo ?? PAYEE, maxTimeoutSeconds: 60,
    extra: flaw.extra ?? { name: domain.name, version: domain.version },
  };
  const amount = flaw.amount ?? "1000";
  if (flaw.version === 1) {
    const network = "base-sepolia";
    const texts = { resource: "http://127.0.0.1/file", description: "", mimeType: "" };
    return [
      { x402Version: 1, scheme: "exact", network, payload },
      { ...common, ...texts, network, maxAmountRequired: amount },
    ];
  }
  const offer = { ...common, network: "eip155:84532", amount };
  return [
    { x402Version: 2, accepted: { ...offer, ...flaw.accepted }, payload },
    { ...offer, ...flaw.offer },
  ];
}

const poor = { authorization: () => ({ value: MORE_THAN_ANYBODY_HAS }), amount: MORE_THAN_ANYBODY_HAS };
const flaws = {
  "none": {},
  "one less than the price": { authorization: () => ({ value: "999" }) },
  "one more than the price": { authorization: () => ({ value: "1001" }) },
  "a price of nothing": { authorization: () => ({ value: "0" }), amount: "0" },
  "expires in 4 s": { authorization: (now) => ({ validBefore: String(now + 4) }) },
  "valid in 30 s": { authorization: (now) => ({ validAfter: String(now + 30) }) },
  "signed by a stranger": { signer: stranger },
  "signature of 64 bytes": { signature: (it) => it.slice(0, 130) },
  "signature of 66 bytes": { signature: (it) => it + "00" },
  "signature with v = 29": { signature: (it) => withV(it, 29) },
  "signature with v = 0 or 1": { signature: (it) => withV(it, v(it) - 27) },
  "signature with high s": { signature: highS },
  "wallet to be deployed": { signature: undeployed },
  "more than the payer has": poor,
  "paid to another": { payTo: stranger.address },
  "paid to nobody": { authorization: () => ({ to: "0x" + "00".repeat(20) }), payTo: "0x" + "00".repeat(20) },
  "another token name": { domain: { name: "USD Coin" } },
  "another token version": { domain: { version: "1" } },
  "no EIP-712 domain": { extra: {} },
  "an asset without code": { asset: NOBODY },
  "accepted on another network": { accepted: { network: "eip155:8453" } },
  "accepted in another scheme": { accepted: { scheme: "upto" } },
  "an unserved network": { offer: { network: "eip155:8453" } },
  "an unserved scheme": { offer: { scheme: "upto" } },
  "none, version 1": { version: 1 },
  "underpaid, version 1": { version: 1, authorization: () => ({ value: "999" }) },
  "more than the payer has, version 1": { version: 1, ...poor },
  "no EIP-712 domain, version 1": { version: 1, extra: {} },
  "valid in 30 s, version 1": { version: 1, authorization: (now) => ({ validAfter: String(now + 30) }) },
  "signature with high s, version 1": { version: 1, signature: highS },
  "an asset without code, version 1": { version: 1, asset: NOBODY },
};

// ---- Answers ----

async function askOurs(what, [paymentPayload, paymentRequirements]) {
  const { x402Version } = paymentPayload;
  const body = JSON.stringify({ x402Version, paymentPayload, paymentRequirements });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${facilitatorUrl}/${what}`, { method: "POST", headers, body });
  return { status: response.status, ...(await response.json()) };
}

/** As a plain HTTP server around the library answers. */
async function askTheirs(what, [payload, requirements]) {
  try {
    return { status: 200, ...(await theirs[what](payload, requirements)) };
  } catch (error) {
    return { status: 500, error: error.message };
  }
}

/** Without what must differ: the hash, letter case, and viem's lines below the chain's words. */
function comparable(answer) {
  const first = (text) => (typeof text === "string" ? text.split("\n").slice(0, 2).join("\n") : text);
  const members = Object.entries(answer).filter(([, it]) => it !== undefined).map(([name, it]) => {
    if (name === "transaction") return [name, it.length === 66 ? "a hash" : it];
    if (name === "payer") return [name, it.toLowerCase()];
    return [name, first(it)];
  });
  return JSON.stringify(Object.fromEntries(members.sort()));
}

let compared = 0;
let different = 0;
function compare(claim, our, their) {
  compared += 1;
  if (comparable(our) === comparable(their)) return;
  different += 1;
  console.log(`${claim}\n  ours   ${comparable(our)}\n  theirs ${comparable(their)}`);
}

for (const [name, flaw] of Object.entries(flaws)) {
  for (const what of ["verify", "settle"]) {
    const [mine, yours] = [await payment(flaw), await payment(flaw)];
    compare(`${what}: ${name}`, await askOurs(what, mine), await askTheirs(what, yours));
    if (what === "settle" && name.startsWith("none")) {
      for (const again of ["verify", "settle"]) {
        compare(`${again} again: ${name}`, await askOurs(again, mine), await askTheirs(again, yours));
      }
    }
  }
}

const client = new HTTPFacilitatorClient({ url: facilitatorUrl });
const { kinds, extensions } = await client.getSupported();
const supported = theirs.getSupported();
compare("supported", { kinds, extensions }, { kinds: supported.kinds, extensions: supported.extensions });

console.log(`${compared} answers compared, ${different} different`);
process.exit(compared > 0 && different === 0 ? 0 : 1);
