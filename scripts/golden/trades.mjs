// The messages of whole trades: other teams' payers, merchants and facilitators over loopback.

import { begin } from "./peers/frozen.mjs";
import { payWithFetch, payWithFetchV1, payWithIdentifier } from "./peers/payers.mjs";
import { python } from "./peers/python.mjs";
import { body, header } from "./travelled.mjs";

const EXPRESS = "@x402/express 2.27.0, `paymentMiddleware`";
const EXPRESS_V1 = "x402-express 1.2.0, `paymentMiddleware`";
const FASTAPI = "x402 2.25.0 (PyPI), `fastapi.payment_middleware`";
const FETCH = "@x402/fetch 2.27.0, `wrapFetchWithPayment`";
const FETCH_V1 = "x402-fetch 1.2.0, `wrapFetchWithPayment`";
const HTTPX = "x402 2.25.0 (PyPI), `x402AsyncTransport`";
const CORE = "@x402/core 2.27.0, `x402Facilitator`";

const POOR = { simulate: "execution reverted: ERC20: transfer amount exceeds balance", balance: 1n };
const SLOW = { receipt: "Timed out while waiting for the transaction to be confirmed" };
const STUCK = { broadcast: "nonce too low: next nonce 7, tx nonce 6" };
const REVERTED = { reverted: true };

export async function trades(facilitator, express, expressV1) {
  // Whoever pays first also asks the facilitator what it supports.
  const plain = await buy("plain", payWithFetch, express, "/report.json");
  const many = await buy("many", payWithFetch, express, "/many.bin");
  const extended = await buy("extended", payWithIdentifier, express, "/extended.json");
  const refused = await buy("refused", payWithFetch, express, "/report.json", POOR);
  const pending = await buy("pending", payWithFetch, express, "/report.json", SLOW);
  const stuck = await buy("stuck", payWithFetch, express, "/report.json", STUCK);
  const reverted = await buy("reverted", payWithFetch, express, "/report.json", REVERTED);
  const v1 = await buy("v1", payWithFetchV1, expressV1, "/report.json");
  const v1ByFetch = await buy("v1 by fetch", payWithFetch, expressV1, "/report.json");
  const v1Refused = await buy("v1 refused", payWithFetchV1, expressV1, "/report.json", POOR);
  const v1Stuck = await buy("v1 stuck", payWithFetchV1, expressV1, "/report.json", STUCK);

  return [
    ...header("payment-required.v2.express", plain.challenge, EXPRESS),
    ...header("payment-required.v2.express-many", many.challenge, `${EXPRESS}: three accepts, non-ASCII description`),
    ...header("payment-required.v2.express-extended", extended.challenge, `${EXPRESS}: three extensions of @x402/extensions 2.27.0`),
    ...header("payment-required.v2.express-refused", refused.paid.required, `${EXPRESS}: after a refused verify`),
    ...header("payment-payload.v2.fetch", plain.sent, FETCH),
    ...header("payment-payload.v2.fetch-many", many.sent, FETCH),
    ...header("payment-payload.v2.fetch-extended", extended.sent, `${FETCH}: extensions echoed, payment-identifier added`),
    ...header("settlement-response.v2.express", plain.paid.settlement, EXPRESS),
    ...header("settlement-response.v2.express-pending", pending.paid.settlement, `${EXPRESS}: on a 402 without PAYMENT-REQUIRED`),
    ...header("settlement-response.v2.express-stuck", stuck.paid.settlement, `${EXPRESS}: on a 402, broadcast failed`),
    ...header("settlement-response.v2.express-reverted", reverted.paid.settlement, `${EXPRESS}: on a 402, transaction reverted`),
    body("verify-request.v2.express", plain.calls.verify.request, EXPRESS),
    body("verify-request.v2.express-extended", extended.calls.verify.request, EXPRESS),
    body("settle-request.v2.express", plain.calls.settle.request, EXPRESS),
    body("verify-response.v2.core.valid", plain.calls.verify.response, CORE),
    body("verify-response.v2.core.balance", refused.calls.verify.response, CORE),
    body("settle-response.v2.core.success", plain.calls.settle.response, CORE),
    body("settle-response.v2.core.pending", pending.calls.settle.response, `${CORE}: receipt not seen in time`),
    body("settle-response.v2.core.stuck", stuck.calls.settle.response, `${CORE}: broadcast failed`),
    body("settle-response.v2.core.reverted", reverted.calls.settle.response, `${CORE}: receipt without success`),
    body("supported.core", plain.calls.supported.response, CORE),

    body("payment-required.v1.x402-express", v1.challengeBody, EXPRESS_V1),
    body("payment-required.v1.x402-express-refused", v1Refused.paid.body, `${EXPRESS_V1}: after a refused verify`),
    body("payment-required.v1.x402-express-stuck", v1Stuck.paid.body, `${EXPRESS_V1}: after a failed settle`),
    ...header("payment-payload.v1.x402-fetch", v1.sent, FETCH_V1),
    ...header("payment-payload.v1.fetch", v1ByFetch.sent, `${FETCH} with \`ExactEvmSchemeV1\` of @x402/evm 2.27.0`),
    ...header("settlement-response.v1.x402-express", v1.paid.settlement, EXPRESS_V1),
    body("verify-request.v1.x402-express", v1.calls.verify.request, EXPRESS_V1),
    body("settle-request.v1.x402-express", v1.calls.settle.request, EXPRESS_V1),
    body("verify-response.v1.core.valid", v1.calls.verify.response, CORE),
    body("verify-response.v1.core.balance", v1Refused.calls.verify.response, CORE),
    body("settle-response.v1.core.success", v1.calls.settle.response, CORE),
    body("settle-response.v1.core.stuck", v1Stuck.calls.settle.response, `${CORE}: broadcast failed, free text as reason`),

    ...(await pythonTrades()),
  ];

  async function buy(scenario, pay, merchant, path, mood = {}) {
    begin(scenario);
    facilitator.be(mood);
    const unpaid = await fetch(merchant.url + path);
    const challengeBody = await unpaid.text();
    const response = await pay(merchant.url + path);
    const sent = merchant.last()["payment-signature"] ?? merchant.last()["x-payment"];
    const get = (name) => response.headers.get(name);
    return {
      challenge: unpaid.headers.get("payment-required"),
      challengeBody,
      sent,
      paid: {
        required: get("payment-required"),
        settlement: get("payment-response") ?? get("x-payment-response"),
        body: await response.text(),
      },
      calls: facilitator.drain(),
    };
  }

  async function pythonTrades() {
    facilitator.be({});
    const { challenge, payment, settlement } = JSON.parse(await python("merchant.py", [facilitator.url, "python"]));
    const calls = facilitator.drain();
    await python("payer.py", [`${express.url}/many.bin`, "python many"]);
    await python("payer.py", [`${expressV1.url}/report.json`, "python v1"]);
    facilitator.drain();
    return [
      ...header("payment-required.v2.fastapi", challenge, FASTAPI),
      ...header("payment-payload.v2.httpx", payment, HTTPX),
      ...header("payment-payload.v2.httpx-many", express.last()["payment-signature"], `${HTTPX}, to @x402/express`),
      ...header("settlement-response.v2.fastapi", settlement, FASTAPI),
      body("verify-request.v2.fastapi", calls.verify.request, "x402 2.25.0 (PyPI), `HTTPFacilitatorClient`"),
      body("settle-request.v2.fastapi", calls.settle.request, "x402 2.25.0 (PyPI), `HTTPFacilitatorClient`"),
      ...header("payment-payload.v1.httpx", expressV1.last()["x-payment"], `${HTTPX}, to x402-express`),
    ];
  }
}
