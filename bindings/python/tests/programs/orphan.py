"""Is killed while a child of its works on, with the lock's descriptor: orphan.py URL REPO."""

import os
import signal
import subprocess
import sys

import repolock

url, repo = sys.argv[1:]
client = repolock.Client(url)
lock = client.lock(repo)
lock.acquire()
fd = lock.inherit_fd()
child = subprocess.Popen(
    ["sleep", "1000"], pass_fds=[fd], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
)
print(child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
