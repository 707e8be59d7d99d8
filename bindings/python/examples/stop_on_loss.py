"""The work is stopped when the lock is lost. Here somebody breaks it, while a git waits for nothing."""

import asyncio
from asyncio.subprocess import PIPE

import repolock


async def work(client: repolock.Client, lock: repolock.Lock) -> None:
    """A git that reads what nobody writes; it does not outlive the block."""
    git = await asyncio.create_subprocess_exec("git", "hash-object", "--stdin", stdin=PIPE)
    try:
        await client.break_lock_async("owner/name", lock.lease_id)
        await git.wait()
    except asyncio.CancelledError:
        print("stopped")
        git.kill()
        await git.wait()
        raise


async def main() -> None:
    """Prints that it was stopped, and why."""
    async with repolock.Client("memory:") as client:
        try:
            async with client.lock("owner/name", on_lost="cancel") as lock:
                await work(client, lock)
        except repolock.LockLostError as loss:
            print(loss.reason)


if __name__ == "__main__":
    asyncio.run(main())
