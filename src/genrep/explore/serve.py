"""Serving the page on the loopback."""

import socket
import webbrowser
from pathlib import Path

import click
import torch
import uvicorn

from genrep.errors import UserError
from genrep.explore.app import make_app
from genrep.explore.runs import find_runs
from genrep.layout import RUNS

HOST = "127.0.0.1"


def serve(port: int, browser: bool, root: Path = RUNS) -> None:
    """Serve the page until Ctrl-C.

    Args:
        port: 0 takes any that is free.
        browser: open it in the user's browser.
        root: folder of runs.

    Raises:
        UserError: nothing to explore, or the port is taken.
    """
    runs, skipped = find_runs(root)
    for one in skipped:
        click.echo(f"skipped {one.id}: {one.reason}", err=True)
    if not runs:
        raise UserError(f"{root} holds no trained model to explore yet; train some with: genrep smoke (or make smoke)")
    torch.set_num_threads(min(4, torch.get_num_threads()))
    listening = bind(port)
    address = f"http://{HOST}:{listening.getsockname()[1]}/"
    click.echo(f"{len(runs)} models at {address} (Ctrl-C ends)")
    if browser:
        webbrowser.open(address)
    config = uvicorn.Config(make_app(runs, skipped), log_level="warning", lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])


def bind(port: int) -> socket.socket:
    """A listening socket on the loopback.

    Raises:
        UserError: the port is taken or may not be used.
    """
    # TCP by name: asyncio sends at once only on sockets that say so; others wait 40 ms for the answer's second packet
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        other = port + 1 if port < 65535 else port - 1
        mend = f"choose another: genrep explore --port {other}"
        raise UserError(f"port {port} cannot be used ({error.strerror or error}); {mend}") from None
    return listening
