"""The client of the Model Context Protocol's own SDK for Python, on a string: one order on each line of
standard input, one answer on each line of standard output.

The first order says how to connect: {"command", "args", "env", "cwd"} or {"url", "token"}; and "mode",
as the SDK has it (auto, legacy)."""

import asyncio
import json
import sys

import httpx2
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client


def answer(order, **facts):
    print(json.dumps({"id": order["id"], **facts}), flush=True)


def plain(result):
    return result.model_dump(by_alias=True, exclude_none=True, mode="json")


async def carry_out(client, order):
    if order["do"] == "list":
        return plain(await client.list_tools())["tools"]
    if order["do"] == "about":
        return {"instructions": client.instructions, "version": client.protocol_version}
    calling = client.call_tool(order["tool"], order["arguments"])
    if "patience" not in order:
        return plain(await calling)
    # A caller that loses patience: the SDK tells the server that the call is cancelled.
    return plain(await asyncio.wait_for(calling, order["patience"]))


async def obey(client, order):
    try:
        answer(order, result=await carry_out(client, order))
    except (MCPError, RuntimeError, TimeoutError) as error:
        answer(order, error=f"{type(error).__name__}: {error}")


async def main():
    loop = asyncio.get_running_loop()
    how = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    if "url" in how:
        headers = {"Authorization": f"Bearer {how['token']}"} if "token" in how else {}
        http = httpx2.AsyncClient(headers=headers, timeout=120, trust_env=False)
        server = streamable_http_client(how["url"], http_client=http)
    else:
        server = StdioServerParameters(
            command=how["command"], args=how["args"], env=how["env"], cwd=how["cwd"]
        )
    async with Client(server, mode=how["mode"]) as client:
        answer({"id": 0}, result="connected")
        under_way = set()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            task = asyncio.create_task(obey(client, json.loads(line)))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        for task in under_way:
            task.cancel()


asyncio.run(main())
