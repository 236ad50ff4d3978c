"""What the services read is what their settings say they read; nothing slips past them.

That the infrastructure sets exactly these variables is in `tests/unit/infra`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("orders", "kit", "sqs_consumer", "adapters", "receiver", "processor", "lambda_fn")
READS_THE_ENVIRONMENT = {"environ", "environb", "getenv", "getenvb"}
HANDLERS = (
    *("order_events", "create_order", "read_orders", "relay", "process_orders", "notify"),
    *("claim_order", "charge_order", "complete_order"),
    *("decide_failure", "refund_order", "fail_order"),
)
ENTRY_POINTS = {
    "receiver/__main__.py",
    "processor/__main__.py",
    *(f"lambda_fn/{each}.py" for each in HANDLERS),
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def reads(tree: ast.Module) -> int:
    """Count where a module names the environment: `os.environ`, `getenv`, or an import of them."""
    names = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    names += [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "os"
        for alias in node.names
    ]
    return len([name for name in names if name in READS_THE_ENVIRONMENT])


def test_only_the_entry_points_read_the_environment_and_each_once() -> None:
    found = {name: reads(tree) for name, tree in modules() if reads(tree)}
    assert found == dict.fromkeys(ENTRY_POINTS, 1)
