// What both paywalls are told: the same route, price and facilitator as the merchant.

import { HTTPFacilitatorClient } from "@x402/core/server";

const { PORT, FACILITATOR_URL, RESOURCE_PATH } = process.env;

export const port = Number(PORT);
export const path = RESOURCE_PATH;
export const facilitator = new HTTPFacilitatorClient({ url: FACILITATOR_URL });
export const networks = "eip155:*";
export const body = { answer: 42 };
export const routes = {
  [`GET ${RESOURCE_PATH}`]: {
    accepts: {
      scheme: "exact",
      network: "eip155:84532",
      price: "$0.001",
      payTo: "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
      maxTimeoutSeconds: 60,
    },
    description: "Market data",
    mimeType: "application/json",
  },
};
