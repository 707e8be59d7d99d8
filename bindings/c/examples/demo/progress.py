"""How far it is, for whoever watches."""

import sys
import time


class Progress:
    """One line that changes in place on a terminal; elsewhere a line now and then."""

    def __init__(self):
        self._live = sys.stdout.isatty()
        self._next = 0.0

    def show(self, text):
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (0.1 if self._live else 5)
        print(f"\r{text}\033[K" if self._live else text, end="" if self._live else "\n", flush=True)

    def say(self, text):
        print(f"\r{text}\033[K" if self._live else text, flush=True)
