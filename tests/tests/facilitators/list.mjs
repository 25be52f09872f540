// Reads what a facilitator is asked, as JSON, and prints what a catalogue built on @x402/extensions
// would list: {"listed": …}, or {"listed": null} where it finds nothing that is valid.

import { createRequire } from "node:module";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";

const require = createRequire(resolve(process.argv[2], "package.json"));
const { extractDiscoveryInfo, validateDiscoveryExtension } = require("@x402/extensions/bazaar");

console.warn = () => {};
const { paymentPayload, paymentRequirements } = JSON.parse(await text(process.stdin));
const { valid } = validateDiscoveryExtension(paymentPayload.extensions?.bazaar ?? {});
const listed = valid ? extractDiscoveryInfo(paymentPayload, paymentRequirements) : null;
console.log(JSON.stringify({ listed }));
