"""The agent of this binding for the conformance tests.

It does what a line of JSON on stdin says and answers with one on stdout. tests/conformance/README.md has
the verbs.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from status import Message, invalid, status
from verbs import VERBS, Agent


def tell(message: Message) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


async def answer(agent: Agent, request: Message) -> None:
    verb = VERBS.get(request["do"])
    try:
        reply = await verb(agent, request) if verb else invalid(f"no verb {request['do']}")
    except KeyError as missing:
        reply = invalid(f"no such handle or member: {missing}")
    except BaseException as error:
        reply = status(error)
    tell({**reply, "id": request["id"]})


async def lines() -> Any:
    reader = asyncio.StreamReader(limit=2**20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def main() -> None:
    agent = Agent(tell)
    under_way: set[asyncio.Task[None]] = set()
    async for request in lines():
        task = asyncio.create_task(answer(agent, request))
        agent.requests[request["id"]] = task
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    for client in agent.clients.values():
        await client.shutdown_async(0)
    await asyncio.gather(*under_way)


asyncio.run(main())
