// Reads the sandbox with viem, as a merchant, a payer and a facilitator would, and pays through it.
//
//   node sandbox/tests/viem_reader.mjs <rpc url> <folder with node_modules>
//
// Prints one line per claim and exits with 0 only if every claim holds.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [url, tools] = process.argv.slice(2);
const require = createRequire(join(tools, "anywhere.js"));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { createPublicClient, createWalletClient, http, isAddressEqual, parseAbi, parseEther, keccak256, toHex, hashDomain } = await load("viem");
const { baseSepolia } = await load("viem/chains");
const { privateKeyToAccount } = await load("viem/accounts");

const USDC = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
const abi = parseAbi([
  "function name() view returns (string)",
  "function version() view returns (string)",
  "function paused() view returns (bool)",
  "function decimals() view returns (uint8)",
  "function balanceOf(address) view returns (uint256)",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function authorizationState(address, bytes32) view returns (bool)",
  "function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)",
  "event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)",
  "event Transfer(address indexed from, address indexed to, uint256 value)",
]);
const domain = { name: "USDC", version: "2", chainId: 84532, verifyingContract: USDC };
const types = {
  TransferWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
};

// Keys 1 to 3 of the development mnemonic.
const payer = privateKeyToAccount("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d");
const payee = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const relayer = privateKeyToAccount("0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6");

const reader = createPublicClient({ chain: baseSepolia, transport: http(url, { batch: true }), pollingInterval: 100 });
const sender = createWalletClient({ account: relayer, chain: baseSepolia, transport: http(url) });
const read = (functionName, args = []) => reader.readContract({ address: USDC, abi, functionName, args });

async function pay(authorization, tamper = (it) => it) {
  const signature = tamper(await payer.signTypedData({ domain, types, primaryType: "TransferWithAuthorization", message: authorization }));
  const { from, to, value, validAfter, validBefore, nonce } = authorization;
  const args = [from, to, value, validAfter, validBefore, nonce, signature];
  return sender.writeContract({ address: USDC, abi, functionName: "transferWithAuthorization", args });
}

const claims = {
  async "the chain is Base Sepolia"() {
    assert.equal(await reader.getChainId(), 84532);
    assert.equal(await reader.request({ method: "net_version" }), "84532");
  },
  async "blocks come every two seconds and link up"() {
    const block = await reader.getBlock({ includeTransactions: true });
    const next = await reader.getBlock({ blockNumber: await nextBlock(block.number) });
    assert.equal(next.parentHash, block.hash);
    assert.equal(next.timestamp, block.timestamp + 2n);
    assert.equal((await reader.getBlock({ blockHash: block.hash })).number, block.number);
  },
  async "the token calls itself as Circle's does"() {
    assert.deepEqual(await Promise.all([read("name"), read("version"), read("decimals")]), ["USDC", "2", 6]);
    assert.equal(await read("DOMAIN_SEPARATOR"), hashDomain({ domain, types: { EIP712Domain: [
      { name: "name", type: "string" },
      { name: "version", type: "string" },
      { name: "chainId", type: "uint256" },
      { name: "verifyingContract", type: "address" },
    ] } }));
  },
  async "reads are bundled by the contract that clients bundle with"() {
    const contracts = ["name", "version", "paused"].map((functionName) => ({ address: USDC, abi, functionName }));
    const missing = { address: USDC, abi: parseAbi(["function missing() view returns (bool)"]), functionName: "missing" };
    const results = await reader.multicall({ contracts: [...contracts, missing] });
    assert.deepEqual(results.map((it) => it.result), ["USDC", "2", false, undefined]);
  },
  async "accounts are rich and their nonces count"() {
    assert.ok((await reader.getBalance({ address: payer.address })) > parseEther("1"));
    assert.ok((await read("balanceOf", [payer.address])) > 1_000n);
    assert.equal(await reader.getTransactionCount({ address: payer.address }), 0);
    assert.ok((await reader.getCode({ address: USDC })).length > 1_000);
  },
  async "a signed authorization pays, and its receipt proves it"() {
    const authorization = fresh("viem reader");
    const before = await read("balanceOf", [payee]);
    const hash = await pay(authorization);
    const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 10_000 });
    assert.equal(receipt.status, "success");
    assert.equal(receipt.logs.length, 2);
    assert.equal((await read("balanceOf", [payee])) - before, authorization.value);
    assert.equal(await read("authorizationState", [payer.address, authorization.nonce]), true);
    assert.equal(await reader.readContract({ address: USDC, abi, functionName: "authorizationState", args: [payer.address, authorization.nonce], blockNumber: receipt.blockNumber - 1n }), false);
    const transaction = await reader.getTransaction({ hash });
    assert.equal(transaction.blockNumber, receipt.blockNumber);
    assert.ok(isAddressEqual(transaction.from, relayer.address));
    const block = await reader.getBlock({ blockNumber: receipt.blockNumber, includeTransactions: true });
    assert.equal(block.transactions[0].hash, hash);
  },
  async "logs are found by contract, topics and range"() {
    const { nonce } = fresh("viem reader");
    const found = { address: USDC, fromBlock: "earliest", toBlock: "latest" };
    const used = await reader.getContractEvents({ ...found, abi, eventName: "AuthorizationUsed", args: { authorizer: payer.address, nonce } });
    assert.equal(used.length, 1);
    const moved = await reader.getContractEvents({ ...found, abi, eventName: "Transfer", args: { from: payer.address, to: payee } });
    assert.equal(moved.length, 1);
    assert.equal(moved[0].args.value, 1_000n);
    assert.equal(moved[0].transactionHash, used[0].transactionHash);
    assert.equal((await reader.getLogs({ blockHash: used[0].blockHash })).length, 2);
  },
  async "a second use is refused in the token's words"() {
    await assert.rejects(pay(fresh("viem reader")), /FiatTokenV2: authorization is used or canceled/);
  },
  async "an authorization from now on is too early until the next block"() {
    const { timestamp } = await reader.getBlock();
    const early = { ...fresh("early"), validAfter: timestamp + 2n };
    await assert.rejects(pay(early), /FiatTokenV2: authorization is not yet valid/);
  },
  async "a tampered signature is refused in the token's words"() {
    const tamper = (signature) => signature.replace(/^0x../, "0x00");
    await assert.rejects(pay(fresh("tampered"), tamper), /FiatTokenV2: invalid signature|ECRecover: invalid signature/);
  },
  async "the faucet gives"() {
    const poor = "0x000000000000000000000000000000000000dEaD";
    const hashes = await reader.request({ method: "sandbox_faucet", params: [poor, toHex(5_000_000n), toHex(parseEther("1"))] });
    for (const hash of hashes) await reader.waitForTransactionReceipt({ hash, timeout: 10_000 });
    assert.equal(await read("balanceOf", [poor]), 5_000_000n);
    assert.equal(await reader.getBalance({ address: poor }), parseEther("1"));
  },
  async "fees can be estimated"() {
    const fees = await reader.estimateFeesPerGas();
    assert.ok(fees.maxFeePerGas > fees.maxPriorityFeePerGas);
    const history = await reader.getFeeHistory({ blockCount: 3, rewardPercentiles: [50] });
    assert.equal(history.baseFeePerGas.length, history.gasUsedRatio.length + 1);
  },
};

function fresh(name) {
  const nonce = keccak256(toHex(name));
  return { from: payer.address, to: payee, value: 1_000n, validAfter: 0n, validBefore: 4_000_000_000n, nonce };
}

async function nextBlock(number) {
  for (;;) {
    if ((await reader.getBlockNumber({ cacheTime: 0 })) > number) return number + 1n;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

for (const [claim, check] of Object.entries(claims)) {
  await check();
  console.log(`ok: ${claim}`);
}
