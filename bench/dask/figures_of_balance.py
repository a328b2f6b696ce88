"""Makespan over the ideal. The tasks are those of ../balance.cpp."""

import math
import os
import signal
import threading
import time

from cluster import cluster
from functions import slow_task

GOLDEN = (1 + math.sqrt(5)) / 2
MANY = 8


def fraction(i):
    return i * GOLDEN % 1


def variable(tasks, least):
    return [int(least * (1 + 2 * fraction(i))) for i in range(tasks)]


def lognormal(tasks=500):
    sleeps = []
    for i in range(tasks):
        uniform = (i * 211 % tasks + 0.5) / tasks
        normal = math.sqrt(-2 * math.log(uniform)) * math.cos(2 * math.pi * fraction(i))
        sleeps.append(int(min(math.exp(1 + 1.3 * normal) * 10_000, 600_000)))
    return sleeps


def map_sleeps(client, sleeps, numbers):
    return client.map(slow_task, sleeps, numbers)


def run(c, sleeps, ideal):
    """`ideal` gives seconds from what the tasks took."""
    numbers = c.numbers(len(sleeps))
    costs = c.costs()
    begin = time.perf_counter()
    futures = map_sleeps(c.client, sleeps, numbers)
    took = c.client.gather(futures)
    makespan = time.perf_counter() - begin
    assert len(took) == len(sleeps) and sum(took) >= sum(sleeps) * 1e-6
    del futures
    c.settle()
    return {"value": makespan / ideal(took)} | costs.per(len(sleeps)) | {"tasks": len(sleeps)}


def balance(sleeps, threads=MANY):
    return run(cluster(threads=threads), sleeps, lambda took: max(sum(took) / (2 * threads), max(took)))


def limp(pid, over):
    while not over.is_set():
        os.kill(pid, signal.SIGSTOP)
        over.wait(1)
        os.kill(pid, signal.SIGCONT)
        over.wait(0.5)


def straggler():
    c = cluster(threads=MANY)
    sleeps = [10_000] * 4_000
    over = threading.Event()
    limping = threading.Thread(target=limp, args=(c.processes["worker1"].pid, over))
    limping.start()
    try:
        return run(c, sleeps, lambda _: sum(sleeps) * 1e-6 / (MANY * (1 + 0.5 / 1.5)))
    finally:
        over.set()
        limping.join()


FIGURES = {
    "makespan-1ms": lambda: balance([1_000] * 2_000, threads=1),
    "makespan-10ms": lambda: balance([10_000] * 200, threads=1),
    "makespan-16-threads-1ms": lambda: balance([1_000] * 5_000),
    "makespan-16-threads-10ms": lambda: balance([10_000] * 5_000),
    "makespan-16-threads-100ms": lambda: balance([100_000] * 480),
    "makespan-variable": lambda: balance(variable(2_000, 5_000)),
    "makespan-lognormal": lambda: balance(lognormal()),
    "makespan-straggler": straggler,
}
