"""Puts applications on free loopback ports and says where."""

import asyncio
import socket

import uvicorn


async def serve(name, app):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    print(f"{name} listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    await server.serve(sockets=[listener])


def run(name, app):
    asyncio.run(serve(name, app))
