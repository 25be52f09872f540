"""Payers for Python as people write them. Takes one order for each line of JSON on standard input,
{"id", "payer", "url", "key"}, and answers each with one line: {"id", "status", "body"}, or {"id",
"thrown"} where the library gave up.
"""

import asyncio
import json
import secrets
import sys
import time

import httpx
import requests
from bedrock_agentcore.payments.manager import PaymentManager
from eth_account import Account
from x402 import x402Client, x402ClientSync
from x402.http.clients.httpx import x402AsyncTransport
from x402.http.clients.requests import wrapRequestsWithPayment
from x402.mechanisms.evm.exact.register import register_exact_evm_client

TYPES = {
    "TransferWithAuthorization": [
        {"name": "from", "type": "address"},
        {"name": "to", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "validAfter", "type": "uint256"},
        {"name": "validBefore", "type": "uint256"},
        {"name": "nonce", "type": "bytes32"},
    ]
}


async def with_httpx(url, key):
    client = register_exact_evm_client(x402Client(), Account.from_key(key))
    async with httpx.AsyncClient(transport=x402AsyncTransport(client), timeout=30) as http:
        response = await http.get(url)
        return response.status_code, response.text


async def with_requests(url, key):
    def buy():
        client = register_exact_evm_client(x402ClientSync(), Account.from_key(key))
        session = wrapRequestsWithPayment(requests.Session(), client)
        response = session.get(url, timeout=30)
        return response.status_code, response.text

    return await asyncio.to_thread(buy)


class Service:
    """What AWS does for the SDK: it keeps the wallet and signs. Its signatures are valid from the
    moment at which they are made."""

    def __init__(self, key):
        self.account = Account.from_key(key)

    def get_payment_instrument(self, **_):
        details = {"embeddedCryptoWallet": {"network": "ETHEREUM"}}
        return {"paymentInstrument": {"paymentInstrumentDetails": details}}

    def process_payment(self, paymentInput, **_):  # noqa: N803: the service's own spelling
        asked = paymentInput["cryptoX402"]
        offer = asked["payload"]
        amount = offer["amount"] if asked["version"] == "2" else offer["maxAmountRequired"]
        now = int(time.time())
        message = {
            "from": self.account.address,
            "to": offer["payTo"],
            "value": int(amount),
            "validAfter": now,
            "validBefore": now + offer["maxTimeoutSeconds"],
            "nonce": secrets.token_bytes(32),
        }
        domain = {
            "name": offer["extra"]["name"],
            "version": offer["extra"]["version"],
            "chainId": 84532,
            "verifyingContract": offer["asset"],
        }
        signed = self.account.sign_typed_data(domain, TYPES, message)
        spelled = {name: str(it) for name, it in message.items()}
        spelled["nonce"] = "0x" + message["nonce"].hex()
        payload = {"signature": "0x" + signed.signature.hex(), "authorization": spelled}
        return {"processPayment": {"paymentOutput": {"cryptoX402": {"payload": payload}}}}


async def with_bedrock(url, key):
    def buy():
        arn = "arn:aws:bedrock-agentcore:us-west-2:123456789012:payment-manager/peers"
        manager = PaymentManager(arn, region_name="us-west-2")
        manager._payment_client = Service(key)
        # As the tool that the SDK gives to agents asks.
        with httpx.Client(timeout=30.0, follow_redirects=True) as http:
            asked = http.get(url)
            seen = {
                "statusCode": asked.status_code,
                "headers": dict(asked.headers),
                "body": asked.json(),
            }
            header = manager.generate_payment_header("instrument", "session", seen, user_id="user")
            response = http.get(url, headers=header)
            return response.status_code, response.text

    return await asyncio.to_thread(buy)


PAYERS = {"httpx": with_httpx, "requests": with_requests, "bedrock": with_bedrock}


async def fill(order):
    answer = {"id": order["id"]}
    try:
        answer["status"], answer["body"] = await PAYERS[order["payer"]](order["url"], order["key"])
    except Exception as error:  # noqa: BLE001: whatever it is, it is the row's result
        answer["thrown"] = f"{type(error).__name__}: {error}"
    print(json.dumps(answer), flush=True)


async def main():
    filling = set()
    while line := await asyncio.to_thread(sys.stdin.readline):
        task = asyncio.create_task(fill(json.loads(line)))
        filling.add(task)
        task.add_done_callback(filling.discard)


asyncio.run(main())
