// A chain of our own making under the other teams' facilitator: it answers their calls as the mood
// says, so that every answer of theirs can be provoked without a network.

import { DEFAULT_ASSETS } from "@x402/evm";
import {
  decodeFunctionData,
  encodeFunctionResult,
  encodePacked,
  erc20Abi,
  keccak256,
  parseAbi,
} from "viem";

import { FACILITATOR } from "../keys.mjs";

const TOKEN = [
  ...erc20Abi,
  ...parseAbi([
    "function version() view returns (string)",
    "function authorizationState(address, bytes32) view returns (bool)",
  ]),
];

// These are contracts here; everybody else is not.
const TOKENS = new Set(Object.values(DEFAULT_ASSETS).flatMap((assets) => assets.map(({ asset }) => asset.toLowerCase())));

const CALM = { balance: 10_000_000n, used: false, name: "USDC", version: "2" };

export function chain() {
  let mood = CALM;
  return {
    // What the chain does until the next call: `simulate`, `broadcast` and `receipt` hold an error
    // text, `reverted` a receipt without success.
    be(changes) {
      mood = { ...CALM, ...changes };
    },
    getAddresses: () => [FACILITATOR.address],
    getCode: async ({ address }) => (TOKENS.has(address.toLowerCase()) ? "0x60" : "0x"),
    verifyTypedData: async () => true,
    async readContract({ functionName, args }) {
      if (functionName === "tryAggregate") return args[1].map(({ callData }) => look(callData, mood));
      if (mood.simulate) throw new Error(mood.simulate);
    },
    async writeContract({ args }) {
      if (mood.broadcast) throw new Error(mood.broadcast);
      // The payer's nonce is enough to tell two transfers apart.
      return keccak256(encodePacked(["string", "bytes32"], ["transaction", args[5]]));
    },
    async waitForTransactionReceipt() {
      if (mood.receipt) throw new Error(mood.receipt);
      return { status: mood.reverted ? "reverted" : "success" };
    },
    sendTransaction() {
      throw new Error("this chain deploys no wallets");
    },
  };
}

function look(data, mood) {
  const { functionName } = decodeFunctionData({ abi: TOKEN, data });
  const result = { balanceOf: mood.balance, name: mood.name, version: mood.version, authorizationState: mood.used }[
    functionName
  ];
  return { success: true, returnData: encodeFunctionResult({ abi: TOKEN, functionName, result }) };
}
