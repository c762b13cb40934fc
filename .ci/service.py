"""The program as a process, for the checks that need a counterpart from the world of Python."""

import atexit
import json
import os
import random
import re
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

BINARY = os.environ.get("BINARY", "target/debug/frivillig")

_scratch = tempfile.TemporaryDirectory(prefix="frivillig-ci-")
scratch = Path(_scratch.name)


def until(what, is_so, seconds=30):
    """Waits until something is so, and says what it was if it does not become so."""
    end = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.1)
    return found


def free_port():
    """A port that is free, below those that the system gives to outgoing connections."""
    while True:
        port = random.randrange(16_384, 32_768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Service:
    """The program with these settings and nothing else from the environment, once it is ready."""

    def __init__(self, **settings):
        self.url, self.log = f"http://127.0.0.1:{(port := free_port())}", ""
        env = {"LISTEN_ADDR": f"127.0.0.1:{port}", "RATE_LIMIT": "off", **settings}
        self._process = subprocess.Popen([BINARY], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        atexit.register(self._process.kill)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        until("the service is ready", self._is_ready)

    def _read(self):
        for line in self._process.stderr:
            self.log += line

    def _is_ready(self):
        assert self._process.poll() is None, f"the service did not start\n{self.log}"
        try:
            return self.ask("/health/ready")
        except OSError:
            return False

    def ask(self, path, body=None, **headers):
        """The answer as JSON; anything but a success is an error."""
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers), timeout=30) as answer:
            return json.load(answer)

    def stop(self):
        self._process.terminate()
        code = self._process.wait(30)
        self._reader.join(5)
        assert code == 0, f"the service ended with {code}\n{self.log}"


def one(pattern, text):
    """The only place where a text is so."""
    found = re.findall(pattern, text)
    assert len(set(found)) == 1, f"{pattern} in {text}"
    return found[0]
