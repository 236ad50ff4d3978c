"""How hard hypothesis tries: `HYPOTHESIS_PROFILE=thorough` for a long look."""

import os

from hypothesis import settings

settings.register_profile("default", deadline=None, max_examples=60, stateful_step_count=40)
settings.register_profile("thorough", deadline=None, max_examples=3000, stateful_step_count=80)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
