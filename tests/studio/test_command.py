"""``folkrnn studio``: what it prints, how it ends, what it refuses."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from folkrnn.errors import InputError
from folkrnn.studio import server

ROOT = Path(__file__).parents[2]

COMMAND = [sys.executable, "-m", "folkrnn", "studio", "--no-browser"]


def refused(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, cwd=ROOT, env=os.environ | environment, timeout=60
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


@contextmanager
def studio(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, int, str]]:
    """Run the command; yield the process, the host, the port and the token that its first line tells."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout
    try:
        address, _, token = process.stdout.readline().strip().partition("/?token=")
        host, _, port = address.removeprefix("http://").rpartition(":")
        yield process, host, int(port), token
    finally:
        process.kill()
        process.communicate()


@contextmanager
def asked(port: int, token: str, path: str, host: str = "") -> Iterator[http.client.HTTPResponse]:
    """Ask the studio, and yield the answer, which may be a stream."""
    headers = {"Host": host or f"127.0.0.1:{port}", "Cookie": f"folkrnn-{port}={token}"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path, headers=headers)
        with connection.getresponse() as answer:
            yield answer


def ask(port: int, token: str, path: str, host: str = "") -> tuple[int, bytes]:
    with asked(port, token, path, host) as answer:
        return answer.status, answer.read()


def children(process: int) -> Sequence[int]:
    tasks = Path(f"/proc/{process}/task/{process}/children")
    return [int(each) for each in tasks.read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to count processes")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_tells_its_address_at_once_and_takes_its_processes_along(tmp_path: Path, end: signal.Signals) -> None:
    bad = tmp_path / "no.safetensors"
    bad.write_text("no model")
    folder = tmp_path / "my" / "tunes"
    with studio(str(folder), "--model", str(bad), "--port", "0") as (process, host, port, token):
        assert host == "127.0.0.1"
        assert folder.is_dir()
        assert ask(port, token, "/")[0] == 200
        assert ask(port, "", "/api/about")[0] == 403
        about = json.loads(ask(port, token, "/api/about")[1])
        assert about["folder"] == str(folder)
        assert about["model"]["state"] == "failed"
        assert "no.safetensors" in about["model"]["message"]
        found = children(process.pid)
        assert len(found) == 2
        with asked(port, token, "/api/shelf/events") as stream:  # which would never end
            assert stream.readline() == b"event: changed\n"
            process.send_signal(end)
            assert process.wait(20) == (-end if end == signal.SIGKILL else 128 + end)
        until = time.monotonic() + 10
        while any(Path(f"/proc/{each}/cmdline").exists() for each in found):
            assert time.monotonic() < until
            time.sleep(0.02)


def test_the_server_loads_nothing_heavy() -> None:
    code = "import sys, folkrnn.studio.server; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not set(done.stdout.split()) & {"torch", "music21", "verovio", "typst", "numpy", "mido", "sklearn"}


def test_another_address_is_refused_unless_it_is_wanted() -> None:
    assert "--allow-remote" in refused("--host", "0.0.0.0")
    server.check_host("0.0.0.0", allow_remote=True)
    for host in ("127.0.0.1", "localhost", "::1"):
        server.check_host(host, allow_remote=False)


def test_from_other_machines_the_token_is_asked_for(tmp_path: Path) -> None:
    with studio(str(tmp_path), "--host", "0.0.0.0", "--allow-remote", "--port", "0") as (_, host, port, token):
        assert host == "127.0.0.1"
        assert ask(port, "", "/", f"192.168.7.7:{port}")[0] == 403
        assert ask(port, token, "/", f"192.168.7.7:{port}")[0] == 200
        assert ask(port, token, "/", f"evil.example:{port}")[0] == 403


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = refused(str(tmp_path), "--port", str(port))
        assert f"port {port}: cannot be used" in told
        assert "expected another --port" in told


def test_the_usual_port_is_taken_if_it_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with server.listening("127.0.0.1", 0) as first:
        monkeypatch.setattr(server, "USUAL_PORT", first.getsockname()[1])
        with server.usual_socket("127.0.0.1") as second:
            assert second.getsockname()[1] != first.getsockname()[1]
    with server.usual_socket("127.0.0.1") as third:
        assert third.getsockname()[1] == server.USUAL_PORT


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for folder in (file, file / "inside"):
        with pytest.raises(InputError) as caught:
            server.open_folder(folder)
        assert str(folder) in str(caught.value)
    monkeypatch.setattr(os, "access", lambda *_: False)  # who may do everything is refused nothing
    with pytest.raises(InputError, match="rights"):
        server.open_folder(tmp_path)


def test_the_folder_is_that_of_ones_documents_if_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert server.default_folder().name == "tunes"


def test_without_its_packages_it_says_how_to_get_them(tmp_path: Path) -> None:
    (tmp_path / "starlette.py").write_text("raise ModuleNotFoundError('gone', name='starlette')")
    told = refused(str(tmp_path / "tunes"), PYTHONPATH=f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    assert "pip install folkrnn[studio]" in told
