"""Measure our work against plain Odoo in the same run, and say whether it is within its limit.

The machine is shared: only ratios of interleaved rounds mean something, and numbers of queries.
"""

import gc
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Measured:
    """Seconds and queries of one piece of work, the medians of its rounds, and the mean of its usual processor time;
    and what a page answers."""

    seconds: float
    queries: float
    processor: float = 0.0
    mimetype: str = ""


def report(name, value, limit, *, at_least=False):
    """Print one figure: ``name value limit ok|SHORT``. ``limit`` is the most it may be, or the least."""
    good = value >= limit if at_least else value <= limit
    print(f"{name} {value:.2f} {'>=' if at_least else '<='}{limit:g} {'ok' if good else 'SHORT'}", flush=True)


def processor_seconds(env):
    """Return the processor time that this process and its PostgreSQL backend have taken.

    That is what a quiet machine takes: it does not count what else a machine does meanwhile. PostgreSQL's is counted in
    hundredths of a second, so short work has to be repeated.
    """
    of_backend = Path(f"/proc/{env.cr._cnx.get_backend_pid()}/stat").read_text().rpartition(")")[2].split()
    ticks = int(of_backend[11]) + int(of_backend[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def usual_mean(values):
    """Return the mean without a fifth at either end: the machine is shared, and one odd round is not the work's.

    It is not the median, because processor time is counted in hundredths of a second.
    """
    odd = len(values) // 5
    return statistics.mean(sorted(values)[odd : len(values) - odd])


def analyze(env):
    """Commit what a benchmark prepared and give PostgreSQL its statistics; without them it joins badly."""
    env.flush_all()
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()


def fastest(env, work, times=3):
    """Return the fastest of a few measurements, once Odoo has filled its caches: the machine is shared."""
    work()
    measured = []
    for _time in range(times):
        env.invalidate_all()
        measured.append(measure_once(env, work)[0])
    return min(measured, key=lambda it: it.seconds)


def interleave(env, rounds, *, warm_up=True, **works):
    """Run the works in turn, ``rounds`` times each after one round to warm up, undoing each of them.

    :param bool warm_up: not where something smaller has filled the caches already
    :return: ``{name: Measured}``
    """
    samples = {name: [] for name in works}
    for number in range(not warm_up, rounds + 1):
        for name, work in works.items():
            *sample, _result = _measure(env, work)
            if number:
                samples[name].append(sample)
    found = {}
    for name, taken in samples.items():
        seconds, queries, processor = zip(*taken, strict=True)
        found[name] = Measured(statistics.median(seconds), statistics.median(queries), usual_mean(processor))
    return found


def measure_once(env, work):
    """Run ``work`` once and keep what it did. Return ``(Measured, what work returned)``."""
    *measured, result = _measure(env, work, undo=False)
    return Measured(*measured), result


def _measure(env, work, undo=True):
    env.flush_all()
    env.invalidate_all()
    gc.collect()
    queries = env.cr.sql_log_count
    used = processor_seconds(env)
    started = time.perf_counter()
    result = work()
    env.flush_all()
    seconds = time.perf_counter() - started
    used = processor_seconds(env) - used
    taken = env.cr.sql_log_count - queries
    if undo:
        env.cr.rollback()
    return seconds, taken, used, result
