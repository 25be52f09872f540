"""The PyPI SDK's facilitator answers the cases on standard input, over a chain of our own making.

Each case is {name, path, request, mood}; printed is {name: answer}, with absent members as null,
as FastAPI writes them.
"""

import json
import sys

from eth_abi import encode
from frozen import freeze
from keys import FACILITATOR
from x402.facilitator import x402FacilitatorSync
from x402.mechanisms.evm.exact.register import register_exact_evm_facilitator
from x402.mechanisms.evm.types import TransactionReceipt
from x402.schemas import PaymentPayload, PaymentRequirements

TOKEN = "0x036cbd53842c5426634e7929541ec2318f3dcf7e"


class Chain:
    """The chain of chain.mjs: it does what the mood says."""

    def __init__(self) -> None:
        self.mood: dict = {}

    def get_addresses(self) -> list[str]:
        return [FACILITATOR]

    def get_chain_id(self) -> int:
        return 84532

    def get_code(self, address: str) -> bytes:
        return b"\x60" if address.lower() == TOKEN else b""

    def read_contract(self, address: str, abi: list, function_name: str, *args: object) -> object:
        if function_name == "tryAggregate":
            used, balance = self.mood.get("used", False), int(self.mood.get("balance", 10_000_000))
            # The SDK asks for balance, name, version and authorization state, in this order.
            words = [("uint256", balance), ("string", "USDC"), ("string", "2"), ("bool", used)]
            assert len(args[1]) == len(words)
            return [(True, encode([kind], [value])) for kind, value in words]
        if "simulate" in self.mood:
            raise RuntimeError(self.mood["simulate"])
        return None

    def write_contract(self, *args: object, data_suffix: str | None = None) -> str:
        if "broadcast" in self.mood:
            raise RuntimeError(self.mood["broadcast"])
        return "0x" + "5a" * 32

    def wait_for_transaction_receipt(self, tx_hash: str) -> TransactionReceipt:
        if "receipt" in self.mood:
            raise RuntimeError(self.mood["receipt"])
        status = 0 if self.mood.get("reverted") else 1
        return TransactionReceipt(status=status, block_number=1, tx_hash=tx_hash)


def main() -> None:
    freeze("facilitator")
    answers = {}
    for case in json.load(sys.stdin):
        chain = Chain()
        chain.mood = case["mood"]
        facilitator = register_exact_evm_facilitator(x402FacilitatorSync(), chain, "eip155:84532")
        if case["path"] == "supported":
            answer = facilitator.get_supported()
        else:
            request = json.loads(case["request"])
            payload = PaymentPayload.model_validate(request["paymentPayload"])
            requirements = PaymentRequirements.model_validate(request["paymentRequirements"])
            answer = getattr(facilitator, case["path"])(payload, requirements)
        answers[case["name"]] = answer.model_dump_json(by_alias=True)
    print(json.dumps(answers))


main()
