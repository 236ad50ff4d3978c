"""What the emulator reads again with each request although it is the same text: read once.

Conditions and update expressions of DynamoDB are constants of their callers, and so are the
policies of the roles that every request is checked against.
"""
# ruff: noqa: SLF001 - the emulator has no public way in

from functools import lru_cache
from typing import Any

from ministack.core import iam_evaluator  # type: ignore[import-not-found]
from ministack.services import dynamodb  # type: ignore[import-not-found]

KEPT_TEXTS = 512


def read_expressions_once() -> None:
    """Keep the tokens of expressions, and what is wrong with the grammar of each, by text."""
    tokenize = lru_cache(maxsize=KEPT_TEXTS)(dynamodb._tokenize)

    def tokens_of(expression: str) -> list[Any]:
        return list(tokenize(expression))

    dynamodb._tokenize = tokens_of
    check = lru_cache(maxsize=KEPT_TEXTS)(dynamodb._condition_syntax_error)
    dynamodb._condition_syntax_error = check


def read_policies_once() -> None:
    """Keep the statements of policies by text; a policy that is changed is another text."""
    parse = iam_evaluator.parse_policy_document
    parse_text = lru_cache(maxsize=KEPT_TEXTS)(parse)

    def statements_of(document: Any) -> list[Any]:
        return list(parse_text(document)) if isinstance(document, str) else parse(document)

    iam_evaluator.parse_policy_document = statements_of
