"""One agent: the process of a language that does what it is told, a line of JSON at a time."""

import itertools
import json
import queue
import subprocess
import threading

LIMIT_S = 60  # for an answer; a lock is never so slow


class Broken(Exception):
    """An agent that ended, did not answer, or answered something else than it should."""


class Agent:
    def __init__(self, language, command, environment):
        self.language = language
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         env=environment, text=True, encoding="utf-8")
        self._lines = queue.Queue()
        self._ids = itertools.count(1)
        self._replies = {}
        self._events = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def start(self, verb, members):
        """The id under which the reply will come."""
        number = next(self._ids)
        line = json.dumps({"id": number, "do": verb, **members})
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise Broken(f"the {self.language} agent has ended") from error
        return number

    def reply(self, number):
        while number not in self._replies:
            self._take()
        return self._replies.pop(number)

    def event(self, wanted):
        """The first one that has these members; what came before it stays."""
        while True:
            for event in self._events:
                if wanted.items() <= event.items():
                    self._events.remove(event)
                    return event
            self._take()

    def _take(self):
        try:
            line = self._lines.get(timeout=LIMIT_S)
        except queue.Empty as error:
            raise Broken(f"the {self.language} agent has not answered for {LIMIT_S} s") from error
        if line is None:
            raise Broken(f"the {self.language} agent ended with {self._process.wait()}")
        said = json.loads(line)
        if "event" in said:
            self._events.append(said)
        else:
            self._replies[said["id"]] = said

    def ended(self):
        """Its exit status, where it was told to exit."""
        return self._process.wait(LIMIT_S)

    def is_alive(self):
        return self._process.poll() is None

    def kill(self):
        self._process.kill()
        self._process.wait()

    def close(self):
        """The end of its input; False if it does not end well by that."""
        self._process.stdin.close()
        try:
            status = self._process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        finally:
            self._reader.join()
            self._process.stdout.close()
        return status == 0
