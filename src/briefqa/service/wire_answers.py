"""Answers on the wire: `POST /v1/ask`."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic import BaseModel as Model

from briefqa.service.wire import AsOf, BriefReference, CitedNote, Hit, PageLabel, Request, asked
from briefqa.shapes import sendable


class AskRequest(Request):
    """A question to answer, and which passages to look at."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": "How much did flood premiums rise after 2019?", "k": 5}]}
    )

    question: Annotated[str, AfterValidator(asked)] = Field(description="The question, in plain language.")
    k: int | None = Field(None, ge=1, description="How many passages to answer from at most, as for a search.")
    filters: dict[str, Any] | None = Field(None, description="Which passages to look at, as for a search.")
    rerank: bool | None = Field(None, description="As for a search.")
    generation: AsOf = None


class AnswerSentence(Model):
    """One sentence of an answer, and what bears it out."""

    text: str
    citations: list[int] = Field(description="Ordinals of `citations`.")
    level: Literal["brief", "note", "inference"] = Field(
        description="Who says it: the brief itself; the brief, with a note for its source; only this answer."
    )
    note: str | None = Field(description="The label of the note whose words these are; null where they are no note's.")
    supported: bool = Field(description="False where nothing that it cites bears it out.")


class Citation(Model):
    """Where a claim stands: `quote` is characters start to end of the brief's body."""

    ordinal: int
    quote: str
    start: int
    end: int
    brief: BriefReference
    passage_id: str
    pages: list[PageLabel]
    url: str = Field(description="The passage on the brief's web page.")
    notes: list[CitedNote] = Field(description="Those that the quote cites; offsets count in `quote`.")


class AskResponse(Model):
    """An answer, all from one generation of the index. Without sentences it abstains, and `reason` says why."""

    question: str
    answer: str = Field(description="The sentences with the numbers of their citations, or the reason.")
    sentences: list[AnswerSentence]
    abstained: bool
    reason: str
    written_by: str = Field(description='"briefs" where every word is theirs, else the model that wrote it.')
    notices: list[str] = Field(description="What to know of how it came about, such as sentences that were left out.")
    citations: list[Citation]
    generation: str
    took_ms: float
    answerable: bool
    confidence: float
    hits: list[Hit] = Field(description="What `POST /v1/search` finds for the question.")

    @model_validator(mode="before")
    @classmethod
    def _sendable(cls, answer: Any) -> Any:
        return sendable(answer)
