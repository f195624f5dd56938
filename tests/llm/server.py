"""A real HTTP server on 127.0.0.1 that speaks the OpenAI chat protocol, and misbehaves when told to.

In a test: `with chat_server(answer, {0: "429", 3: "cut"}) as server: ...`. As a process of its own:

    python tests/llm/server.py --port 0 --misbehave 0.2 --seed 1 [--log requests.jsonl]

prints `http://127.0.0.1:PORT/v1` and serves until it is ended. Replies are a pure function of the request (see
answers.py), so any two runs can be compared byte for byte. `GET /stats` counts the requests by their hash.

Faults: what goes wrong with one request.
  passing      429 · 429-later · quota · 500 · 503-html · cut (half the body) · drop (no reply) · hang (a late one)
               silent (waits, then hangs up) · slow (byte by byte) · not-json (a 200 of HTML) · wrong-type (JSON sent as
               text/plain) · half-json (a whole 200 whose JSON is cut) · empty (no choices)
  lasting      401 · 404 · 400-format · 400-max_tokens · 400-temperature · 400-filter · 400-bare · 413 · redirect
  odd replies  spoilt (content that is no JSON) · parts (content as a list) · reasoning (reasoning_content) · think
               length (cut by the token limit) · blank (empty content) · filter (finish_reason) · refusal · no-usage
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # as a process: the folder of this file is on the path, tests/ is not
    from answers import answer_any, body_hash
else:
    from llm.answers import answer_any, body_hash

Answer = Callable[[dict[str, Any]], str]
Fault = Callable[[int, dict[str, Any]], str]
PASSING = ("429", "500", "503-html", "cut", "drop", "silent", "slow", "not-json", "wrong-type", "half-json", "empty")
REFUSED = {
    "400-format": "response_format of type json_schema is not supported",
    "400-max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead.",
    "400-temperature": "Unsupported value: 'temperature' does not support 0.3 with this model.",
}


class ChatServer:
    """`requests` holds every body that arrived; `served` the contents that were sent back whole.

    `arrived` and `answered` count by the hash of the body: more arrived than answered is a fault, or a client lost.
    """

    def __init__(
        self,
        answer: Answer,
        fault: Fault,
        *,
        hang_seconds: float,
        retry_after: str,
        port: int = 0,
        log: Path | None = None,
        delay_seconds: float = 0.0,
    ) -> None:
        self.answer, self.fault = answer, fault
        self.hang_seconds, self.retry_after, self.delay_seconds = hang_seconds, retry_after, delay_seconds
        self.redirect_to = "http://127.0.0.1:9/v1"
        self.requests: list[dict[str, Any]] = []
        self.raw_hashes: list[str] = []  # SHA-256 of the very bytes of each body
        self.times: list[float] = []
        self.keys: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.served: list[str] = []
        self.arrived: dict[str, int] = {}
        self.answered: dict[str, int] = {}
        self.faults: dict[str, int] = {}
        self.bytes_in = self.bytes_out = 0
        self.most_at_once = self.now = 0
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.log = log.open("a", encoding="utf-8") if log else None
        chat = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                body = json.loads(raw)
                key = body_hash(body)
                with chat.lock:
                    number = len(chat.requests)
                    chat.requests.append(body)
                    chat.raw_hashes.append(hashlib.sha256(raw).hexdigest())
                    chat.times.append(time.monotonic())
                    chat.keys.append(self.headers.get("Authorization", ""))
                    chat.headers.append(dict(self.headers.items()))
                    chat.arrived[key] = chat.arrived.get(key, 0) + 1
                    chat.bytes_in += len(raw)
                    chat.now += 1
                    chat.most_at_once = max(chat.most_at_once, chat.now)
                    fault = chat.fault(number, body)
                    if fault:
                        chat.faults[fault] = chat.faults.get(fault, 0) + 1
                    chat.write_log(event="arrived", hash=key, fault=fault)
                try:
                    chat.respond(self, fault, key, body)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client has given up on us
                finally:
                    with chat.lock:
                        chat.now -= 1

            def do_GET(self) -> None:
                if self.path.rstrip("/").endswith("/stats"):
                    chat.send(self, 200, chat.stats())
                elif self.path.rstrip("/").endswith("/models"):
                    chat.send(self, 200, {"object": "list", "data": [{"id": "m", "object": "model"}]})
                else:
                    chat.send(self, 404, error("no such address"))

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: Any) -> None:
                pass  # clients that hang up are part of the tests

        self.http = Server(("127.0.0.1", port), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.base_url = f"{self.address}/v1"

    def stats(self) -> dict[str, Any]:
        """What `GET /stats` shows: requests in all, by hash (arrived and answered), faults, the most at once."""
        with self.lock:
            return {
                "requests": len(self.requests),
                "distinct": len(self.arrived),
                "answered": sum(self.answered.values()),
                "answered_twice": sorted(key for key, count in self.answered.items() if count > 1),
                "most_at_once": self.most_at_once,
                "bytes_in": self.bytes_in,
                "bytes_out": self.bytes_out,
                "faults": dict(sorted(self.faults.items())),
                "by_hash": {key: [count, self.answered.get(key, 0)] for key, count in self.arrived.items()},
            }

    def write_log(self, **event: Any) -> None:
        if self.log is not None:
            self.log.write(json.dumps(event) + "\n")
            self.log.flush()

    def respond(self, handler: BaseHTTPRequestHandler, fault: str, key: str, body: dict[str, Any]) -> None:
        if self.delay_seconds:
            self.stopping.wait(self.delay_seconds)
        if fault in ("hang", "silent"):
            self.stopping.wait(self.hang_seconds)
        if fault in ("drop", "silent"):
            return self.hang_up(handler)
        if fault in ("429", "429-later"):
            wait = self.retry_after if fault == "429" else "3600"
            return self.send(handler, 429, error("slow down"), {"Retry-After": wait})
        if fault == "quota":
            return self.send(handler, 429, error("You exceeded your quota", code="insufficient_quota"))
        if fault == "500":
            return self.send(handler, 500, error("it broke"))
        if fault == "503-html":
            return self.send_text(handler, 503, "<html>no backend</html>", {"Content-Type": "text/html"})
        if fault == "401":
            sent = handler.headers.get("Authorization", "")
            return self.send(handler, 401, error(f"Incorrect API key provided: {sent}"))
        if fault == "404":
            return self.send(handler, 404, error("no such model"))
        if fault in REFUSED:
            return self.send(handler, 400, error(REFUSED[fault]))
        if fault == "400-filter":
            refused = error("The prompt triggered the content management policy", code="content_filter")
            return self.send(handler, 400, refused)
        if fault == "redirect":
            return self.send(handler, 307, error("elsewhere"), {"Location": f"{self.redirect_to}/chat/completions"})
        if fault == "400-bare":
            return self.send_text(handler, 400, "Bad Request", {"Content-Type": "text/plain"})
        if fault == "413":
            return self.send(handler, 413, error("request too large"))
        if fault == "not-json":
            return self.send_text(handler, 200, "<html>gateway</html>", {"Content-Type": "text/html"})
        content = self.answer(body)
        payload = json.dumps(shaped(completion(body, content), fault)).encode()
        if fault == "half-json":
            return self.send_text(handler, 200, payload[: len(payload) // 2].decode())
        handler.send_response(200)
        handler.send_header("Content-Type", "text/plain" if fault == "wrong-type" else "application/json")
        handler.send_header("Content-Length", str(len(payload)))
        handler.end_headers()
        if fault == "cut":
            handler.wfile.write(payload[: len(payload) // 2])
            handler.wfile.flush()
            return self.hang_up(handler)
        if fault == "slow":
            for start in range(0, len(payload), max(len(payload) // 10, 1)):
                handler.wfile.write(payload[start : start + max(len(payload) // 10, 1)])
                handler.wfile.flush()
                self.stopping.wait(min(self.hang_seconds, 1.0) / 10)
        else:
            handler.wfile.write(payload)
        handler.wfile.flush()
        with self.lock:
            self.served.append(content)
            self.bytes_out += len(payload)
            if fault != "empty":
                self.answered[key] = self.answered.get(key, 0) + 1
                self.write_log(event="answered", hash=key)
        return None

    @staticmethod
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.connection.close()

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
        with self.lock:
            self.bytes_out += len(payload)


def error(message: str, *, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "error", "code": code}}


def completion(body: dict[str, Any], content: str) -> dict[str, Any]:
    prompt_tokens = len(json.dumps([body["messages"], body.get("response_format")])) // 4
    completion_tokens = max(len(content) // 4, 1)
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


def shaped(whole: dict[str, Any], fault: str) -> dict[str, Any]:
    """The completion as other servers shape it."""
    choice = whole["choices"][0]
    message = choice["message"]
    content = message["content"]
    if fault == "empty":
        whole["choices"] = []
    elif fault == "spoilt":
        message["content"] = "I am sorry, here is no JSON."
    elif fault == "parts":
        half = len(content) // 2
        message["content"] = [{"type": "text", "text": content[:half]}, {"type": "text", "text": content[half:]}]
    elif fault == "reasoning":
        message["reasoning_content"] = '{"words": "not this"} I think ...'
    elif fault == "think":
        message["content"] = f'The user wants {{"words": 1}}... </think>\n\n{content}'
    elif fault == "length":
        choice["finish_reason"] = "length"
        message["content"] = content[: len(content) * 2 // 3]
    elif fault == "blank":
        message["content"] = ""
    elif fault == "filter":
        choice["finish_reason"] = "content_filter"
        message["content"] = None
    elif fault == "refusal":
        message["content"], message["refusal"] = None, "I cannot help with that."
    elif fault == "no-usage":
        del whole["usage"]
    return whole


@contextmanager
def chat_server(
    answer: Answer = answer_any,
    faults: dict[int, str] | Fault | None = None,
    *,
    hang_seconds: float = 5,
    retry_after: str = "0.3",
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


def misbehaving(share: float, *, seed: int, kinds: tuple[str, ...] = PASSING, most_in_a_row: int = 3) -> Fault:
    """Faults for `share` of the attempts. Each request gets through after at most `most_in_a_row` of them.

    One request in forty of that share is answered with broken JSON instead, every time it is sent: what is in a reply
    depends on the request alone, only the way it arrives changes from one attempt to the next.
    """
    attempts: dict[str, int] = {}

    def fault(_: int, body: dict[str, Any]) -> str:
        key = body_hash(body)
        attempt = attempts[key] = attempts.get(key, 0) + 1
        if random.Random(f"{seed}/{key}/content").random() < share / 40:
            return "spoilt"
        draw = random.Random(f"{seed}/{key}/{attempt}")
        if attempt > most_in_a_row or draw.random() >= share:
            return ""
        return draw.choice(kinds)

    return fault


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0: any free one; the address is printed")
    parser.add_argument("--misbehave", type=float, default=0.0, help="share of the attempts that go wrong")
    parser.add_argument("--kinds", default=",".join(PASSING), help="the faults to choose from")
    parser.add_argument("--always", default="", help="one fault for every request, e.g. parts, 400-format, 401")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each reply")
    parser.add_argument("--hang-seconds", type=float, default=1.0, help="how long hang, silent and slow take")
    parser.add_argument("--retry-after", default="0.1", help="what a 429 asks for")
    parser.add_argument("--log", type=Path, help="append one line per request that arrived and per reply sent whole")
    options = parser.parse_args()

    def always(_: int, body: dict[str, Any]) -> str:
        for fault, field in (
            ("400-format", "response_format"),
            ("400-max_tokens", "max_tokens"),
            ("400-temperature", "temperature"),
        ):
            if options.always == fault and field not in body:
                return ""
        return str(options.always)

    sometimes = misbehaving(options.misbehave, seed=options.seed, kinds=tuple(options.kinds.split(",")))
    server = ChatServer(
        answer_any,
        always if options.always else sometimes,
        hang_seconds=options.hang_seconds,
        retry_after=options.retry_after,
        port=options.port,
        log=options.log,
        delay_seconds=options.delay,
    )
    print(server.base_url, flush=True)
    try:
        server.http.serve_forever(poll_interval=0.05)
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
