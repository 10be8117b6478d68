"""Start `dvc` and `python -m src.…` from a process that has imported their libraries already.

Most of what the tests' commands take is importing pandas, scikit-learn and DVC, each time anew. The
commands are the same and each runs in a process of its own, forked instead of started. What is to
be killed, limited or shown to depend on nothing is started the ordinary way, see `Clone.start` and
the variable ORDINARY.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NoReturn

LIBRARIES = (
    "dulwich.porcelain", "dulwich.worktree", "dvc.cachemgr", "dvc.cli.parser", "dvc.compare",
    "dvc.data_cloud", "dvc.repo.artifacts", "dvc.repo.datasets", "dvc.repo.experiments",
    "dvc.repo.graph", "dvc.repo.index", "dvc.repo.metrics.diff", "dvc.repo.open_repo",
    "dvc.repo.params.diff", "dvc.repo.plots", "dvc.repo.pull", "dvc.repo.push",
    "dvc.repo.reproduce", "dvc.repo.stage", "dvc.repo.status", "dvc.repo.worktree",
    "dvc.stage.run", "dvc.utils.strictyaml", "dvc_data.hashfile.db.index",
    "dvc_data.hashfile.db.local", "dvc_data.hashfile.status", "dvc_data.index.checkout",
    "dvc_data.index.fetch", "dvc_data.index.push", "dvc_s3", "dvclive.live",
    "fsspec.implementations.memory", "gitlab", "jinja2", "markdown_it",
    "narwhals._pandas_like.dataframe", "narwhals._pandas_like.group_by",
    "narwhals._pandas_like.selectors", "narwhals.stable.v1", "narwhals.stable.v2._namespace",
    "networkx", "networkx.algorithms", "pandas", "pandas.io.formats.csvs",
    "pandera.backends.pandas.builtin_checks", "pandera.pandas", "pyarrow.dataset",
    "pyarrow.parquet", "pydantic", "rich.progress", "rich.table", "ruamel.yaml", "s3fs",
    "scipy.stats", "sklearn.calibration", "sklearn.dummy", "sklearn.ensemble",
    "sklearn.linear_model", "sklearn.metrics", "sklearn.model_selection", "skops.io", "skrub",
    "tomllib", "vl_convert",
)  # fmt: skip

CLIENT = """#!{python} -IS
import array, json, os, socket, sys
here = os.path.dirname(os.path.realpath(__file__))
name, arguments = os.path.basename(__file__), sys.argv[1:]
if name == "dvc":
    arguments = ["-m", "dvc", *arguments]
ours = arguments[:1] == ["-m"] and (arguments[1:2] == ["dvc"] or arguments[1:2] and
                                    arguments[1].startswith("src."))
if not ours or "ORDINARY" in os.environ:
    os.execv({python!r}, [{python!r}, *arguments])
server = socket.socket(socket.AF_UNIX)
server.connect(here + "/socket")
request = json.dumps([arguments[1:], os.getcwd(), dict(os.environ)]).encode()
files = array.array("i", [0, 1, 2]).tobytes()
server.sendmsg([len(request).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
server.sendall(request)
status = server.recv(4)
os._exit(int.from_bytes(status, "big") if status else 137)
"""


class Preloaded:
    """The process that commands are forked from, and a folder of programs to put on PATH first."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder
        folder.mkdir(parents=True)
        for name in ("python", "dvc"):
            program = folder / name
            program.write_text(CLIENT.format(python=sys.executable), encoding="utf-8")
            program.chmod(0o755)
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(folder)], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def close(self) -> None:
        """Fork no more."""
        self._process.terminate()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


@functools.cache
def programs() -> Path:
    """Return the folder of programs; the first call starts what they are forked from."""
    folder = tempfile.TemporaryDirectory(prefix="preloaded-")
    started = Preloaded(Path(folder.name, "bin"))
    atexit.register(folder.cleanup)
    atexit.register(started.close)
    return started.programs


def serve(folder: Path) -> NoReturn:
    """Fork a process for each request; it tells its exit status to whoever asked."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    sys.modules["src.base.cpu"] = importlib.import_module("src.base.cpu")
    sys.modules["src.base.cpu"].pin()  # as src/__init__.py does before NumPy is imported
    for name in [name for name in sys.modules if name.partition(".")[0] == "src"]:
        del sys.modules[name]  # each clone has its own
    sys.path.pop(0)
    for name in LIBRARIES:
        importlib.import_module(name)
    sys.modules["dvc.cli.parser"].get_main_parser()  # it imports all of DVC's commands
    gc.freeze()  # what is here is shared by all
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
        listening.listen(64)
        print("ready", flush=True)
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _answer(connection, folder)
            connection.close()


def _answer(connection: socket.socket, folder: Path) -> NoReturn:
    head, files, _, _ = socket.recv_fds(connection, 8, 3)
    length, body = int.from_bytes(head, "big"), b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    (module, *arguments), cwd, environment = json.loads(body)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for standard, file in enumerate(files):
        os.dup2(file, standard)
        os.close(file)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["-m", *arguments]
    sys.path[:1] = [cwd, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    sys.executable = str(folder / "python")
    status = 1
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    connection.sendall((status & 0xFF).to_bytes(4, "big"))
    os._exit(status & 0xFF)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
