"""git fetch in the current directory, while nobody else has that repository."""

import subprocess
import sys

import repolock


def told(now: repolock.Waiting) -> None:
    """While it waits, it says for whom."""
    holder = now.holders[0].text if now.holders else "nobody"
    print(f"in place {now.place}, behind {holder}", file=sys.stderr)


def main() -> int:
    """The status of git, or 75 if somebody else had the lock all the time."""
    repo = sys.argv[1] if len(sys.argv) > 1 else "owner/name"
    with repolock.Client(holder="git fetch") as client:
        try:
            with client.lock(repo, wait=30, on_waiting=told) as lock:
                print("mine, with fence", lock.fence, flush=True)
                return subprocess.run(["git", "fetch"], check=False).returncode
        except repolock.LockTimeoutError as timeout:
            print(timeout, file=sys.stderr)
            return 75


if __name__ == "__main__":
    sys.exit(main())
