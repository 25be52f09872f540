"""The PyPI SDK's payer buys the URL on the command line; the merchant notes what it was sent."""

import asyncio
import sys

import httpx
from frozen import freeze
from keys import PAYER
from x402 import x402Client
from x402.http.clients.httpx import x402AsyncTransport
from x402.mechanisms.evm.exact.register import register_exact_evm_client


async def main(url: str, scenario: str) -> None:
    freeze(scenario)
    client = register_exact_evm_client(x402Client(), PAYER)
    async with httpx.AsyncClient(transport=x402AsyncTransport(client)) as http:
        response = await http.get(url)
        response.raise_for_status()


asyncio.run(main(*sys.argv[1:]))
