"""Physical names: Pulumi's own, also for the few resources that AWS wants to be told a name of."""

import pulumi


def named_after(name: str, sibling: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return `name` with the random ending of a sibling's physical name, which Pulumi made.

    A name without it would be shared by everybody who deploys this program to the account.
    """
    return sibling.apply(lambda physical: f"{name}-{physical.rpartition('-')[2]}")
