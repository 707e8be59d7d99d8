"""A program that locks with redis-py's Lock: see test_redis_interop.py.

usage: redis_py.py hold|try|rounds KEY TTL_MS WITNESS SOCKET
"""
import os
import sys

import redis
from redis.exceptions import LockError

ROUNDS = 5


def main(task, key, ttl, witness, path):
    lock = redis.Redis(unix_socket_path=path).lock(key, timeout=int(ttl) / 1000,
                                                   blocking=task != "try")
    if task == "rounds":
        for _ in range(ROUNDS):
            with lock:
                os.mkdir(witness)  # fails if anybody else is inside
                os.rmdir(witness)
        return
    if not lock.acquire():
        print("busy")
        return
    print("held", flush=True)
    sys.stdin.read()
    try:
        lock.release()
        print("released")
    except LockError:
        print("lost")


main(*sys.argv[1:])
