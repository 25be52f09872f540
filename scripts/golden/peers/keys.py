"""The moment and the keys of frozen.mjs and keys.mjs."""

from eth_account import Account

NOW = 1_800_000_000

# Accounts 0 and 1 of the phrase that every development chain uses.
PAYER = Account.from_key("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
MERCHANT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
FACILITATOR = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
