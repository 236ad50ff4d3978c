"""Writes the gateway's model of an order from the type that validates one in the function.

`python scripts/api_model.py` after a change of `orders/request.py`; a test holds the two together.
API Gateway reads JSON Schema draft 4, which knows no `$defs`, no `const` and no sibling of `$ref`:
https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from orders.request import OrderRequest

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "infra" / "order_api" / "order_request.json"
DRAFT = "http://json-schema.org/draft-04/schema#"
REFERENCE = "#/$defs/{name}"
# What a draft 4 validator would not know, or may read otherwise than Python: the function checks.
LEFT_OUT = frozenset({"description", "default"})


def order_model() -> dict[str, Any]:
    """Return the schema, every type in its place."""
    _, types = msgspec.json.schema_components([OrderRequest], ref_template=REFERENCE)
    return {"$schema": DRAFT, **_inlined(types[OrderRequest.__name__], types)}


def _inlined(schema: Any, types: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(each, types) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(types[schema["$ref"].rpartition("/")[2]], types)
    return {
        name: {each: _inlined(field, types) for each, field in value.items()}
        if name == "properties"
        else _inlined(value, types)
        for name, value in schema.items()
        if name not in LEFT_OUT
    }


def text() -> str:
    """Return the file's content."""
    return json.dumps(order_model(), indent=2) + "\n"


if __name__ == "__main__":
    MODEL.write_text(text(), encoding="utf-8")
