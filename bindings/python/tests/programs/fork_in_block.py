"""Forks inside a block, and the child leaves it: fork_in_block.py URL REPO."""

import os
import sys

import repolock

url, repo = sys.argv[1:]
client = repolock.Client(url)
child = -1
try:
    with client.lock(repo) as lock:
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            assert status == 0
            lock.check()
            print("held", flush=True)
except repolock.LockForkedError as error:
    assert child == 0
    print(type(error).__name__, flush=True)
