import traceback
from pathlib import Path


class LabError(Exception):
    """One line that says key, value, rule and remedy; the CLI prints it and exits with 2."""


class EngineError(LabError):
    """The emulator, a resource, a service or a function could not be brought up or kept up."""


def in_words(error: Exception) -> str:
    """Return an error of the machine's in one line, with where in our code it happened."""
    ours = Path(__file__).parent
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, OSError) and error.strerror:
        named = f"{error.filename}: " if error.filename is not None else ""
        text = f"{named}{error.strerror}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(ours):
            return f"{text} (at {Path(frame.filename).relative_to(ours.parent)}:{frame.lineno})"
    return text
