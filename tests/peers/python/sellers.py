"""The PyPI SDK's FastAPI middleware in front of a handler that sends a small object, once for each of
the FACILITATORS, which are separated by commas. PAYEE is paid; each says where it listens.
"""

import asyncio
import os

from fastapi import FastAPI
from serving import serve
from x402 import x402ResourceServer
from x402.http import FacilitatorConfig, HTTPFacilitatorClient
from x402.http.middleware.fastapi import payment_middleware
from x402.mechanisms.evm.exact.register import register_exact_evm_server

ROUTES = {
    "GET /premium/a.json": {
        "accepts": {
            "scheme": "exact",
            "network": "eip155:84532",
            "price": "$0.001",
            "payTo": os.environ["PAYEE"],
            "maxTimeoutSeconds": 60,
        },
        "description": "A small object",
        "mimeType": "application/json",
    }
}


def seller(facilitator_url):
    facilitator = HTTPFacilitatorClient(FacilitatorConfig(url=facilitator_url))
    server = register_exact_evm_server(x402ResourceServer(facilitator), "eip155:84532")
    app = FastAPI()
    app.middleware("http")(payment_middleware(ROUTES, server))

    @app.get("/premium/a.json")
    async def answer():
        return {"answer": 42}

    return app


async def main():
    urls = os.environ["FACILITATORS"].split(",")
    await asyncio.gather(*(serve(f"fastapi {i}", seller(url)) for i, url in enumerate(urls)))


asyncio.run(main())
