"""A room on one server: learners of a JupyterHub move the flagship's slider at the same time; memory and latency.

On Linux, in an environment of its own (the proxy comes from npm)::

    pip install -c constraints.txt -e ".[lab]" jupyterhub
    npm install --global configurable-http-proxy
    python -m benchmarks.classroom 8      # learners; a second number is that of threads each, 1 otherwise

No browser runs: a learner here is a thread that opens a kernel through hub and proxy, shows the panel, sends what the
page would send for a slider, and waits for the picture, one move at a time as the page does.
"""

import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
import websocket

from coursekit.commands.lab import free_port

TOKEN = os.urandom(16).hex()
SECONDS = 15.0
FLAGSHIP = "import coursekit as ck\npanel = ck.show('collapse')\npanel"
ROOM = [800, 600, 1]  # of the picture, as a laptop's page has it
UP = np.geomspace(0.011, 1.0, 60).tolist()
SCALES = [*UP, *UP[-2:0:-1]]  # where the slider is dragged, to and fro
CONFIG = """
c.JupyterHub.spawner_class, c.JupyterHub.authenticator_class = "simple", "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port, c.ConfigurableHTTPProxy.api_url = {hub}, "http://127.0.0.1:{api}"
c.JupyterHub.db_url, c.JupyterHub.cookie_secret = "sqlite:///:memory:", {secret!r}
c.JupyterHub.services = [dict(name="class", api_token={token!r})]
scopes = ["admin:users", "admin:servers", "access:servers"]
c.JupyterHub.load_roles = [dict(name="class", services=["class"], scopes=scopes)]
c.SimpleLocalProcessSpawner.home_dir_template = {home!r} + "/{{username}}"
c.Spawner.cmd, c.Spawner.args = [{python!r}, "-m", "jupyterhub.singleuser"], {args!r}
c.Spawner.start_timeout = c.Spawner.http_timeout = 180
threads = dict.fromkeys(["OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"], "{threads}")
c.Spawner.environment = threads | dict(NUMBA_CACHE_DIR={home!r} + "/cache")
"""


class Hub:
    """A JupyterHub on a free local port, and a service's right to act for its users."""

    def __init__(self, folder, threads):
        self.port = free_port(8000)
        args = ["--allow-root"] if os.geteuid() == 0 else []
        places = {
            "hub": free_port(8100),
            "api": free_port(8200),
            "home": str(folder),
            "python": sys.executable,
            "threads": threads,
        }
        text = CONFIG.format(port=self.port, secret=os.urandom(32), token=TOKEN, args=args, **places)
        (folder / "config.py").write_text(text)
        command = [sys.executable, "-m", "jupyterhub", "-f", "config.py"]
        with (folder / "hub.log").open("w") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)

    def ask(self, path, body=None):
        """Post to the hub or to a learner's server, or read what an address says; return the answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": f"token {TOKEN}"}
        )
        if body is not None:
            request.method, request.data = "POST", json.dumps(body).encode()
        with urllib.request.urlopen(request, timeout=200) as answer:
            return json.loads(answer.read() or b"null")

    def processes(self):
        """Hub, proxy, servers and kernels."""
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def computing(self):
        """Seconds of processor time that all of them have taken so far."""
        return sum(sum(process.cpu_times()[:2]) for process in self.processes())

    def memory(self):
        """MB (2²⁰ bytes) of each kind of process, shared pages divided among those who share them."""
        kinds = {"kernel": [], "server": [], "hub and proxy": []}
        for process in self.processes():
            with suppress(psutil.Error):
                line = " ".join(process.cmdline())
                kind = "kernel" if "ipykernel" in line else "server" if "singleuser" in line else "hub and proxy"
                kinds[kind].append(process.memory_full_info().pss / 2**20)
        return kinds


@contextmanager
def hub(threads):
    with tempfile.TemporaryDirectory(prefix="class-", ignore_cleanup_errors=True) as folder:
        running = Hub(Path(folder), threads)
        try:
            eventually(lambda: running.ask("/hub/api/"))
            yield running
        finally:
            running.process.terminate()  # ends the servers, too
            running.process.wait(60)


def eventually(condition, seconds=180):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError):
            if condition():
                return
        time.sleep(0.5)
    raise TimeoutError(f"not within {seconds} s")


class Learner:
    """One learner with a server, a kernel and the flagship's panel."""

    def __init__(self, hub, name):
        hub.ask(f"/hub/api/users/{name}", {})
        hub.ask(f"/hub/api/users/{name}/server", {})
        eventually(lambda: hub.ask(f"/hub/api/users/{name}")["servers"][""]["ready"])
        kernel = hub.ask(f"/user/{name}/api/kernels", {"name": "python3"})["id"]
        self.address = f"ws://127.0.0.1:{hub.port}/user/{name}/api/kernels/{kernel}/channels"
        with self.connected():
            answers = list(self.tell("execute_request", code=FLAGSHIP, silent=False))
            opened = [content for kind, content in answers if kind == "comm_open"]
            panel = next(one for one in opened if one["data"]["state"].get("kind") == "panel")
            self.comm, self.values, self.moves = panel["comm_id"], panel["data"]["state"]["values"], 0
            list(self.update(room=ROOM))

    @contextmanager
    def connected(self):
        """Only while somebody reads: a connection that leaves the server's pings without an answer is cut."""
        self.socket = websocket.create_connection(self.address, timeout=180, header=[f"Authorization: token {TOKEN}"])
        yield
        self.socket.close()

    def tell(self, kind, **content):
        """Send a message and yield (kind, content) of all that the kernel says to it, until it has nothing to do."""
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "", "version": "5.3"}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self.socket.send(json.dumps(message))
        while True:
            answer = parsed(self.socket.recv())
            if answer["parent_header"].get("msg_id") == header["msg_id"]:
                yield answer["msg_type"], answer["content"]
                if answer["content"].get("execution_state") == "idle":
                    return

    def update(self, **state):
        data = {"method": "update", "state": state, "buffer_paths": []}
        return self.tell("comm_msg", comm_id=self.comm, data=data)

    def move(self):
        """Move the slider a step and return after how many ms the picture is here."""
        self.values["weight_scale"] = SCALES[self.moves % len(SCALES)]
        self.moves += 1
        start, arrived = time.perf_counter(), []
        for kind, content in self.update(moves=self.moves, values=self.values):
            if kind == "comm_msg" and ["picture"] in content["data"].get("buffer_paths", []):
                arrived.append(1e3 * (time.perf_counter() - start))
        return arrived[0]

    def drag(self, pause):
        """Move for `SECONDS`, each time as soon as the kernel is free or after a pause of random length, in s."""
        end, rng, times = time.monotonic() + SECONDS, np.random.default_rng(), []
        with self.connected():
            while time.monotonic() < end:
                time.sleep(2 * pause * rng.random())
                times.append(self.move())
        return times


def parsed(frame):
    """A message of a kernel's websocket; one with buffers begins with how many parts it has, and where they stand."""
    if isinstance(frame, str):
        return json.loads(frame)
    parts = struct.unpack_from("!i", frame)[0]
    first, *others = struct.unpack_from(f"!{parts}I", frame, 4)
    return json.loads(frame[first : others[0] if others else None])


def row(name, learners, pause, hub, pool):
    before = hub.computing()
    rounds = list(pool.map(lambda learner: learner.drag(pause), learners))
    times = np.concatenate(rounds)
    middle, late = np.percentile(times, [50, 95])
    each = len(times) / len(learners) / SECONDS
    cost = 1e3 * (hub.computing() - before) / len(times)
    print(f"| {name} | {middle:.0f} | {late:.0f} | {each:.1f} | {cost:.0f} |", flush=True)


def main(learners: int = 8, threads: int = 1) -> None:
    print(f"{learners} learners, {os.cpu_count()} cores, load before: {os.getloadavg()[0]:.1f}")
    with hub(threads) as running, ThreadPoolExecutor(learners) as pool:
        first = Learner(running, "learner0")
        alone = running.memory()
        others = list(pool.map(lambda number: Learner(running, f"learner{number}"), range(1, learners)))
        print("\n| who moves | median ms | p95 ms | pictures/s each | computing ms a picture |\n|---|---|---|---|---|")
        everybody = [first, *others]
        for movers in sorted({1, -(-learners // 3), learners}):
            row(f"{movers} of {learners}, dragging", everybody[:movers], 0, running, pool)
        row(f"{learners} of {learners}, a step a second", everybody, 1, running, pool)
        print("\n| process | MB alone | MB each of all |\n|---|---|---|")
        for kind, sizes in running.memory().items():
            each = sum(sizes) / (1 if kind == "hub and proxy" else len(sizes))
            print(f"| {kind} | {sum(alone[kind]):.0f} | {each:.0f} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
