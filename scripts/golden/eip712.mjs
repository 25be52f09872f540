// eip712/transfer-with-authorization.json: digests and signatures by viem, and what viem recovers
// from signatures that were tampered with.

import { authorizationTypes } from "@x402/evm";
import {
  hashDomain,
  hashStruct,
  hashTypedData,
  keccak256,
  recoverAddress,
  signatureToCompactSignature,
  parseSignature,
  serializeCompactSignature,
  stringToHex,
} from "viem";
import { sign } from "viem/accounts";

import { MERCHANT, PAYER, STRANGER } from "./keys.mjs";
import { networks } from "./networks.mjs";
import { tamperings } from "./tamperings.mjs";

const UINT256_MAX = ((1n << 256n) - 1n).toString();
const UINT64_MAX = ((1n << 64n) - 1n).toString();
const NO_ADDRESS = `0x${"00".repeat(20)}`;

const BASE_SEPOLIA = {
  chain_id: 84532,
  verifying_contract: "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
  name: "USDC",
  version: "2",
};
const PAYMENT = {
  from: PAYER.address,
  to: MERCHANT.address,
  value: "10000",
  valid_after: "0",
  valid_before: "1800000060",
};

const EDGES = [
  ["value zero", { value: "0" }],
  ["value one", { value: "1" }],
  ["value of the largest uint256", { value: UINT256_MAX }],
  ["value beyond 64 bits", { value: "18446744073709551616" }],
  ["valid_after and valid_before zero", { valid_before: "0" }],
  ["valid_after now", { valid_after: "1800000000" }],
  ["valid_after ten minutes ago, as v1 clients sign", { valid_after: "1799999400" }],
  ["valid_before of the largest uint64", { valid_before: UINT64_MAX }],
  ["both times of the largest uint64", { valid_after: UINT64_MAX, valid_before: UINT64_MAX }],
  ["nonce zero", { nonce: `0x${"00".repeat(32)}` }],
  ["nonce of all ones", { nonce: `0x${"ff".repeat(32)}` }],
  ["nonce of leading zeros", { nonce: `0x${"00".repeat(31)}01` }],
  ["payee zero", { to: NO_ADDRESS }],
  ["payer pays itself", { to: PAYER.address }],
  ["contract zero", { verifying_contract: NO_ADDRESS }],
  ["chain id one", { chain_id: 1 }],
  ["chain id beyond 32 bits", { chain_id: Number.MAX_SAFE_INTEGER }],
  ["name empty", { name: "" }],
  ["version empty", { version: "" }],
  ["name longer than a word", { name: "A dollar token whose name is longer than thirty-two bytes" }],
  ["name of two-byte letters", { name: "Dólar Ñandú" }],
  ["name of decomposed letters", { name: "Do\u0301lar" }],
  ["name outside the basic plane", { name: "💵 Dollar" }],
  ["name with quotes, backslash and line break", { name: 'USD "Coin" \\ \n' }],
  ["name right to left with a zero byte", { name: "דולר\u0000" }],
  ["signed by a stranger, not by the payer", { signer: STRANGER }],
];

export async function eip712() {
  const listed = (await networks())[0].content.networks;
  const vectors = [];
  const add = async (claim, changes) =>
    vectors.push(await vector(claim, vectors.length, { ...BASE_SEPOLIA, ...PAYMENT, ...changes }));
  for (const network of listed) {
    for (const asset of [network.asset, ...network.more_assets]) {
      await add(`${asset.symbol} on ${network.name}`, domainOf(network, asset));
    }
  }
  for (const [claim, changes] of EDGES) await add(claim, changes);

  const original = vectors.find(({ chain_id, name }) => chain_id === 84532 && name === "USDC");
  const fields = authorizationTypes.TransferWithAuthorization.map(({ type, name }) => `${type} ${name}`);
  const type = `TransferWithAuthorization(${fields.join(",")})`;
  const type_hash = keccak256(stringToHex(type));
  const content = { type, type_hash, vectors, ...(await tamperings(original, digestOf)) };
  const source =
    "viem 2.57.1: hashDomain, hashStruct, hashTypedData, sign, recoverAddress; types of @x402/evm 2.27.0; `fiat_token_reverts` after the rules of Circle's contracts";
  return [{ path: "eip712/transfer-with-authorization.json", content, source }];
}

const domainOf = (network, asset) => ({
  chain_id: network.chain_id,
  verifying_contract: asset.address,
  name: asset.eip712_name,
  version: asset.eip712_version,
});

// The signature that `signer` gives over the message's digest.
export const signTransfer = (message, signer) =>
  sign({ hash: digestOf(message), privateKey: signer.privateKey, to: "hex" });

async function vector(claim, index, { signer = PAYER, ...facts }) {
  const nonce = facts.nonce ?? `0x${(index + 1).toString(16).padStart(2, "0").repeat(32)}`;
  const message = { ...facts, nonce };
  const typed = typedData(message);
  const digest = hashTypedData(typed);
  const signature = await signTransfer(message, signer);
  return {
    claim,
    ...message,
    domain_separator: hashDomain({ domain: typed.domain, types: typed.types }),
    struct_hash: hashStruct({ data: typed.message, primaryType: typed.primaryType, types: typed.types }),
    digest,
    private_key: signer.privateKey,
    signature,
    compact_signature: compact(signature),
    recovered: await recoverAddress({ hash: digest, signature }),
  };
}

const digestOf = (message) => hashTypedData(typedData(message));

const compact = (signature) =>
  serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)));

function typedData(message) {
  return {
    domain: {
      name: message.name,
      version: message.version,
      chainId: message.chain_id,
      verifyingContract: message.verifying_contract,
    },
    types: {
      EIP712Domain: [
        { name: "name", type: "string" },
        { name: "version", type: "string" },
        { name: "chainId", type: "uint256" },
        { name: "verifyingContract", type: "address" },
      ],
      ...authorizationTypes,
    },
    primaryType: "TransferWithAuthorization",
    message: {
      from: message.from,
      to: message.to,
      value: BigInt(message.value),
      validAfter: BigInt(message.valid_after),
      validBefore: BigInt(message.valid_before),
      nonce: message.nonce,
    },
  };
}
