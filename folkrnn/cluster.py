"""Work shared among the workers of a Dask cluster: the counterpart of ``processes`` for more than one machine.

Items are cut into chunks, and the chunks go to whichever worker is free. What was given to a worker that ends is given
to another. The results come in the order of the items, as from ``map``. Dask is loaded with the first cluster only.
"""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from folkrnn.errors import ClusterError
from folkrnn.processes import interrupts_held, processors

if TYPE_CHECKING:
    from distributed import Client, Future

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

LOCAL = "local"
"""The address of a cluster of processes on this machine, which ends with its block."""

CHUNK = 16
"""How many items are one task: many times the millisecond that Dask needs for each."""

AHEAD = 3
"""How many chunks are sent for each thread of the workers before the first result is waited for."""

WAIT_SECONDS = 20
"""How long a scheduler has to answer, and its first worker to be there."""


def needs(error: ModuleNotFoundError) -> ClusterError:
    """Return the error of a package that the extra ``cluster`` would bring."""
    return ClusterError(f'this needs the package {error.name}; `pip install ".[cluster]"` in a clone brings it')


class Cluster:
    """The workers of a scheduler (``tcp://host:8786``), or of this machine (``local``), in a ``with`` block.

    Raise ClusterError, one line, without Dask, without an answer or a worker, or if a worker has another folkrnn.
    Chunks are sent as pickles: use only a cluster that you trust, in a network that you trust.
    """

    def __init__(self, address: str, workers: int | None = None) -> None:
        self.address = address
        self._stack = ExitStack()
        try:
            from distributed import Client, LocalCluster
        except ModuleNotFoundError as error:
            raise needs(error) from None
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is raised, in one line
        try:
            if address == LOCAL:
                with interrupts_held():
                    cluster = LocalCluster(
                        n_workers=workers or processors(),
                        threads_per_worker=1,
                        dashboard_address="127.0.0.1:0",  # any free port: others may have clusters too
                        silence_logs=logging.CRITICAL,
                    )
                self._stack.enter_context(cluster)
                self._client: Client = self._stack.enter_context(Client(cluster))
            else:
                self._client = self._stack.enter_context(_client(address))
            self._wait()
            self._check_versions()
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def scheduler(self) -> str:
        """The address of the scheduler."""
        return str(self._client.scheduler.address)

    @property
    def workers(self) -> dict[str, int]:
        """The addresses of the workers, and the number of threads of each."""
        return {str(address): int(threads) for address, threads in self._client.nthreads().items()}

    def processor_times(self) -> dict[str, float]:
        """Return the processor time in seconds that each worker has used since it started."""
        from time import process_time

        return {str(address): float(used) for address, used in self._client.run(process_time).items()}

    def map(self, function: Callable[[_Item], _Result], items: Iterable[_Item]) -> Generator[_Result, None, None]:
        """Yield what a function returns for each item, in their order.

        The items may come slowly: results are yielded in between. What the function raises is raised in its turn. Raise
        ClusterError if the cluster ends, or a chunk ends one worker after the other.
        """
        return self._results(items, lambda chunk: self._client.submit(_each, function, chunk, pure=False))

    def map_with(
        self, function: Callable[[Any, _Item], _Result], shared: object, items: Iterable[_Item]
    ) -> Generator[_Result, None, None]:
        """Yield what a function returns for a shared value and each item; see ``map``. Each worker gets the value once.

        The value is no part of a chunk. It is lost only if all workers end at once.
        """
        [value] = self._client.scatter([shared], broadcast=True, hash=False)
        return self._results(items, lambda chunk: self._client.submit(_each_with, function, value, chunk, pure=False))

    def _results(self, items: Iterable[_Item], submit: Callable[[list[_Item]], "Future"]) -> Generator[Any, None, None]:
        pending: deque[Future] = deque()
        most = AHEAD * max(1, sum(self.workers.values()))
        source = iter(items)
        try:
            while chunk := list(islice(source, CHUNK)):
                pending.append(submit(chunk))
                while pending and (pending[0].done() or len(pending) >= most):
                    yield from self._result(pending.popleft())
            while pending:
                yield from self._result(pending.popleft())
        finally:
            if pending:
                self._client.cancel(list(pending))

    def _result(self, future: "Future") -> list[Any]:
        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        try:
            found: list[Any] = future.result()
        except KilledWorker:
            raise ClusterError(
                f"{self.address}: {CHUNK} tunes ended one worker after the other; expected workers with more memory"
            ) from None
        except (CancelledError, CommClosedError):
            raise ClusterError(f"{self.address}: the cluster ended before the work; expected one that lasts") from None
        return found

    def _wait(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=WAIT_SECONDS)
        except TimeoutError:
            raise ClusterError(
                f"{self.address}: the scheduler has no workers; expected some, from: dask worker {self.address}"
            ) from None

    def _check_versions(self) -> None:
        """Raise ClusterError for a worker whose folkrnn is missing or another: its results might differ."""
        from folkrnn import __version__

        def version_there() -> str:  # within a method, so that it is sent whole: a worker may lack this module
            try:
                import folkrnn
            except ModuleNotFoundError:
                return ""
            return folkrnn.__version__

        for worker, version in self._client.run(version_there).items():
            if version != __version__:
                there = f"folkrnn {version}" if version else "no folkrnn"
                raise ClusterError(f"{worker}: the worker has {there}; expected folkrnn {__version__}")


def _client(address: str) -> "Client":
    """Return the client of a scheduler that runs. Raise ClusterError."""
    from distributed import Client

    expected = f"expected the address of a Dask scheduler, such as tcp://127.0.0.1:8786, or {LOCAL}"
    try:
        return Client(address, timeout=WAIT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError):
        raise ClusterError(f"{address}: no scheduler answers there; {expected}") from None
    except (ValueError, TypeError):
        raise ClusterError(f"{address!r} is no address; {expected}") from None


def _each(function: Callable[[_Item], _Result], items: list[_Item]) -> list[_Result]:
    return [function(item) for item in items]


def _each_with(function: Callable[[Any, _Item], _Result], shared: object, items: list[_Item]) -> list[_Result]:
    return [function(shared, item) for item in items]
