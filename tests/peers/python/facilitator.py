"""The PyPI SDK's facilitator over web3.py, behind FastAPI, as its documentation puts them together.

RPC_URL is its chain, PRIVATE_KEY its account; it says where it listens.
"""

import os

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from serving import run
from x402.facilitator import x402FacilitatorSync
from x402.mechanisms.evm.exact.register import register_exact_evm_facilitator
from x402.mechanisms.evm.signers import FacilitatorWeb3Signer
from x402.schemas.helpers import parse_payment_payload, parse_payment_requirements

signer = FacilitatorWeb3Signer(os.environ["PRIVATE_KEY"], os.environ["RPC_URL"])
facilitator = register_exact_evm_facilitator(x402FacilitatorSync(), signer, "eip155:84532")
app = FastAPI()


@app.get("/supported")
def supported():
    return facilitator.get_supported()


@app.post("/{what}")
async def judge(what: str, request: Request):
    # The SDK is synchronous here: other requests wait in the threads that FastAPI has for such work.
    from starlette.concurrency import run_in_threadpool

    asked = await request.json()
    try:
        payload = parse_payment_payload(asked["paymentPayload"])
        requirements = parse_payment_requirements(payload.x402_version, asked["paymentRequirements"])
        return await run_in_threadpool(getattr(facilitator, what), payload, requirements)
    except Exception as error:  # noqa: BLE001: whatever it is, a server would answer this
        return JSONResponse({"error": str(error)}, status_code=500)


run("facilitator", app)
