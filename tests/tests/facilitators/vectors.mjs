// Prints merchant/golden/cdp-tokens.json: tokens for a facilitator as Coinbase's own client makes them.
//
//   npm install --prefix .tools/cdp --before=2026-10-01 --no-save --ignore-scripts \
//     @coinbase/x402@2.1.0 @coinbase/cdp-sdk@1.57.0
//   node tests/tests/facilitators/vectors.mjs .tools/cdp > merchant/golden/cdp-tokens.json

import { createECDH, createPrivateKey } from "node:crypto";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve(process.argv[2], "package.json"));
const { createAuthHeader } = require("@coinbase/x402");

// Keys that everybody knows: the numbers from 0 and from 1 on.
const bytes = (first) => Buffer.from(Array.from({ length: 32 }, (_, i) => first + i));
const base64url = (buffer) => buffer.toString("base64url");

const ed25519 = () => {
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex"); // RFC 8410, 7
  const key = createPrivateKey({ key: Buffer.concat([prefix, bytes(0)]), format: "der", type: "pkcs8" });
  const { x } = key.export({ format: "jwk" });
  return { keySecret: Buffer.concat([bytes(0), Buffer.from(x, "base64url")]).toString("base64") };
};

const p256 = () => {
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(bytes(1));
  const point = pair.getPublicKey();
  const jwk = { kty: "EC", crv: "P-256", d: base64url(bytes(1)), x: base64url(point.subarray(1, 33)), y: base64url(point.subarray(33)) };
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  return {
    keySecret: key.export({ format: "pem", type: "pkcs8" }),
    sec1: key.export({ format: "pem", type: "sec1" }),
  };
};

// 2027-01-15 08:00:00 UTC.
Date.now = () => 1_800_000_000_000;

const host = "api.cdp.coinbase.com";
const keys = [
  { keyId: "11111111-2222-3333-4444-555555555555", ...ed25519() },
  { keyId: "organizations/1/apiKeys/2", ...p256() },
];
const vectors = [];
for (const key of keys) {
  for (const [method, name] of [["POST", "verify"], ["POST", "settle"], ["GET", "supported"]]) {
    const path = `/platform/v2/x402/${name}`;
    const header = await createAuthHeader(key.keyId, key.keySecret, method, host, path);
    vectors.push({ ...key, request: `${method} ${host}${path}`, token: header.replace(/^Bearer /, "") });
  }
}
const origin =
  "createAuthHeader of @coinbase/x402 2.1.0 over @coinbase/cdp-sdk 1.57.0 (npm), by " +
  "tests/tests/facilitators/vectors.mjs; nonces and ES256 signatures differ at each run";
console.log(JSON.stringify({ origin, vectors }, null, 2));
