"""Prints the Python SDK's default assets as JSON, in the TypeScript SDK's field names."""

import json

from x402.mechanisms.evm.default_assets import DEFAULT_ASSETS

NAMES = {"asset_transfer_method": "assetTransferMethod", "supports_eip2612": "supportsEip2612"}

print(
    json.dumps(
        {
            network: [{NAMES.get(key, key): value for key, value in entry.items()} for entry in entries]
            for network, entries in DEFAULT_ASSETS.items()
        }
    )
)
