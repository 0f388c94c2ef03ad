"""Studios for the tests, with and without their processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Browser
from starlette.testclient import TestClient
from studio_browsing import open_page, studio_process
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tunes")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The address of a studio over the folder."""
    pytest.importorskip("starlette")
    with studio_process(folder, "--port", "0") as (_, address):
        yield address


@pytest.fixture(scope="module")
def browser(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser in which the page of the studio is open."""
    try:
        started = Browser(tmp_path_factory.mktemp("browser"))
    except (OSError, AssertionError) as error:
        pytest.skip(f"Chromium does not start: {error}")
    with started as found:
        open_page(found, address)
        yield found
