"""The PyPI SDK's merchant (FastAPI) and payer do business inside one process.

Prints the three headers as JSON. The facilitator's URL is on the command line.
"""

import asyncio
import json
import sys

import httpx
from fastapi import FastAPI, Request
from frozen import freeze
from keys import MERCHANT, PAYER
from x402 import x402Client, x402ResourceServer
from x402.http import FacilitatorConfig, HTTPFacilitatorClient
from x402.http.clients.httpx import x402AsyncTransport
from x402.http.middleware.fastapi import payment_middleware
from x402.mechanisms.evm.exact.register import register_exact_evm_client, register_exact_evm_server

ROUTES = {
    "GET /report.json": {
        "accepts": {
            "scheme": "exact",
            "network": "eip155:84532",
            "price": "$0.01",
            "payTo": MERCHANT,
            "maxTimeoutSeconds": 60,
        },
        "resource": "https://files.example/report.json",
        "description": "Quarterly report, größer",
        "mimeType": "application/json",
    }
}


def merchant(facilitator_url: str, sent: list[str]) -> FastAPI:
    facilitator = HTTPFacilitatorClient(FacilitatorConfig(url=facilitator_url))
    server = register_exact_evm_server(x402ResourceServer(facilitator), "eip155:84532")
    app = FastAPI()
    app.middleware("http")(payment_middleware(ROUTES, server))

    @app.middleware("http")
    async def note(request: Request, call_next):
        sent.append(request.headers.get("payment-signature", ""))
        return await call_next(request)

    @app.get("/report.json")
    async def report() -> dict[str, int]:
        return {"rows": 3}

    return app


async def main(facilitator_url: str, scenario: str) -> None:
    freeze(scenario)
    sent: list[str] = []
    local = httpx.ASGITransport(merchant(facilitator_url, sent))
    url = "http://127.0.0.1/report.json"
    async with httpx.AsyncClient(transport=local) as http:
        challenge = await http.get(url)
    client = register_exact_evm_client(x402Client(), PAYER)
    async with httpx.AsyncClient(transport=x402AsyncTransport(client, local)) as http:
        paid = await http.get(url)
        paid.raise_for_status()
    headers = {
        "challenge": challenge.headers["payment-required"],
        "payment": sent[-1],
        "settlement": paid.headers["payment-response"],
    }
    print(json.dumps(headers))


asyncio.run(main(*sys.argv[1:]))
