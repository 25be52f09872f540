// The accounts every development chain gives away, so that no key here was ever a secret.

import { toHex } from "viem";
import { mnemonicToAccount } from "viem/accounts";

const PHRASE = "test test test test test test test test test test test junk";

function key(addressIndex) {
  const account = mnemonicToAccount(PHRASE, { addressIndex });
  return { address: account.address, privateKey: toHex(account.getHdKey().privateKey) };
}

export const PAYER = key(0);
export const MERCHANT = key(1);
export const STRANGER = key(2);
export const FACILITATOR = key(3);
