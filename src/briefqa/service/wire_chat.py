"""What OpenAI's clients send and get. They send much that is of no use here: what is not known is passed over."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

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

    def user_turns(self) -> list[str]:
        """Give what the user has said, in order."""
        return [message.text for message in self.messages if message.role == "user"]


class Model(BaseModel):
    """A model that a request may name."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(BaseModel):
    """The models."""

    object: Literal["list"]
    data: list[Model]
