"""`POST /v1/responses`, as OpenAI's own client sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai
import pytest

from fakes import LEVEE, SCHOOL, MemoryIndex, make_brief
from test_service_chat import LEVEES, QUESTION, SAID, http_over

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    index = MemoryIndex([make_brief(LEVEE), make_brief(SCHOOL, path="b.txt")])
    with http_over(index, tmp_path_factory.mktemp("docs")) as http:
        yield openai.OpenAI(base_url="http://testserver/v1", api_key="none", http_client=http, max_retries=0)


def test_an_answer_cites_the_place_and_the_file(client: openai.OpenAI) -> None:
    made = client.responses.create(model="briefqa", input=QUESTION, store=False)

    assert made.status == "completed"
    assert made.output_text.startswith(f"{SAID} [[1]](http://testserver/briefs/{LEVEES.id}?page=1&passage=")
    [message] = made.output
    assert message.type == "message"
    [part] = message.content
    assert part.type == "output_text"
    place, file = part.annotations
    assert place.type == "url_citation"
    assert part.text[place.start_index : place.end_index] == f"[[1]]({place.url})"
    assert file.type == "file_citation"
    assert (file.file_id, file.filename) == (LEVEES.id, LEVEES.path)
    assert made.usage is not None
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens > 0


def test_a_stream_ends_with_the_whole_of_what_it_has_said(client: openai.OpenAI) -> None:
    events = list(client.responses.create(model="briefqa", input=[{"role": "user", "content": QUESTION}], stream=True))

    assert [event.sequence_number for event in events] == list(range(len(events)))
    said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    last = events[-1]
    assert last.type == "response.completed"
    assert said == last.response.output_text
    with client.responses.stream(model="briefqa", input=QUESTION) as stream:
        assert stream.get_final_response().output_text == said


def test_a_refusal_has_the_shape_that_the_client_reads(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="longer than 300"):
        client.responses.create(model="briefqa", input="why " * 200)
    with pytest.raises(openai.UnprocessableEntityError, match="empty"):
        client.responses.create(model="briefqa", input=" ")
