"""What the server logs: lines for people, or JSON objects for programs, one a line."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from briefqa.service.guarding.requests import request_id


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request, what the record tells beside, and a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as JSON. Line breaks in what it says are escaped, so that no line can be forged."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := request_id.get():
            said["request"] = request
        said |= getattr(record, "told", {})
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said)


class TextFormatter(logging.Formatter):
    """One line for people, whatever the message holds; tracebacks below it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as text."""
        head = "".join(one if one.isprintable() else " " for one in record.getMessage())
        request = f" [{request_id.get()}]" if request_id.get() else ""
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{record.levelname} {record.name}{request}: {head}{trace}"


def configure(form: str) -> None:
    """Log to stderr. form: "text" or "json", which also has a line for every request."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("briefqa").setLevel(logging.INFO)
    if form != "json":
        logging.getLogger("briefqa.service.guarding.requests").setLevel(logging.WARNING)
