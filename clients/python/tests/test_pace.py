"""How many parts at a time, and how many to have signed: learnt from what arrives."""

from __future__ import annotations

from portway_client.pace import BEGIN, Pace

MIB = 1 << 20


def run(pace: Pace, seconds: float, bandwidth: float, latency: float, size: int = 16 * MIB) -> float:
    """Parts over a line of `bandwidth` bytes a second that all share, `latency` seconds each; the time at the end.

    A part takes its share of the line, or the latency, whichever is longer.
    """
    now = 0.001
    while now < seconds:
        each = max(size * pace.limit / bandwidth, latency)
        now += each / pace.limit
        pace.arrived(size, now)
    return now


def test_more_parts_are_sent_at_a_time_while_that_helps() -> None:
    """On a long line, where a part waits more than it moves, the number rises to the most that is allowed."""
    pace = Pace(8)
    run(pace, 300, bandwidth=1000 * MIB, latency=1.0)
    assert pace.limit == 8


def test_nothing_is_won_by_crowding_a_full_line() -> None:
    """Where a few parts fill the line the number stays near where it began."""
    pace = Pace(64)
    run(pace, 600, bandwidth=50 * MIB, latency=0.0)
    assert pace.limit <= BEGIN + 2


def test_trouble_halves_and_never_stops() -> None:
    """SlowDown and time-outs halve the number of parts, down to one."""
    pace = Pace(8)
    for _ in range(5):
        pace.too_much(1.0)
    assert pace.limit == 1
    assert pace.has_room


def test_it_comes_back_after_trouble() -> None:
    """When the line is good again, so is the number."""
    pace = Pace(8)
    pace.too_much(1.0)
    pace.too_much(1.0)
    run(pace, 600, bandwidth=1000 * MIB, latency=1.0)
    assert pace.limit == 8


def test_a_fixed_number_is_kept() -> None:
    """`parallel=1` sends one part at a time, whatever happens."""
    pace = Pace(1)
    run(pace, 60, bandwidth=1000 * MIB, latency=1.0)
    assert pace.limit == 1


def test_the_window_is_what_is_sent_in_half_the_life_of_a_url() -> None:
    """10 MiB a second in parts of 16 MiB: 450 seconds are some 280 parts."""
    pace = Pace(4)
    for number in range(1, 20):
        pace.arrived(16 * MIB, number * 1.6)
    assert 270 <= pace.window(16 * MIB, 900, 19 * 1.6) <= 320


def test_a_window_keeps_senders_busy_and_has_an_end() -> None:
    """While nobody knows the speed every sender has its next part signed; never more than one answer can hold."""
    pace = Pace(8)
    assert pace.window(16 * MIB, 900, 0.0) == 16
    for number in range(1, 200):
        pace.arrived(MIB, number * 0.001)
    assert pace.window(MIB, 900, 0.2) == 1000
