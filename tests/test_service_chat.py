"""Chat completions, as OpenAI's own client sees them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import openai
import pytest
from starlette.testclient import TestClient

from briefqa.answer import RemoteModel
from briefqa.answer.conversation import question_of
from briefqa.briefs import Note, Source
from briefqa.embedding import HashingEmbedder
from briefqa.errors import AnswerError, NoGeneration
from briefqa.keys import KeyFile
from briefqa.service.app import app_over
from briefqa.service.guarding import Guard
from briefqa.service.limits import Limits
from briefqa.service.live import Live
from briefqa.service.markdown import outside, plain, with_links
from browsing import serving
from fakes import LEVEE, SCHOOL, MemoryIndex, make_brief
from writers import Script, Scripted, model_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fastapi import FastAPI

QUESTION = "By how much did levee premiums rise in four years?"
SAID = "Levee premiums rose by 31 percent in four years."
LEVEES = make_brief(LEVEE)


def http_over(index: MemoryIndex | None, docs_in: Path) -> TestClient:
    def open_current() -> MemoryIndex:
        if index is None:
            raise NoGeneration("Nothing is indexed yet.")
        return index

    live = Live(open_current, lambda: "g1", HashingEmbedder, interval=60, patience=5)
    return TestClient(app_over(live, docs_in=docs_in, limits=Limits(max_query_chars=300)))


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with http_over(MemoryIndex([LEVEES, make_brief(SCHOOL, path="b.txt")]), tmp_path_factory.mktemp("docs")) as client:
        yield client


@pytest.fixture
def client(http: TestClient) -> openai.OpenAI:
    return openai.OpenAI(base_url="http://testserver/v1", api_key="none", http_client=http, max_retries=0)


def user(text: str) -> Any:
    return {"role": "user", "content": text}


def test_an_answer_has_links_in_its_text_and_annotations_that_point_at_them(client: openai.OpenAI) -> None:
    done = client.chat.completions.create(model="briefqa", messages=[user(QUESTION)])

    message = done.choices[0].message
    assert message.content is not None
    assert message.content.startswith(f"{SAID} [[1]](http://testserver/briefs/{LEVEES.id}?page=1&passage=")
    note, source = re.findall(r"\]\((http[^)]+)\)", message.content.partition("    - ")[2])
    assert note == f"http://testserver/briefs/{LEVEES.id}#note-n12"
    assert source == "https://example.org/premiums"
    assert "): Tidewater Institute" in message.content
    assert message.content.endswith(r", 14, [https\://example.org/premiums](https://example.org/premiums).")
    assert message.annotations is not None
    cited = message.annotations[0].url_citation
    assert cited.title == "Insuring the Coast, p. iv"
    assert message.content[cited.start_index : cited.end_index] == f"[[1]]({cited.url})"
    assert done.choices[0].finish_reason == "stop"
    assert done.usage is not None
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens > 0


def test_a_stream_gives_the_same_text_and_all_annotations_on_one_last_chunk(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="briefqa", messages=[user(QUESTION)]).choices[0].message
    chunks = list(
        client.chat.completions.create(
            model="briefqa", messages=[user(QUESTION)], stream=True, stream_options={"include_usage": True}
        )
    )

    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == whole.content
    annotated = [delta for delta in deltas if getattr(delta, "annotations", None)]
    assert annotated == deltas[-1:]
    assert annotated[0].content is None
    assert whole.annotations is not None
    assert annotated[0].annotations == [one.model_dump() for one in whole.annotations]  # type: ignore[attr-defined]
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert not chunks[-1].choices
    assert chunks[-1].usage is not None


def test_open_webui_gets_events_instead_of_annotations(http: TestClient) -> None:
    sent = {"model": "briefqa-open-webui", "messages": [user(QUESTION)], "stream": True}
    lines = http.post("/v1/chat/completions", json=sent).text.split("\n\n")
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines if line and line != "data: [DONE]"]

    events = [chunk["event"] for chunk in chunks if "event" in chunk]
    assert [event["type"] for event in events] == ["source"]
    assert events[0]["data"]["document"][0].startswith(SAID)
    assert events[0]["data"]["metadata"][0]["page"] == 0
    assert not any("annotations" in choice["delta"] for chunk in chunks for choice in chunk["choices"])
    assert "data: [DONE]" in lines


def test_the_hits_are_those_of_search_and_ask(http: TestClient) -> None:
    searched = http.post("/v1/search", json={"query": QUESTION}).json()
    answered = http.post("/v1/ask", json={"question": QUESTION}).json()
    assert answered["hits"] == searched["hits"]
    assert answered["sentences"][0]["text"] == SAID


def test_what_clients_send_beside_is_passed_over(client: openai.OpenAI) -> None:
    tool: Any = {"type": "function", "function": {"name": "x", "parameters": {}}}
    parts: Any = [{"type": "text", "text": QUESTION}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    done = client.chat.completions.create(
        model="another",
        messages=[{"role": "system", "content": "Be brief."}, user(parts)],
        temperature=0.2,
        tools=[tool],
        tool_choice="auto",
        extra_body={"chat_id": "7", "top_k": 4},
    )
    assert done.model == "another"
    assert (done.choices[0].message.content or "").startswith(SAID)
    assert not done.choices[0].message.tool_calls


def test_a_follow_up_is_understood(client: openai.OpenAI) -> None:
    talk = [
        user("How high are levee premiums?"),
        {"role": "assistant", "content": "High."},
        user("And by 31 percent in four years?"),
    ]
    content = client.chat.completions.create(model="briefqa", messages=talk).choices[0].message.content
    assert (content or "").startswith(SAID)


def test_without_an_answer_it_says_so_and_annotates_nothing(client: openai.OpenAI) -> None:
    message = (
        client.chat.completions.create(model="m", messages=[user("Who won at chess in Reykjavik?")]).choices[0].message
    )
    assert "do not seem to answer" in (message.content or "")
    assert message.annotations == []


def test_errors_are_those_that_the_client_knows(client: openai.OpenAI, tmp_path: Path) -> None:
    with pytest.raises(openai.BadRequestError, match="longer than 300"):
        client.chat.completions.create(model="briefqa", messages=[user("x" * 301)])
    with pytest.raises(openai.BadRequestError, match="messages"):
        client.chat.completions.create(model="briefqa", messages=[])
    with pytest.raises(openai.UnprocessableEntityError, match="empty"):
        client.chat.completions.create(model="briefqa", messages=[user(" ")])
    with http_over(None, tmp_path) as http:
        empty = openai.OpenAI(base_url="http://testserver/v1", api_key="none", http_client=http, max_retries=0)
        with pytest.raises(openai.InternalServerError, match="Nothing is indexed") as raised:
            empty.chat.completions.create(model="briefqa", messages=[user(QUESTION)])
    assert raised.value.status_code == 503
    assert raised.value.response.headers["retry-after"]


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["briefqa", "briefqa-open-webui"]
    assert client.models.retrieve("briefqa").owned_by == "briefqa"
    with pytest.raises(openai.NotFoundError, match="no model 'another'"):
        client.models.retrieve("another")


def test_a_source_that_a_note_does_not_spell_out_is_named_behind_it() -> None:
    walls = Source({"type": "article", "DOI": "10.5555/walls"}, 0, 5)
    note = Note("n1", "1", "footnote", 1, "Quill, *Walls of Sand*, 45.", (walls, walls))
    assert with_links(note) == r"Quill, \*Walls of Sand\*, 45. ([doi.org](https://doi.org/10.5555/walls))"


@pytest.mark.parametrize(
    ("turns", "question"),
    [
        (["How high are levee premiums?"], "How high are levee premiums?"),
        (["How high are levee premiums?", "And in 2019?"], "How high are levee premiums? And in 2019?"),
        (["How high are levee premiums?", "Who pays for them?"], "How high are levee premiums? Who pays for them?"),
        (["How high are levee premiums?", "What does a school meal cost?"], "What does a school meal cost?"),
        (["Wie hoch sind die Prämien?", "Und wer zahlt?"], "Wie hoch sind die Prämien? Und wer zahlt?"),
        (["x" * 300, "Why?"], "Why?"),
        ([" "], ""),
    ],
)  # fmt: skip
def test_a_question_is_made_of_the_conversation(turns: list[str], question: str) -> None:
    assert question_of(turns, 300) == question


def test_nothing_that_a_brief_says_is_markup() -> None:
    hostile = (
        "![x](http://a.b/c) [click](javascript:alert(1)) <script>x</script> **b** `c` &lt; \u202eltr\x07\n# h\n1. i"
    )
    shown = plain(hostile)
    assert shown.startswith("\\!\\[x\\](http")
    assert "<" not in shown.replace("\\<", "")
    assert "\u202e" not in shown
    assert "\x07" not in shown
    assert "\n" not in shown
    assert plain("1. One") == "1\\. One"


@pytest.mark.parametrize(
    ("csl", "host"),
    [
        ({"URL": "https://www.example.org/a_(b)?c=*d*"}, "example.org"),
        ({"DOI": "10.5555/walls"}, "doi.org"),
        ({"URL": "javascript:alert(1)"}, ""),
        ({"URL": "https://www.example.org@evil.example/premiums"}, ""),
        ({"URL": "https://www.ехample.org/"}, ""),  # two of its letters are Cyrillic
        ({"URL": "https://xn--xample-9uf.org/"}, ""),
        ({"URL": "https://[::1/"}, ""),
        ({"URL": "https://example.org/\u202e"}, ""),
        ({"URL": "https://localhost/"}, ""),
        ({}, ""),
    ],
)
def test_a_source_is_linked_where_its_host_can_be_seen(csl: dict[str, str], host: str) -> None:
    found, url = outside(Source({"type": "webpage", **csl}, 0, 1))
    assert found == host
    assert bool(url) == bool(host)


def test_each_citation_has_an_address_of_its_own_that_names_its_words(client: openai.OpenAI) -> None:
    message = client.chat.completions.create(model="briefqa", messages=[user(QUESTION)]).choices[0].message
    assert message.annotations is not None
    url = message.annotations[0].url_citation.url
    assert url.endswith("#passage:~:text=Levee%20premiums%20rose,in%20four%20years.")


def test_a_key_may_want_the_events_of_open_webui(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    _, secret = keys.create("a front-end", open_webui=True)
    live = Live(lambda: MemoryIndex([LEVEES]), lambda: "g1", HashingEmbedder, interval=60, patience=5)
    app = app_over(live, docs_in=tmp_path, limits=Limits(), guard=Guard(keys=keys))
    with TestClient(app) as http:
        asked = {"model": "briefqa", "messages": [user(QUESTION)], "stream": True}
        sent = http.post("/v1/chat/completions", json=asked, headers={"Authorization": f"Bearer {secret}"})

    assert '"event": {"type": "source"' in sent.text
    assert "url_citation" not in sent.text


class Breaking(Scripted):
    """Writes two sentences, the second begun only, and is gone."""

    def stream(self, turns: Sequence[dict[str, str]], until: float) -> Iterator[str]:
        yield from super().stream(turns, until)
        raise AnswerError("The model scripted did not answer (ReadError).")


def test_where_a_model_breaks_off_what_was_sent_stays_and_the_briefs_go_on(http: TestClient) -> None:
    app: FastAPI = http.app  # type: ignore[assignment]
    app.state.writer = Breaking("Levee premiums rose by 31 percent [1]. Nobody")
    client = openai.OpenAI(base_url="http://testserver/v1", api_key="none", http_client=http, max_retries=0)
    try:
        chunks = list(client.chat.completions.create(model="briefqa", messages=[user(QUESTION)], stream=True))
    finally:
        app.state.writer = None

    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    text = "".join(delta.content or "" for delta in deltas)
    first, told, second, *sources = text.split("\n\n")
    assert first.startswith("Levee premiums rose by 31 percent. [[1]](")
    assert told == ("*The model scripted did not answer (ReadError). These are the briefs' own sentences instead.*")
    assert second.startswith(f"{SAID} [[1]](")  # the same place as that of the sentence before
    assert [line.split(" ")[0] for line in sources[0].splitlines() if not line.startswith(" ")] == ["1."]
    for one in deltas[-1].annotations:  # type: ignore[attr-defined]
        cited = one["url_citation"]
        assert text[cited["start_index"] : cited["end_index"]].endswith(f"]({cited['url']})")


def test_a_sentence_is_sent_as_soon_as_it_is_verified(tmp_path: Path) -> None:
    script = Script(["Levee premiums rose by 31 percent [1]. Nobody", "| had planned for it [1]."])
    live = Live(lambda: MemoryIndex([LEVEES]), lambda: "g1", HashingEmbedder, interval=60, patience=5)
    app = app_over(live, docs_in=tmp_path, limits=Limits())
    with model_server(script) as url, serving(app) as address:
        app.state.writer = RemoteModel(url, "scripted-1", "", seconds=10, retries=0, concurrency=1)
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        stream = client.chat.completions.create(model="briefqa", messages=[user(QUESTION)], stream=True)
        said = (chunk.choices[0].delta.content for chunk in stream if chunk.choices)
        early = next(text for text in said if text)
        script.go_on.set()
        late = "".join(text or "" for text in said)
    assert early.startswith("Levee premiums rose by 31 percent. [[1]](")
    assert late.startswith(" Nobody had planned for it. [[2]](")
