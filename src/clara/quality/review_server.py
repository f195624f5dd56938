"""Runs the review page on 127.0.0.1 until Ctrl+C."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path

from clara.errors import MissingExtraError, UsageError
from clara.quality.review import Review, review_app


def serve_review(
    path: Path,
    *,
    port: int = 0,
    browser: bool = True,
    only_approved: bool = False,
    say: Callable[[str], object] = print,
) -> None:
    """Serve the page of a file; `say` gets its address. Raises UsageError when the port is taken."""
    try:
        import uvicorn
    except ImportError as error:
        raise MissingExtraError("uvicorn", extra="serve") from error
    review = Review(path)
    token = secrets.token_urlsafe(16)
    app = review_app(review, token=token, only_approved=only_approved)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()  # before the address is told: who is fast waits instead of being refused
    except (OSError, OverflowError) as error:
        raise UsageError(f"--port {port} cannot be used: {error}") from None
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/?token={token}"
    say(f"{len(review.rows):,} rows of {path}; open {address} (Ctrl+C ends it, decisions are kept)")
    if browser:
        webbrowser.open(address)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])
