"""A real HTTP server on 127.0.0.1 that speaks the OpenAI chat protocol, and misbehaves when told to.

Replies are a function of the request, so that any two runs can be compared. `faults` maps the number of a request
(from 0, in order of arrival) to what goes wrong with it: '429', '429-later', '500', '401', '404', '400-format', 'hang',
'cut', 'not-json', 'empty', 'quota'.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[dict[str, Any]], str]
Fault = Callable[[int, dict[str, Any]], str]


class ChatServer:
    """`requests` holds every body that arrived; `served` the contents that were sent back whole."""

    def __init__(self, answer: Answer, fault: Fault, *, hang_seconds: float, retry_after: str) -> None:
        self.answer, self.fault = answer, fault
        self.hang_seconds, self.retry_after = hang_seconds, retry_after
        self.requests: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.keys: list[str] = []
        self.served: list[str] = []
        self.most_at_once = self.now = 0
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        chat = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with chat.lock:
                    number = len(chat.requests)
                    chat.requests.append(body)
                    chat.times.append(time.monotonic())
                    chat.keys.append(self.headers.get("Authorization", ""))
                    chat.now += 1
                    chat.most_at_once = max(chat.most_at_once, chat.now)
                try:
                    chat.respond(self, number, body)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client has given up on us
                finally:
                    with chat.lock:
                        chat.now -= 1

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass  # clients that hang up are part of the tests

        self.http = Server(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def respond(self, handler: BaseHTTPRequestHandler, number: int, body: dict[str, Any]) -> None:
        fault = self.fault(number, body)
        if fault == "hang":
            self.stopping.wait(self.hang_seconds)
        if fault in ("429", "429-later"):
            wait = self.retry_after if fault == "429" else "3600"
            return self.send(handler, 429, error("slow down"), {"Retry-After": wait})
        if fault == "quota":
            return self.send(handler, 429, error("You exceeded your quota", code="insufficient_quota"))
        if fault == "500":
            return self.send(handler, 500, error("it broke"))
        if fault == "401":
            key = handler.headers.get("Authorization", "")
            return self.send(handler, 401, error(f"Incorrect API key provided: {key}"))
        if fault == "404":
            return self.send(handler, 404, error("no such model"))
        if fault == "400-format":
            return self.send(handler, 400, error("response_format of type json_schema is not supported"))
        if fault == "not-json":
            return self.send_text(handler, 200, "<html>gateway</html>")
        content = self.answer(body)
        payload = json.dumps(completion(body, content)).encode()
        if fault == "empty":
            payload = json.dumps({**completion(body, content), "choices": []}).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(payload)))
        handler.end_headers()
        if fault == "cut":
            handler.wfile.write(payload[: len(payload) // 2])
            handler.wfile.flush()
            handler.close_connection = True
            handler.connection.close()
            return None
        handler.wfile.write(payload)
        with self.lock:
            self.served.append(content)
        return None

    def send(
        self, handler: BaseHTTPRequestHandler, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        self.send_text(handler, status, json.dumps(body), headers)

    def send_text(
        self, handler: BaseHTTPRequestHandler, status: int, text: str, headers: dict[str, str] | None = None
    ) -> None:
        payload = text.encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(payload)))
        handler.end_headers()
        handler.wfile.write(payload)


def error(message: str, *, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "error", "code": code}}


def completion(body: dict[str, Any], content: str) -> dict[str, Any]:
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


@contextmanager
def chat_server(
    answer: Answer, faults: dict[int, str] | Fault | None = None, *, hang_seconds: float = 5, retry_after: str = "0.3"
) -> Iterator[ChatServer]:
    fault = faults if callable(faults) else lambda number, _: (faults or {}).get(number, "")
    server = ChatServer(answer, fault, hang_seconds=hang_seconds, retry_after=retry_after)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.http.shutdown()
        server.http.server_close()
        thread.join()
