"""Where the local run is otherwise than AWS: told in the report, and watched by tests.

`tests/integration/engine/test_known_differences.py` fails when one of the emulator's own is gone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """What the emulator does, what AWS does, and what follows for a reader of the results."""

    name: str
    emulator: str
    aws: str
    consequence: str


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        name="names of batch actions",
        emulator="asks for sns:PublishBatch, sqs:DeleteMessageBatch and the like",
        aws="authorises them as sns:Publish, sqs:DeleteMessage, ...",
        consequence="the engine grants the emulator's name wherever a policy grants the real one",
    ),
    Difference(
        name="PartiQL permissions",
        emulator="on its own asks for dynamodb:ExecuteStatement and its batch forms on `*`",
        aws="asks for PartiQLInsert, PartiQLUpdate, ... on the table of each statement",
        consequence="the engine's launcher of the emulator takes the statements apart as AWS does",
    ),
    Difference(
        name="transactions on one item",
        emulator="carries out one call after the other, so that none ever meets another",
        aws="cancels a transaction that meets another one at an item (TransactionConflict), and "
        "refuses single writes to it meanwhile",
        consequence="contention for a hot item is modelled, not measured: see ADR 9",
    ),
    Difference(
        name="capacity of tables and indexes",
        emulator="writes as much as its CPU allows, also under one key of an index",
        aws="throttles at 1,000 write units a second and partition; a hot index holds up its table",
        consequence="a hot partition is found by counting write units, not by a run: see ADR 10",
    ),
    Difference(
        name="deleting a message twice",
        emulator="refuses a receipt handle that was used before",
        aws="succeeds",
        consequence="the consumer's handling of failed deletes runs more often here",
    ),
    Difference(
        name="receipts that have expired",
        emulator="hides the message again, and refuses a receipt that a later one has replaced",
        aws="says yes and does nothing",
        consequence="on AWS a consumer knows by its own clock only that a message is no longer his",
    ),
    Difference(
        name="twelve hours of invisibility",
        emulator="counts them from each change of visibility",
        aws="counts them from the receive, and refuses more",
        consequence="that work of hours ends in time is shown by the consumer's unit tests only",
    ),
    Difference(
        name="SNS to Lambda",
        emulator="on its own invokes once: no retry, no failure destination",
        aws="tries again after one and two minutes, then hands the event to the destination",
        consequence="the engine's launcher lets SNS invoke asynchronously with retries as well",
    ),
    Difference(
        name="throttled Lambda events",
        emulator="counts a throttled invocation as a failed one: after three it is dead-lettered",
        aws="keeps a throttled event for up to six hours and tries it again",
        consequence="of more than 1,000 events in work at the same time some would be lost here",
    ),
    Difference(
        name="redriving a dead-letter queue",
        emulator="does not know StartMessageMoveTask",
        aws="moves the messages back to their source",
        consequence="here `ops redrive` moves them itself, batch by batch",
    ),
    Difference(
        name="metrics, alarms and scaling",
        emulator="has no AWS/SQS metrics, evaluates no metric-math alarm, scales nothing",
        aws="evaluates both each minute and scales by them",
        consequence="what alarms and scaling policies would do is not seen here",
    ),
    Difference(
        name="start of a Lambda environment",
        emulator="an environment is forked from a fork server that has imported the handler",
        aws="each environment imports it (Init Duration in the REPORT line)",
        consequence="no latency here has a cold start; the bill has the CPU time of one import",
    ),
    Difference(
        name="Lambda's scaling",
        emulator="on its own starts one environment per event immediately, however many that are",
        aws="adds up to 1,000 environments a function every 10 seconds",
        consequence="the engine's launcher starts a few at a time, so a burst begins slower",
    ),
    Difference(
        name="PartiQL and streams",
        emulator="writes no stream record for what a PartiQL statement writes",
        aws="writes one for each change of an item",
        consequence="claims in batches leave no record here; the relay's filter drops them on AWS",
    ),
    Difference(
        name="batching windows",
        emulator="hands over what is in the queue at once, also with a batching window",
        aws="waits for a full batch up to the window, and polls with several pollers",
        consequence="batches are smaller here, so that the bill has more invocations",
    ),
    Difference(
        name="deployments of an API",
        emulator="serves a changed method at once, and logs no access",
        aws="serves what was deployed, and logs each request",
        consequence="that a change is deployed is shown by unit tests of the program only",
    ),
    Difference(
        name="executions of Step Functions",
        emulator="begins each after 0.15 s, knows no time-out of the machine, checks nothing",
        aws="begins at once, ends an execution in time, refuses what is no definition",
        consequence="orders of a workflow are paid a little later; a test lints the definition",
    ),
    Difference(
        name="execution roles",
        emulator="no image is pulled and no log driver runs",
        aws="pulls the image and writes logs under the execution role",
        consequence="a gap in an execution role is found on AWS only",
    ),
    Difference(
        name="trust policies",
        emulator="lets the operator take on a role in a service's name, and names no account",
        aws="lets the service alone take it on, and names the account of its resource",
        consequence="the engine's launcher names the account; unit tests find a wrong service",
    ),
    Difference(
        name="load balancer",
        emulator="clients reach the services' shared port directly",
        aws="a load balancer with its own idle timeout and health checks stands between",
        consequence="latencies leave out the balancer; its limits are the service's settings here",
    ),
)
