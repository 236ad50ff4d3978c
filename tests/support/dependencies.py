"""What a recorded resource waits for, directly or through others: the engine's own graph."""

from tests.support.recorded_stack import Declared, RecordedStack


def reached_by(stack: RecordedStack, resource: Declared) -> frozenset[str]:
    """Return the URNs of all that is there before `resource`, and taken away after it."""
    by_urn = {each.urn: each for each in stack.resources}
    reached: set[str] = set()
    waiting = list(resource.depends_on)
    while waiting:
        urn = waiting.pop()
        if urn not in reached:
            reached.add(urn)
            waiting.extend(by_urn[urn].depends_on)
    return frozenset(reached)
