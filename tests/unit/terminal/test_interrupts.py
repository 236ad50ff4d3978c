from __future__ import annotations

import os
import signal
import threading

import pytest

from terminal.interrupts import impatient, interruptible, shielded


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_that_ends_a_program_is_a_keyboard_interrupt(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), interruptible():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_was_ignored_stays_ignored_as_nohup_asks(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with interruptible():
            assert signal.getsignal(number) is signal.SIG_IGN
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_a_shield_holds_an_interrupt_back_until_its_end() -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), interruptible(), shielded():  # noqa: PT012 - at its end
        os.kill(os.getpid(), signal.SIGINT)
        reached.append(impatient())
    assert reached == [True]


def test_the_inner_of_two_shields_does_not_let_it_through() -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), interruptible(), shielded():  # noqa: PT012 - the same
        with shielded():
            os.kill(os.getpid(), signal.SIGTERM)
        reached.append("after the inner shield")
    assert reached


def test_an_interrupt_is_raised_once_only() -> None:
    with interruptible():
        with pytest.raises(KeyboardInterrupt), shielded():
            os.kill(os.getpid(), signal.SIGINT)
        with shielded():
            assert not impatient()


def test_other_threads_pass_through_both_without_touching_signals() -> None:
    seen: list[object] = []

    def body() -> None:
        with interruptible(), shielded():
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert seen == [before]
