"""One `repolock run`: it waits, holds and lets go, and tells of it on stderr in JSON."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

UNDER_LOCK = str(Path(__file__).with_name("under_lock"))


class Run:
    """What a lease is in the shell: a process, until it ends."""

    def __init__(self, words, where, tell):
        self._words, self._tell = words, tell
        self.where = where
        self._process = self._reader = self._pipe = None
        self.place, self.granted, self.lost, self.status = 0, None, None, None

    async def obtained(self):
        """The object that says so, or else the one that says why not."""
        read_end, self._pipe = os.pipe()
        # Like any command of a shell that is killed with kill -9 together with it.
        self._process = await asyncio.create_subprocess_exec(
            "setpriv", "--pdeathsig", "KILL", *self._words, "--", UNDER_LOCK, stdin=read_end,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        os.close(read_end)
        answer = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(answer))
        return await answer

    async def _read(self, answer):
        failure = {}
        async for line in self._process.stderr:
            try:
                said = json.loads(line)
            except ValueError:
                sys.stderr.buffer.write(line)
                continue
            if said["event"] == "waiting":
                self.place = said["place"]
                self._tell(said)
            elif said["event"] == "obtained":
                self.granted = said
                answer.set_result(said)
            elif said["event"] == "lost":
                self.lost = said
                self._tell(said)
            elif said["event"] == "error":
                failure = said
        self.status = await self._process.wait()
        os.close(self._pipe)
        if not answer.done():
            answer.set_result(failure)

    def cancel(self):
        """Ctrl-C and its like end a wait."""
        if self.granted is None and self.status is None:
            self._process.send_signal(signal.SIGTERM)

    async def work(self, witness):
        os.write(self._pipe, f"work {witness}\n".encode())
        return (await self._process.stdout.readline()).decode().strip()

    async def release(self):
        """Its exit status."""
        if self.status is None and self.lost is None:
            os.write(self._pipe, b"release\n")
        await self._reader
        return self.status
