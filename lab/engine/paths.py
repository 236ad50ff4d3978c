from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder of Pulumi.yaml, which the program and the services run in."""
