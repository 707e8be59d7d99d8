"""The options of the demo: each is a flag, and a variable for `make demo NAME=value`."""

import argparse
import os


def _lock(text):
    if text not in ("on", "off"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither on nor off")
    return text


def _count(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is too few, give 1 or more")
    return number


# flag, variable, default, type, what it is
_TABLE = [
    ("--workers", "WORKERS", 8, _count, "worker processes"),
    ("--jobs", "JOBS", 200, _count, "jobs, snapshot and unwatch"),
    ("--repos", "REPOS", 5, _count, "repositories, made on the spot"),
    ("--seconds", "SECONDS", 180, float, "the longest that the run may take"),
    ("--wait", "WAIT", 1000, int, "milliseconds to wait for a lock before the job is put back"),
    ("--lock", "LOCK", "on", _lock, "off: the same work without the lock, and the damage counted"),
    ("--url", "URL", "", str, "where the locks are; redis:auto: on a Redis server that the demo "
     "starts, and kills once; quorum:auto: on five, of which one is killed; default: files in the "
     "demo's own directory"),
    ("--outage", "OUTAGE", 0, int, "1: one upstream goes away until a circuit breaker opens"),
    ("--seed", "SEED", 1, int, "of the list of jobs"),
    ("--keep", "KEEP", 0, int, "1: leave the temporary directory"),
    ("--build", "BUILD", "build", str, "where the build is, and the picture goes"),
    ("--worker", "WORKER", "", str, "the worker; default: bin/snapshot_worker of the build"),
]


def read(arguments):
    parser = argparse.ArgumentParser(
        prog="demo", description="Workers that clone, pull and delete the same git repositories.")
    for flag, variable, default, kind, doc in _TABLE:
        value = os.environ.get(variable) or default
        parser.add_argument(flag, type=kind, default=str(value), metavar=variable,
                            help=f"{doc} ({default})" if default != "" else doc)
    options = parser.parse_args(arguments)
    options.locked = options.lock == "on"
    options.on_redis = options.locked and options.url.startswith(("redis", "quorum:"))
    return options
