"""Why a request of the control API is not carried out, as JSON that a person can act on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ..faces.http import HttpResponse
from .strict import Problem

__all__ = ["ControlRefusal"]


class ControlRefusal(Exception):
    """A request is not carried out.

    Args:
        status: the status of the answer.
        message: what is wrong, and what to do.
        valid: what might have been meant, where that is a choice.
        problems: what is wrong with the body, piece by piece.
        headers: headers of the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        valid: Sequence[str] = (),
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.valid = tuple(valid)
        self.problems = tuple(problems)
        self.headers = dict(headers or {})

    def response(self) -> HttpResponse:
        """Return the answer that says so."""
        problems = [
            {"where": each.place, "wrong": each.wrong, "valid": list(each.valid)}
            for each in self.problems
        ]
        body = {"message": self.message, "valid": list(self.valid), "problems": problems}
        return HttpResponse(self.status, json.dumps({"error": body}).encode(), headers=self.headers)
