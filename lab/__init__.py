"""Runs the Pulumi program on one machine and measures what it does in a flash sale."""
