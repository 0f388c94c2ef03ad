"""Studios for the tests, with and without their processes."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from studio_pages import HOST, PORT, TOKEN, MemoryShelf, Page

from folkrnn.studio.app import create_app
from folkrnn.studio.guard import Door
from folkrnn.studio.state import Studio


def _client(studio: Studio) -> TestClient:
    return TestClient(create_app(studio), base_url=f"http://{HOST}", raise_server_exceptions=False)


@pytest.fixture
def shelf() -> MemoryShelf:
    return MemoryShelf()


@pytest.fixture
def page(shelf: MemoryShelf) -> Page:
    """A page of a studio without processes: they have not been started."""
    studio = Studio(shelf, Door(PORT, TOKEN))
    return Page(_client(studio), studio)


@pytest.fixture(scope="module")
def working() -> Iterator[Page]:
    """A page of a studio whose processes work."""
    studio = Studio(MemoryShelf(), Door(PORT, TOKEN))
    with _client(studio) as client:
        yield Page(client, studio)
