"""What OpenAI's clients send and get. They send much that is of no use here: what is not known is passed over."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from briefqa.answer.conversation import Said
from briefqa.service.wire import AsOf


class ChatMessage(BaseModel):
    """One turn. content: a text, or parts of which those of type "text" count."""

    model_config = ConfigDict(extra="ignore")

    role: str
    content: str | list[dict[str, Any]] | None = None

    @property
    def text(self) -> str:
        """What it says."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(str(part["text"]) for part in self.content or () if isinstance(part.get("text"), str))


def said_in(messages: Sequence[ChatMessage]) -> list[Said]:
    """Give the turns of a conversation."""
    return [Said(message.role, message.text) for message in messages]


class ChatRequest(BaseModel):
    """A conversation. Tools, temperature and whatever else a client sends are passed over.

    generation: our own, as of which to answer.
    """

    model_config = ConfigDict(extra="ignore")

    model: str = ""
    messages: list[ChatMessage] = Field(min_length=1)
    stream: bool | None = False
    stream_options: dict[str, Any] | None = None
    generation: AsOf = None

    @property
    def wants_usage(self) -> bool:
        """Whether the stream is to end with the usage."""
        return bool((self.stream_options or {}).get("include_usage"))

    def turns(self) -> list[Said]:
        """Give what was said, in order."""
        return said_in(self.messages)


class NamedModel(BaseModel):
    """A model that a request may name."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(BaseModel):
    """The models."""

    object: Literal["list"]
    data: list[NamedModel]
