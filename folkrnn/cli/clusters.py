"""``--cluster``: work on the machines of a Dask cluster."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from folkrnn.cluster import Cluster

Command = TypeVar("Command", bound=Callable[..., Any])


def cluster_option(command: Command) -> Command:
    """Give a command ``--cluster``."""
    return click.option(
        "--cluster", metavar="ADDRESS", help="Work on the Dask cluster of this scheduler: tcp://host:8786, or local."
    )(command)


@contextmanager
def on_cluster(address: str | None) -> Iterator["Cluster | None"]:
    """Give the block a cluster if there is an address, else None."""
    if address is None:
        yield None
        return
    from folkrnn.cluster import Cluster

    with Cluster(address) as cluster:
        yield cluster
