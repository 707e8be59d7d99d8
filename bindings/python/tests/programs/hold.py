"""Holds a lock, and ends so: hold.py URL REPO return|sys.exit|os._exit|kill|error."""

import os
import signal
import sys

import repolock

url, repo, how = sys.argv[1:]
client = repolock.Client(url, ttl=0.3)
lock = client.lock(repo)
lock.acquire()
print("held", flush=True)
if how == "sys.exit":
    sys.exit(3)
if how == "os._exit":
    os._exit(3)
if how == "error":
    raise RuntimeError("a defect")
if how == "kill":
    signal.pause()
