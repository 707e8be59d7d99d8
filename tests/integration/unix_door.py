"""The door of a server that a test plays itself."""

import socket
import threading


class UnixDoor:
    """Whoever comes is served by `serve(client)`, a thread each, until close()."""

    def __init__(self, path):
        self.path, self._listener = path, socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self._open = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client = self.kept(self._listener.accept()[0])
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def kept(self, opened):
        """close() ends it too."""
        self._open.append(opened)
        return opened

    def close(self):
        for each in self._open:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()
