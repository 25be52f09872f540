// One moment and one stream of chance for every peer, so that a second run writes the same bytes.

import { createHash } from "node:crypto";

// 2027-01-15 08:00:00 UTC, in seconds.
export const NOW = 1_800_000_000;

const RealDate = globalThis.Date;
let label = "";
let drawn = 0;

// Chance starts over under a new name: one scenario's draws cannot shift another's.
export function begin(scenario) {
  label = scenario;
  drawn = 0;
}

export function freeze() {
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      super(...(given.length ? given : [NOW * 1000]));
    }
    static now() {
      return NOW * 1000;
    }
  };
  globalThis.crypto.getRandomValues = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length; at += 32) {
      const block = createHash("sha256").update(`${label} ${drawn++}`).digest();
      bytes.set(block.subarray(0, Math.min(32, bytes.length - at)), at);
    }
    return array;
  };
}
