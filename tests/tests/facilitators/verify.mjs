// Judges tokens with the library that Coinbase's client signs with: reads a JSON array of
// {token, request, keyId, keySecret} and prints one line for each, "good" or why not.

import { createPrivateKey, createPublicKey } from "node:crypto";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";

const require = createRequire(resolve(process.argv[2], "package.json"));
const { jwtVerify } = require("jose");

const publicKey = (secret) => {
  if (secret.includes("BEGIN")) return createPublicKey(createPrivateKey(secret));
  const x = Buffer.from(secret, "base64").subarray(32).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
};

const judge = async ({ token, request, keyId, keySecret }) => {
  const algorithm = keySecret.includes("BEGIN") ? "ES256" : "EdDSA";
  const { payload, protectedHeader } = await jwtVerify(token, publicKey(keySecret), {
    algorithms: [algorithm],
    issuer: "cdp",
    subject: keyId,
    typ: "JWT",
    requiredClaims: ["iat", "nbf", "exp", "uris"],
    maxTokenAge: "120s",
    clockTolerance: 60,
  });
  if (protectedHeader.kid !== keyId) return "another key's name";
  if (!/^[0-9a-f]{32}$/.test(protectedHeader.nonce)) return "no nonce";
  if (payload.exp - payload.iat !== 120) return "another lifetime";
  if (JSON.stringify(payload.uris) !== JSON.stringify([request])) return `for ${payload.uris}`;
  if (Object.keys(payload).sort().join() !== "exp,iat,iss,nbf,sub,uris") return "other claims";
  return "good";
};

for (const it of JSON.parse(await text(process.stdin))) {
  console.log(await judge(it).catch((error) => error.message));
}
