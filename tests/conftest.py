"""What every test has: Hypothesis without a deadline (the first example imports slow libraries)."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("briefqa", deadline=None, max_examples=60)
settings.load_profile("briefqa")
