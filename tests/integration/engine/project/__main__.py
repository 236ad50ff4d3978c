"""A small program per stack, for the engine's own tests."""

import pulumi
import stacks  # type: ignore[import-not-found]

stacks.STACKS[pulumi.Config().require("kind")]()
