// Messages that no peer here sends: the specification's examples, the answers of facilitators whose
// code or documentation says what they look like, and other spellings of headers that travelled.

import { body, header, rawHeader } from "./travelled.mjs";

const SPEC_V2 = "written after the x402 v2 specification, HTTP transport (copy of 2026-06-16), whose base64 it equals";
const SPEC_V1 = "written after the x402 v1 specification, HTTP transport (copy of 2026-06-16)";
const SPEC_API = "written after the x402 v2 specification, section 7 (copy of 2026-06-16)";
const X402_RS = "written after x402-rs 2.0.1 (2026-06-19)";

const RESOURCE = {
  url: "https://api.example.com/premium-data",
  description: "Access to premium market data",
  mimeType: "application/json",
};
const REQUIREMENTS = {
  scheme: "exact",
  network: "eip155:84532",
  amount: "10000",
  asset: "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
  payTo: "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
  maxTimeoutSeconds: 60,
  extra: { name: "USDC", version: "2" },
};
const PAYLOAD = {
  signature:
    "0x2d6a7588d6acca505cbf0d9a4a227e0c52c6c34008c8e8986a1283259764173608a2ce6496642e377d6da8dbbf5836e9bd15092f9ecab05ded3d6293af148b571c",
  authorization: {
    from: "0x857b06519E91e3A54538791bDbb0E22373e36b66",
    to: "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
    value: "10000",
    validAfter: "1740672089",
    validBefore: "1740672154",
    nonce: "0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480",
  },
};
const TRANSACTION = "0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef";
const PAYER = PAYLOAD.authorization.from;

const settled = (network) => ({ success: true, transaction: TRANSACTION, network, payer: PAYER });
const unsettled = (network) => ({
  success: false,
  errorReason: "insufficient_funds",
  transaction: "",
  network,
  payer: PAYER,
});

const SPEC_HEADERS = [
  ["payment-required.v2.spec", SPEC_V2, { x402Version: 2, error: "PAYMENT-SIGNATURE header is required", resource: RESOURCE, accepts: [REQUIREMENTS] }],
  ["payment-payload.v2.spec", SPEC_V2, { x402Version: 2, resource: RESOURCE, accepted: REQUIREMENTS, payload: PAYLOAD }],
  ["settlement-response.v2.spec", SPEC_V2, settled("eip155:84532")],
  ["settlement-response.v2.spec-failed", SPEC_V2, unsettled("eip155:84532")],
  ["payment-payload.v1.spec", SPEC_V1, { x402Version: 1, scheme: "exact", network: "base-sepolia", payload: PAYLOAD }],
  ["settlement-response.v1.spec", SPEC_V1, settled("base-sepolia")],
  ["settlement-response.v1.spec-failed", SPEC_V1, unsettled("base-sepolia")],
];

const { amount, ...COMMON } = REQUIREMENTS;
const BODIES = [
  ["payment-required.v1.spec", SPEC_V1, {
    x402Version: 1,
    error: "Payment required to access this resource",
    accepts: [{ ...COMMON, network: "base-sepolia", maxAmountRequired: amount, resource: RESOURCE.url, description: RESOURCE.description, mimeType: RESOURCE.mimeType, outputSchema: null }],
  }],
  ["verify-response.v2.spec.valid", SPEC_API, { isValid: true, payer: PAYER }],
  ["verify-response.v2.spec.refused", SPEC_API, { isValid: false, invalidReason: "insufficient_funds", payer: PAYER }],
  ["settle-response.v2.spec.success", SPEC_API, { success: true, payer: PAYER, transaction: TRANSACTION, network: "eip155:84532" }],
  ["settle-response.v2.spec.refused", SPEC_API, { success: false, errorReason: "insufficient_funds", payer: PAYER, transaction: "", network: "eip155:84532" }],
  ["supported.spec", SPEC_API, {
    kinds: ["84532", "8453", "43113", "43114"].map((id) => ({ x402Version: 2, scheme: "exact", network: `eip155:${id}` })),
    extensions: [],
    signers: { "eip155:*": ["0x1234567890abcdef1234567890abcdef12345678"], "solana:*": ["CKPKJWNdJEqa81x7CkZ14BVPiY6y16Sxs7owznqtWYp5"] },
  }],

  ["verify-response.v2.x402-rs.early.http-400", `${X402_RS}, \`VerificationErrorResponse\`: payer is always empty`, {
    isValid: false,
    invalidReason: "invalid_payment_early",
    invalidReasonDetails: "Payment authorization is not yet valid",
    payer: "",
  }],
  ["settle-response.v2.x402-rs.unexpected.http-500", `${X402_RS}, \`SettlementErrorResponse\`: network, transaction and payer are always empty, also after a broadcast`, {
    success: false,
    network: "",
    transaction: "",
    errorReason: "unexpected_error",
    errorMessage: "Onchain error: receipt timeout",
    payer: "",
  }],
  ["settle-response.v2.x402-rs.success", `${X402_RS}, \`SettleResponse::Success\``, { success: true, payer: PAYER, transaction: TRANSACTION, network: "eip155:84532" }],
  ["settle-response.v2.x402-rs.snake-case", `${X402_RS}, \`SettleResponse::Error\`: the only snake_case member of the protocol, no transaction`, {
    success: false,
    error_reason: "transaction reverted",
    network: "eip155:84532",
  }],
  ["supported.x402-rs", `${X402_RS}, \`SupportedResponse\`: signers keyed by chain, a v1 kind beside`, {
    kinds: [{ x402Version: 2, scheme: "exact", network: "eip155:8453" }, { x402Version: 1, scheme: "exact", network: "base" }],
    extensions: [],
    signers: { "eip155:8453": ["0x1234567890abcdef1234567890abcdef12345678"] },
  }],

  ["settle-response.v2.cdp.pending.http-500", "written after docs.cdp.coinbase.com/x402/seller/settlement-pending", {
    success: false,
    errorReason: "settlement_pending",
    transaction: TRANSACTION,
    network: "eip155:8453",
  }],
  ["settle-response.v2.circle.pending", "written after developers.circle.com/api-reference/facilitator-service/settle-payment, which names `errorReason` and `paymentId` on a 200; the other members after the x402 specification", {
    success: false,
    errorReason: "settlement_pending",
    transaction: "",
    network: "eip155:8453",
    paymentId: "5b3f6c1e-9d2a-4f08-b1c7-2e9a14d0c3aa",
  }],
];

export function written(travelled) {
  const headers = SPEC_HEADERS.flatMap(([name, source, message]) =>
    header(name, Buffer.from(JSON.stringify(message)).toString("base64"), source),
  );
  const bodies = BODIES.map(([name, source, message]) => body(name, JSON.stringify(message), source));
  return [...headers, ...bodies, ...respelled([...travelled, ...headers])];
}

// The first header of each padding, without it; and one in the URL-safe alphabet, which no
// specification allows.
function respelled(files) {
  const headers = files.filter(({ path }) => path.endsWith(".header.txt"));
  const find = (pattern) => headers.find(({ content }) => pattern.test(content));
  const respell = ({ path, content }, how, change) => {
    const name = path.replace("messages/", "").replace(".header.txt", "");
    return rawHeader(`${name}.${how}`, change(content), `\`${name}.header.txt\`, ${how}`);
  };
  const bare = (text) => text.replace(/=+$/, "");
  return [
    respell(find(/[^=]=$/), "unpadded", bare),
    respell(find(/==$/), "unpadded", bare),
    respell(find(/[+/]/), "url-safe", (text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ];
}
