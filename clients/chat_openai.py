"""Ask a running server through OpenAI's own client, whole and streamed, and check what comes.

    python clients/chat_openai.py http://127.0.0.1:8000 "How far did the water table under the Vesper Basin fall?"

Needs `pip install openai`. Exits with 1 where the two answers differ or no source can be opened.
"""

from __future__ import annotations

import sys
import urllib.request

import openai


def main() -> int:
    """Ask twice, print, compare, open every source."""
    base, question = sys.argv[1:]
    client = openai.OpenAI(base_url=f"{base}/v1", api_key="none")
    print("models:", ", ".join(model.id for model in client.models.list()))
    whole = client.chat.completions.create(model="briefqa", messages=[{"role": "user", "content": question}])
    message = whole.choices[0].message
    print(message.content)
    streamed, annotations = "", []
    for chunk in client.chat.completions.create(
        model="briefqa", messages=[{"role": "user", "content": question}], stream=True
    ):
        for choice in chunk.choices:
            streamed += choice.delta.content or ""
            annotations += getattr(choice.delta, "annotations", None) or []
    urls = [annotation.url_citation.url for annotation in message.annotations or ()]
    opened = []
    for url in urls:
        with urllib.request.urlopen(url) as page:  # noqa: S310 - the server's own addresses
            opened.append(page.status)
        print(f"source: {url} ({opened[-1]})")
    same = streamed == message.content and [one["url_citation"]["url"] for one in annotations] == urls
    print(f"streamed and whole are {'the same' if same else 'NOT THE SAME'}; {len(urls)} sources open.")
    return int(not same or not urls or set(opened) != {200})


if __name__ == "__main__":
    sys.exit(main())
