// networks.json: the default tokens on which both SDKs agree, joined with viem's chain definitions.

import { DEFAULT_ASSETS } from "@x402/evm";
import { EVM_NETWORK_CHAIN_ID_MAP } from "@x402/evm/v1";
import * as chains from "viem/chains";

import { python } from "./peers/python.mjs";

const PERMIT2_ONLY = "default token moves by permit2 only";
const PYTHON_ONLY = "named by the Python SDK alone";
const TYPESCRIPT_ONLY = "named by the TypeScript SDK alone";
const DISAGREE = "the two SDKs disagree";

export async function networks() {
  const theirs = JSON.parse(await python("default_assets.py"));
  const listed = [];
  const skipped = [];
  for (const [network, assets] of Object.entries(DEFAULT_ASSETS)) {
    const chainId = Number(network.split(":")[1]);
    const reason = whyNot(assets, theirs[network]);
    if (reason) skipped.push(skip(chainId, assets, reason));
    else listed.push(row(chainId, assets));
  }
  for (const [network, assets] of Object.entries(theirs)) {
    if (network in DEFAULT_ASSETS) continue;
    skipped.push(skip(Number(network.split(":")[1]), assets, PYTHON_ONLY));
  }
  const source =
    "@x402/evm 2.27.0 DEFAULT_ASSETS and EVM_NETWORK_CHAIN_ID_MAP, x402 2.25.0 (PyPI) DEFAULT_ASSETS, viem 2.57.1 chains (explorer without its trailing slash)";
  return [{ path: "networks.json", content: { networks: listed, skipped }, source }];
}

function whyNot(ours, theirs) {
  if (ours[0].assetTransferMethod === "permit2") return PERMIT2_ONLY;
  if (!theirs) return TYPESCRIPT_ONLY;
  const [left, right] = [ours, theirs].map((assets) => JSON.stringify(eip3009(assets).map(asset)));
  return left === right ? null : DISAGREE;
}

function row(chainId, assets) {
  const [first, ...more] = eip3009(assets).map(asset);
  const chain = viemChain(chainId);
  return {
    chain_id: chainId,
    name: chain.name,
    legacy_name: legacyName(chainId),
    testnet: chain.testnet === true,
    asset: first,
    more_assets: more,
    explorer_url: chain.blockExplorers.default.url.replace(/\/$/, ""),
    rpc_url: chain.rpcUrls.default.http[0],
  };
}

const skip = (chainId, assets, reason) => ({
  chain_id: chainId,
  legacy_name: legacyName(chainId),
  symbol: assets[0].symbol,
  decimals: assets[0].decimals,
  reason,
});

const eip3009 = (assets) => assets.filter((asset) => asset.assetTransferMethod !== "permit2");

const asset = ({ asset, symbol, decimals, name, version }) => ({
  address: asset,
  symbol,
  decimals,
  eip712_name: name,
  eip712_version: version,
});

function legacyName(chainId) {
  const names = Object.keys(EVM_NETWORK_CHAIN_ID_MAP);
  return names.find((name) => EVM_NETWORK_CHAIN_ID_MAP[name] === chainId) ?? null;
}

// viem exports two chains a second time, with an endpoint that answers from unfinished blocks.
function viemChain(chainId) {
  const [, chain] = Object.entries(chains).find(
    ([key, chain]) => chain.id === chainId && !key.endsWith("Preconf"),
  );
  return chain;
}
