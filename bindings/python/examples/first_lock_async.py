"""Several repositories at once, each while nobody else has it."""

import asyncio
import sys

import repolock


async def fetch(client: repolock.Client, repo: str) -> None:
    """In the directory of that name."""
    async with client.lock(repo, holder="fetch") as lock:
        print(repo, "is mine, with fence", lock.fence)
        git = await asyncio.create_subprocess_exec("git", "-C", repo, "fetch")
        await git.wait()


async def main() -> None:
    """For all that the command line names."""
    async with repolock.Client() as client:
        await asyncio.gather(*(fetch(client, repo) for repo in sys.argv[1:] or ["owner/name"]))


if __name__ == "__main__":
    asyncio.run(main())
