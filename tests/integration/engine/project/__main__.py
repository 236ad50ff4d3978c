"""A small program per stack, for the engine's own tests."""

import pulumi
import stacks

stacks.STACKS[pulumi.Config().require("kind")]()
