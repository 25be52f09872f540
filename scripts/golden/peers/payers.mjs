// The payers of other teams: @x402/fetch for v2 and v1, x402-fetch for v1. Each takes a URL and
// returns the final response.

import { x402Client } from "@x402/core/client";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { ExactEvmSchemeV1 } from "@x402/evm/exact/v1/client";
import { appendPaymentIdentifierToExtensions } from "@x402/extensions/payment-identifier";
import { wrapFetchWithPayment } from "@x402/fetch";
import { createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { baseSepolia } from "viem/chains";
import { wrapFetchWithPayment as wrapFetchWithPaymentV1 } from "x402-fetch";

import { PAYER } from "../keys.mjs";

const account = privateKeyToAccount(PAYER.privateKey);

export const payWithFetch = wrapFetchWithPayment(
  fetch,
  new x402Client()
    .register("eip155:*", new ExactEvmScheme(account))
    .registerV1("base-sepolia", new ExactEvmSchemeV1(account)),
);

// As `payWithFetch`, naming the purchase in the payment-identifier extension.
export const payWithIdentifier = wrapFetchWithPayment(
  fetch,
  new x402Client()
    .register("eip155:*", new ExactEvmScheme(account))
    .onBeforePaymentCreation(async ({ paymentRequired }) => {
      appendPaymentIdentifierToExtensions(paymentRequired.extensions, "purchase_0123456789abcdef");
    }),
);

export const payWithFetchV1 = wrapFetchWithPaymentV1(
  fetch,
  createWalletClient({ account, chain: baseSepolia, transport: http("http://127.0.0.1:1") }),
);
