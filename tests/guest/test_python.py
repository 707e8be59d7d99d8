#!/usr/bin/env python3
"""Python as a host, by ctypes: the GIL may be held for longer than the ttl, threads wait side by side,
and children are made by os.fork and by multiprocessing."""

import ctypes
import faulthandler
import locale
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.append(os.path.join(os.environ["REPOLOCK_SOURCE_DIR"], "tests/integration"))
from redis_support import Server, skip_without_redis

OK, E_HELD, E_FORKED = 0, -4, -15
TTL_MS = 300

library = ctypes.CDLL(os.environ["REPOLOCK_LIBRARY"])
with_gil = ctypes.PyDLL(None)  # its calls do not let go of the GIL
for name in ("config_new", "request_new"):
    getattr(library, "repolock_" + name).restype = ctypes.c_void_p


def call(name, *arguments):
    return getattr(library, "repolock_" + name)(*arguments)


class Client:
    def __init__(self, url):
        config = ctypes.c_void_p(call("config_new"))
        err = ctypes.create_string_buffer(512)
        for key, value in (("backend", url), ("ttl_ms", str(TTL_MS))):
            assert call("config_set", config, key.encode(), value.encode(), err, 512) == OK, err.value
        self.pointer = ctypes.c_void_p()
        status = call("client_open", config, ctypes.byref(self.pointer), err, 512)
        assert status == OK, err.value
        call("config_free", config)

    def lock(self, name, wait_ms=None):
        """A lease, or the status that says why not."""
        request = None
        if wait_ms is not None:
            request = ctypes.c_void_p(call("request_new"))
            call("request_set_wait", request, ctypes.c_int64(wait_ms))
        lease = ctypes.c_void_p()
        status = call("acquire", self.pointer, name.encode(), ctypes.c_size_t(len(name)), request,
                      ctypes.byref(lease), None, ctypes.c_size_t(0))
        call("request_free", request)
        return lease if status == OK else status

    def close(self):
        status = call("shutdown", self.pointer, ctypes.c_int64(1000))
        call("client_free", self.pointer)
        return status


def unlock(lease):
    status = call("release", lease)
    call("lease_free", lease)
    return status


def threads():
    return len(os.listdir("/proc/self/task"))


def house():
    umask = os.umask(0)
    os.umask(umask)
    return (dict(os.environ), os.getcwd(), umask, locale.setlocale(locale.LC_ALL),
            signal.pthread_sigmask(signal.SIG_BLOCK, ()),
            [signal.getsignal(number) for number in signal.valid_signals()],
            sorted(os.listdir("/proc/self/fd")))


def in_child(body):
    """body() in a forked child; its exit code."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            faulthandler.dump_traceback_later(30, exit=True)
            code = body()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def add_up(url, counter, times):
    """Visits, one at a time: the counter is guarded by the lock alone."""
    client = Client(url)
    for _ in range(times):
        lease = client.lock("a/b")
        before = counter.value
        time.sleep(0)
        counter.value = before + 1
        assert unlock(lease) == OK
    assert client.close() == OK


class Python(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = Server()
        cls.addClassCleanup(server.destroy)
        cls.redis = f"redis+unix://{server.path}"

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="repolock-test-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.file = "file://" + self.directory

    def test_the_gil_is_held_for_longer_than_the_ttl(self):
        for url in ("memory:gil", self.file, self.redis):
            client = Client(url)
            lease = client.lock("a/b")
            with_gil.usleep(3 * TTL_MS * 1000)
            self.assertEqual(call("lease_status", lease), OK)
            self.assertEqual(unlock(lease), OK)
            self.assertEqual(client.close(), OK)

    def test_threads_wait_side_by_side(self):
        class Counter:
            value = 0
        for url in ("memory:threads", self.file, self.redis):
            counter = Counter()
            crowd = [threading.Thread(target=add_up, args=(url, counter, 20)) for _ in range(8)]
            for thread in crowd:
                thread.start()
            for thread in crowd:
                thread.join()
            self.assertEqual(counter.value, 160)

    def test_a_forked_child_opens_its_own(self):
        for url in (self.file, self.redis):
            self.fork(url)

    def fork(self, url):
        client = Client(url)
        lease = client.lock("a/b")

        def body():
            if client.lock("c/d") != E_FORKED or call("lease_status", lease) != E_FORKED:
                return 2
            call("lease_free", lease)
            call("client_free", client.pointer)
            own = Client(url)
            if own.lock("a/b", 0) != E_HELD:
                return 3
            return 0 if unlock(own.lock("c/d")) == OK and own.close() == OK else 4

        for _ in range(10):
            self.assertEqual(in_child(body), 0)
        self.assertEqual(unlock(lease), OK)
        self.assertEqual(client.close(), OK)

    def test_multiprocessing_by_fork_and_by_spawn(self):
        for method in ("fork", "spawn"):
            context = multiprocessing.get_context(method)
            counter = context.Value("q", 0, lock=False)
            client = Client(self.file)
            crowd = [context.Process(target=add_up, args=(self.file, counter, 10))
                     for _ in range(4)]
            for process in crowd:
                process.start()
            for process in crowd:
                process.join(60)
            self.assertEqual([process.exitcode for process in crowd], [0] * 4)
            self.assertEqual(counter.value, 40)
            self.assertEqual(client.close(), OK)

    def test_everything_is_where_it_was(self):
        for url in ("memory:house", self.file, self.redis):
            Client(url).close()
            while threads() > 1:
                time.sleep(0.001)
            before = house()
            for _ in range(5):
                client = Client(url)
                self.assertEqual(unlock(client.lock("a/b")), OK)
                self.assertEqual(client.close(), OK)
            while threads() > 1:
                time.sleep(0.001)
            self.assertEqual(house(), before)


if __name__ == "__main__":
    # A child that is spawned imports this file by its name.
    sys.path.insert(0, str(Path(__file__).parent))
    skip_without_redis()
    unittest.main()
