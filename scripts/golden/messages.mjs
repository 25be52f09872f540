// messages/: what travels between payer, merchant and facilitator, byte for byte.

import { freeze } from "./peers/frozen.mjs";
import { startFacilitator } from "./peers/facilitator.mjs";
import { startExpress, startExpressV1 } from "./peers/merchants.mjs";
import { refusals } from "./refusals.mjs";
import { trades } from "./trades.mjs";
import { written } from "./written.mjs";

export async function messages() {
  freeze();
  const facilitator = await startFacilitator();
  const express = await startExpress(facilitator.url);
  const expressV1 = await startExpressV1(facilitator.url);
  try {
    const travelled = await trades(facilitator, express, expressV1);
    return [...travelled, ...(await refusals(facilitator)), ...written(travelled)];
  } finally {
    for (const server of [express, expressV1, facilitator]) server.close();
  }
}
