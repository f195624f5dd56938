"""A local page to approve, edit or reject the rows of a file. Every decision is on disk before the next row is shown.

FILE.review.jsonl      one line a decision, appended; the last one about a row counts: a new start goes on there
FILE.reviewed.jsonl    written on request: approved and edited rows, and the undecided ones unless told otherwise
FILE.rejected.jsonl    the rejected rows with their reasons

The server listens on 127.0.0.1 only, answers no other host name, and wants the token of the address it prints.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from clara.errors import MissingExtraError, RecordsError, UsageError
from clara.jsonl import (
    ALL_EXAMPLES,
    append_jsonl,
    check_file,
    dump,
    iter_lines,
    repair_torn_tail,
    validate,
    write_jsonl,
)
from clara.schema import Example

Decision = Literal["approved", "edited", "rejected", "undecided"]
DECISIONS: tuple[Decision, ...] = ("approved", "edited", "rejected", "undecided")


class Review:
    """The rows of a file and what was decided about each.

    Raises RecordsError when a line of the file is bad: mend it first (`clara data validate`).
    """

    def __init__(self, path: Path) -> None:
        rows: list[Any]
        rows, problems = check_file(path)
        if problems:
            raise RecordsError(problems)
        self.path, self.rows = path, rows
        self.journal = path.with_name(f"{path.name}.review.jsonl")
        self.reviewed = path.with_name(f"{path.stem}.reviewed.jsonl")
        self.rejected = path.with_name(f"{path.stem}.rejected.jsonl")
        self._keys = [hashlib.sha256(dump(row).encode()).hexdigest()[:24] for row in rows]
        self._decided: dict[str, dict[str, Any]] = {}
        repair_torn_tail(self.journal)
        if self.journal.exists():
            for line in iter_lines(self.journal):
                if line.value and isinstance(line.value.get("row"), str) and line.value.get("decision") in DECISIONS:
                    self._decided[line.value["row"]] = line.value

    def row(self, number: int) -> dict[str, Any]:
        """Row `number`, from 0: as it is in the file, as edited, the decision and the reason."""
        decided = self._decided.get(self._keys[number], {})
        return {
            "number": number,
            "decision": decided.get("decision", "undecided"),
            "reason": decided.get("reason", ""),
            "row": decided.get("edited") or self.rows[number].model_dump(exclude_none=True),
            "original": self.rows[number].model_dump(exclude_none=True),
        }

    def overview(self) -> list[dict[str, Any]]:
        """One line a row for the list beside the page: its number, its decision and a few words."""
        return [
            {"number": number, "decision": self.decision(number), "title": _title(self._final(number))}
            for number in range(len(self.rows))
        ]

    def decision(self, number: int) -> Decision:
        found: Decision = self._decided.get(self._keys[number], {}).get("decision", "undecided")
        return found

    def counts(self) -> dict[str, int]:
        found = Counter(self.decision(number) for number in range(len(self.rows)))
        return {decision: found[decision] for decision in DECISIONS}

    def decide(
        self, number: int, decision: Decision, *, edited: dict[str, Any] | None = None, reason: str = ""
    ) -> list[tuple[str, str]]:
        """Keep a decision; returns the problems of an edited row, and then nothing is kept."""
        entry: dict[str, Any] = {"row": self._keys[number], "number": number, "decision": decision}
        if decision == "edited":
            example, problems = validate(edited or {}, ALL_EXAMPLES)
            if example is None:
                return problems
            if dump(example) == dump(self.rows[number]):
                entry["decision"] = "approved"
            else:
                entry["edited"] = edited
        if reason.strip():
            entry["reason"] = reason.strip()
        with append_jsonl(self.journal) as append:
            append(entry)
        self._decided[self._keys[number]] = entry
        return []

    def write(self, *, only_approved: bool = False) -> dict[str, Any]:
        """Write FILE.reviewed.jsonl and FILE.rejected.jsonl; returns their paths and counts."""
        kept = [
            self._final(number)
            for number in range(len(self.rows))
            if self.decision(number) != "rejected" and not (only_approved and self.decision(number) == "undecided")
        ]
        refused = [
            {
                "reason": self.row(number)["reason"],
                "line": number + 1,
                "row": self.rows[number].model_dump(exclude_none=True),
            }
            for number in range(len(self.rows))
            if self.decision(number) == "rejected"
        ]
        if not kept:
            raise UsageError("no row is left to write: approve at least one, or leave some undecided")
        written = write_jsonl(self.reviewed, kept)
        write_jsonl(self.rejected, refused)
        return {
            "reviewed": self.reviewed.name,
            "rows": written,
            "rejected": self.rejected.name,
            "refused": len(refused),
        }

    def _final(self, number: int) -> Example:
        edited = self._decided.get(self._keys[number], {}).get("edited")
        if edited is None:
            return self.rows[number]
        example, problems = validate(edited, ALL_EXAMPLES)
        if example is None:
            raise UsageError(f"{self.journal}: the edited row {number + 1} is no longer valid: {problems[0][1]}")
        return example


def review_app(review: Review, *, token: str, only_approved: bool = False) -> Any:
    """The web application (FastAPI): the page, its rows, decisions, writing the result."""
    try:
        from fastapi import FastAPI, HTTPException, Request
        from fastapi.responses import HTMLResponse, JSONResponse
        from starlette.middleware.trustedhost import TrustedHostMiddleware
    except ImportError as error:
        raise MissingExtraError("fastapi", extra="serve") from error
    app = FastAPI(openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    page = (resources.files("clara.quality") / "review_page.html").read_text(encoding="utf-8")

    def check(given: str | None) -> None:
        if not secrets.compare_digest((given or "").encode(), token.encode()):
            raise HTTPException(403, "the token is missing or wrong: open the address that the command printed")

    async def show(request: Request) -> Any:
        check(request.query_params.get("token"))
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"})

    async def overview(request: Request) -> Any:
        check(request.headers.get("x-review-token"))
        return {"file": review.path.name, "rows": review.overview(), "counts": review.counts()}

    async def one(request: Request, number: int) -> Any:
        check(request.headers.get("x-review-token"))
        return review.row(_known(number))

    async def decide(request: Request, number: int) -> Any:
        check(request.headers.get("x-review-token"))
        said = await request.json()
        if not isinstance(said, dict) or said.get("decision") not in DECISIONS:
            raise HTTPException(422, f"decision must be one of {', '.join(DECISIONS)}")
        problems = review.decide(
            _known(number), said["decision"], edited=said.get("row"), reason=str(said.get("reason") or "")
        )
        if problems:
            return JSONResponse({"problems": [f"{field}: {message}" for field, message in problems]}, status_code=422)
        return {"counts": review.counts(), "decision": review.decision(number)}

    async def write(request: Request) -> Any:
        check(request.headers.get("x-review-token"))
        try:
            return review.write(only_approved=only_approved)
        except UsageError as error:
            return JSONResponse({"problems": [str(error)]}, status_code=422)

    def _known(number: int) -> int:
        if not 0 <= number < len(review.rows):
            raise HTTPException(404, f"there are rows 0 to {len(review.rows) - 1}")
        return number

    # real types instead of this module's postponed annotations, which FastAPI could not look up in here
    one.__annotations__ |= {"request": Request, "number": int}
    decide.__annotations__ |= {"request": Request, "number": int}
    for endpoint in (show, overview, write):
        endpoint.__annotations__["request"] = Request
    app.add_api_route("/", show, methods=["GET"])
    app.add_api_route("/rows", overview, methods=["GET"])
    app.add_api_route("/rows/{number}", one, methods=["GET"])
    app.add_api_route("/rows/{number}", decide, methods=["POST"])
    app.add_api_route("/write", write, methods=["POST"])
    return app


_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


def _title(row: Example) -> str:
    values = row.model_dump()
    asked = values.get("instruction") or next(iter(values.get("question") or []), "") or "paraphrase"
    return " ".join(str(asked).split())[:90]
