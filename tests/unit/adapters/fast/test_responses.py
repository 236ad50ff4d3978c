"""Answers are read the same however they are cut, and nothing malformed passes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.aws.fast.responses import (
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    MalformedResponse,
    Response,
    ResponseParser,
)

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Amzn-RequestId:  abc \r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"4\r\nhell\r\n1;name=value\r\no\r\n0\r\n\r\n"
)
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN


def parsed(data: bytes, *cuts: int) -> Response | None:
    parser = ResponseParser()
    edges = [0, *sorted(cuts), len(data)]
    answers = [parser.feed(data[a:b]) for a, b in pairwise(edges) if a < b]
    assert all(answer is None for answer in answers[:-1])
    return answers[-1]


@pytest.mark.parametrize("data", [PLAIN, CHUNKED, CONTINUED])
def test_an_answer_cut_at_any_byte_is_the_same_answer(data: bytes) -> None:
    for cut in range(1, len(data)):
        answer = parsed(data, cut)
        assert answer is not None
        assert (answer.status, answer.body, answer.keep_alive) == (200, b"hello", True)


def test_an_answer_that_comes_byte_by_byte_is_read() -> None:
    answer = parsed(CHUNKED, *range(1, len(CHUNKED)))
    assert answer is not None
    assert answer.body == b"hello"


def test_names_are_in_lower_case_and_values_without_white_space() -> None:
    answer = parsed(PLAIN)
    assert answer is not None
    assert answer.headers[b"x-amzn-requestid"] == b"abc"


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore than asked for", False),
    ],
)
def test_a_connection_is_kept_only_behind_a_clean_end(head: bytes, kept: bool) -> None:  # noqa: FBT001
    answer = parsed(head)
    assert answer is not None
    assert answer.keep_alive is kept


def test_an_answer_without_length_ends_with_the_connection() -> None:
    parser = ResponseParser()
    assert parser.feed(b"HTTP/1.1 200 OK\r\n\r\nall of ") is None
    assert parser.feed(b"it") is None
    answer = parser.end()
    assert answer is not None
    assert answer.body == b"all of it"
    assert not answer.keep_alive


@pytest.mark.parametrize("data", [b"", PLAIN[:-1], PLAIN[:20], CHUNKED[:-3]])
def test_an_answer_that_was_cut_off_is_none(data: bytes) -> None:
    parser = ResponseParser()
    if data:
        assert parser.feed(data) is None
    assert parser.end() is None


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 999 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"<html>\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5_0\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 2000,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * MAX_HEAD_BYTES,
    ],
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedResponse):
        ResponseParser().feed(data)


@given(
    st.one_of(st.just(PLAIN), st.just(CHUNKED), st.just(CONTINUED)),
    st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=3)), max_size=4),
    st.lists(st.integers(1, 200), max_size=3),
)
def test_damaged_answers_are_read_or_refused(
    whole: bytes, damage: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    data = bytearray(whole)
    for at, replaced in damage:
        data[at : at + len(replaced)] = replaced
    parser = ResponseParser()
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    try:
        for a, b in pairwise(edges):
            if parser.feed(bytes(data[a:b])) is not None:
                return
        parser.end()
    except MalformedResponse:
        pass
