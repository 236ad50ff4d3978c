"""Starts the emulator, taught a few of AWS's ways. Runs in the emulator's own Python."""
# ruff: noqa: SLF001 - the emulator has no public way in

import gc
import socketserver
from functools import lru_cache
from typing import Any

from ministack import app  # type: ignore[import-not-found]
from ministack.core import iam_evaluator, lambda_runtime  # type: ignore[import-not-found]
from ministack.services import lambda_svc, sns  # type: ignore[import-not-found]

from engine.emulator.environment_starts import StartLimiter
from engine.emulator.event_mappings import (
    FailureDestinations,
    QueueMappings,
    StreamMappings,
)
from engine.emulator.grants import admits
from engine.emulator.rest_apis import StrictRestApis
from engine.emulator.runtime_api import answer_in_one_packet, collect_written_logs
from engine.emulator.statements import (
    KEPT_TEXTS,
    authorise_statements,
    read_expressions_once,
    read_statements_once,
)
from engine.emulator.workflows import Workflows


class AsynchronousLambda:
    """Lambda as SNS should see it: what it delivers is invoked asynchronously.

    The emulator's SNS executes the function itself, once, and drops the event if that fails. AWS
    tries again and then hands the event to the failure destination; so does the emulator for every
    other source of events. Through an alias both are the alias's own. A topic that the function's
    policy does not admit is turned away.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
    """

    @staticmethod
    def _execute_function_with_config_scope(record: Any, event: Any) -> None:
        topic_arn = event["Records"][0]["Sns"]["TopicArn"]
        if admits(record, "sns.amazonaws.com", topic_arn, record["invoked_arn"]):
            lambda_svc.invoke_async_with_retry(record, event)

    def _get_func_record_for_ref(self, reference: str) -> tuple[Any, Any, str]:
        """Return the function with the configuration of its qualifier; the emulator drops that."""
        record, config, name = lambda_svc._get_func_record_for_ref(reference)
        _, qualifier = lambda_svc._resolve_name_and_qualifier(reference)
        if record and qualifier:
            base, _, _ = lambda_svc._get_base_func_record_for_ref(reference)
            told = lambda_svc._event_invoke_config(base, qualifier)
            record = {**record, "event_invoke_config": told, "policy": base["policy"]}
        return record and {**record, "invoked_arn": reference}, config, name

    def __getattr__(self, name: str) -> Any:
        return getattr(lambda_svc, name)

    def install(self) -> None:
        """Put this in the place of Lambda in SNS; RuntimeError if that does not execute there."""
        names = {"_execute_function_with_config_scope", "_get_func_record_for_ref"}
        if sns._lambda_svc is not lambda_svc or not names <= {
            *sns._deliver_to_lambda.__code__.co_names
        }:
            raise RuntimeError("another version of the emulator invokes functions elsewhere")
        sns._lambda_svc = self


def name_the_account_of_services() -> None:
    """Let trust policies read `aws:SourceAccount`, which a service of AWS sends with AssumeRole.

    Here the operator takes it on in their place, and works in one account.
    """
    evaluate = iam_evaluator.evaluate_trust_policy

    def evaluated(trust_policy: Any, caller_arn: str, context: Any = None) -> bool:
        if context is not None:
            context.service_context.setdefault("aws:sourceaccount", context.principal_account)
        return bool(evaluate(trust_policy, caller_arn, context))

    iam_evaluator.evaluate_trust_policy = evaluated


def read_policies_once() -> None:
    """Keep the statements of policies by text; a policy that is changed is another text."""
    parse = iam_evaluator.parse_policy_document
    parse_text = lru_cache(maxsize=KEPT_TEXTS)(parse)

    def statements_of(document: Any) -> list[Any]:
        return list(parse_text(document)) if isinstance(document, str) else parse(document)

    iam_evaluator.parse_policy_document = statements_of


def wake_up_less(seconds: float) -> None:
    """Let the threads of Lambda environments look for a dead process every `seconds` only.

    They are woken by what they wait for anyhow. Looking 20 times a second, two hundred of them kept
    a core busy with taking the interpreter lock from each other.
    """
    # Read before it is set: another version that knows it no more fails here.
    lambda_runtime._PROVIDED_POLL = max(seconds, lambda_runtime._PROVIDED_POLL)
    serve_forever = socketserver.BaseServer.serve_forever

    def serve(server: socketserver.BaseServer, poll_interval: float = 0.5) -> None:
        serve_forever(server, max(poll_interval, seconds))

    socketserver.BaseServer.serve_forever = serve  # type: ignore[method-assign, assignment]


def look_for_garbage_less() -> None:
    """Leave what the imports made out of every collection, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


if __name__ == "__main__":
    wake_up_less(1.0)
    name_the_account_of_services()
    authorise_statements()
    read_statements_once()
    read_expressions_once()
    read_policies_once()
    answer_in_one_packet()
    collect_written_logs()
    StartLimiter().install()
    QueueMappings().install()
    FailureDestinations().install()
    StreamMappings().install()
    StrictRestApis().install()
    Workflows().install()
    AsynchronousLambda().install()
    look_for_garbage_less()
    app.main()
