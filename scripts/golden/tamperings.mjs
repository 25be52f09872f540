// What becomes of one good signature when its bytes, or the message under it, are changed.

import {
  compactSignatureToSignature,
  concat,
  numberToHex,
  parseCompactSignature,
  recoverAddress,
  serializeSignature,
  size,
  slice,
} from "viem";

// Order of secp256k1's group (SEC 2, section 2.4.1).
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

export async function tamperings(original, digestOf) {
  const altered_signatures = [];
  for (const [claim, signature] of signatures(original)) {
    const recovered = await recovers(original.digest, signature);
    const fiat_token_reverts = tokenReverts(signature, recovered, original.from);
    altered_signatures.push({ claim, of: original.claim, signature, recovered, fiat_token_reverts });
  }
  const altered_messages = [];
  for (const [claim, changes] of messages()) {
    const digest = digestOf({ ...original, ...changes });
    const recovered = await recovers(digest, original.signature);
    altered_messages.push({ claim, of: original.claim, changes, digest, recovered });
  }
  return { altered_signatures, altered_messages };
}

function signatures({ signature, compact_signature }) {
  const r = slice(signature, 0, 32);
  const s = slice(signature, 32, 64);
  const v = Number(slice(signature, 64, 65));
  const of = (r, s, v) => concat([r, s, numberToHex(v, { size: 1 })]);
  const highS = numberToHex(ORDER - BigInt(s), { size: 32 });
  const word = (value) => numberToHex(value, { size: 32 });
  return [
    ["untouched", signature],
    ["v as 0 or 1 means the same", of(r, s, v - 27)],
    ["v of the other parity names another address", of(r, s, 55 - v)],
    ["v as 0 or 1 of the other parity names another address", of(r, s, 28 - v)],
    ["the compact form (EIP-2098) means the same", compact_signature],
    ["the high-s twin recovers to the same address", of(r, highS, 55 - v)],
    ["the high-s twin with the old parity names another address", of(r, highS, v)],
    ["the lowest bit of s flipped names another address", of(r, flip(s, 0n), v)],
    ["the highest bit of s flipped", of(r, flip(s, 255n), v)],
    ...[0n, 1n, 2n].map((bit) => [`bit ${bit} of r flipped`, of(flip(r, bit), s, v)]),
    ["r and s swapped", of(s, r, v)],
    ["r zero", of(word(0n), s, v)],
    ["s zero", of(r, word(0n), v)],
    ["r of the group's order", of(word(ORDER), s, v)],
    ["s of the group's order", of(r, word(ORDER), v)],
    ["v 2", of(r, s, 2)],
    ["v 26", of(r, s, 26)],
    ["v 29", of(r, s, 29)],
    ["v with a chain id mixed in (EIP-155)", of(r, s, 37)],
    ["one byte short of the compact form", slice(signature, 0, 63)],
    ["one byte long", concat([signature, "0x00"])],
    ["all zeros", `0x${"00".repeat(65)}`],
    ["empty", "0x"],
  ];
}

const messages = () => [
  ["signed for Base Sepolia's name, checked under Base's", { name: "USD Coin" }],
  ["name in other letter case", { name: "usdc" }],
  ["another version", { version: "1" }],
  ["another chain", { chain_id: 8453 }],
  ["another token", { verifying_contract: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913" }],
  ["one unit more", { value: "10001" }],
  ["another payee", { to: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC" }],
  ["valid a second longer", { valid_before: "1800000061" }],
  ["another nonce", { nonce: `0x${"ee".repeat(32)}` }],
];

// The words with which Circle's token refuses a signature (circlefin/stablecoin-evm,
// contracts/util/ECRecover.sol and contracts/v2/EIP3009.sol); null when it takes the signature.
function tokenReverts(signature, recovered, payer) {
  if (size(signature) !== 65) return "ECRecover: invalid signature length";
  if (BigInt(slice(signature, 32, 64)) > ORDER / 2n) return "ECRecover: invalid signature 's' value";
  if (!["0x1b", "0x1c"].includes(slice(signature, 64, 65))) return "ECRecover: invalid signature 'v' value";
  if (!recovered) return "ECRecover: invalid signature";
  return recovered === payer ? null : "FiatTokenV2: invalid signature";
}

const flip = (word, bit) => numberToHex(BigInt(word) ^ (1n << bit), { size: 32 });

async function recovers(hash, signature) {
  try {
    return await recoverAddress({ hash, signature: size(signature) === 64 ? expand(signature) : signature });
  } catch {
    return null;
  }
}

// viem recovers from the long form only.
const expand = (compact) =>
  serializeSignature(compactSignatureToSignature(parseCompactSignature(compact)));
