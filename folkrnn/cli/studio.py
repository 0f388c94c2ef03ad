"""``folkrnn studio``: a page in the browser of this machine."""

from pathlib import Path

import click

from folkrnn.errors import InputError


@click.command("studio")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[FOLDER]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 is any free one [default: 8073 if free].")
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--allow-remote", is_flag=True, help="With --host: let other machines in that have the token.")
@click.option("--model", type=click.Path(), metavar="FILE", help="The model [default: the bundled model].")
def studio_command(
    folder: Path | None, port: int | None, no_browser: bool, host: str, allow_remote: bool, model: str | None
) -> None:
    """Open a page for composing in the browser.

    Tunes are composed, edited, heard, printed and kept there. FOLDER holds tunebooks in ABC; it is made if it is
    missing. Without it, it is the folder tunes of your documents.
    The first line of the output is the address of the page. It holds a token: nobody opens the page without it.

    Ctrl-C ends it. What is on the page is saved as it changes.
    """
    try:
        from folkrnn.studio.server import check_host, default_folder, serve
    except ModuleNotFoundError as error:
        if error.name not in ("starlette", "uvicorn", "anyio", "h11"):
            raise
        told = f'the studio needs the package {error.name}; `pip install ".[studio]"` in a clone brings it'
        raise InputError(told) from None
    check_host(host, allow_remote)
    if folder is None:
        folder = default_folder()
        click.echo(f"tunes are kept in {folder}", err=True)

    def opened(address: str) -> None:
        print(address, flush=True)

    serve(folder, port=port, host=host, allow_remote=allow_remote, model=model, opened=opened, browser=not no_browser)
