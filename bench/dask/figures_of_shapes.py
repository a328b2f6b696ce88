"""Graphs of other shapes, most handed over whole, which is faster than one submit after the other."""

import time

from cluster import cluster, loopback_bytes
from functions import add, make_array, mix, next_number, same, see_root


def run_graph(make, tasks):
    """`make` gives a graph with keys that begin with its number, the keys to get, and what is to come of them."""
    c = cluster()
    graph, keys, expected = make(c.numbers(1)[0])
    costs = c.costs()
    begin = time.perf_counter()
    result = c.client.get(graph, keys)
    taken = time.perf_counter() - begin
    assert list(result) == expected and len(graph) == tasks
    c.settle()
    return {"value": taken / tasks * 1e6} | costs.per(tasks) | {"tasks": tasks}


def tree(number, leaves=1 << 13):
    graph = {(f"tree-{number}", 0, i): (same, i) for i in range(leaves)}
    level, width = 0, leaves
    while width > 1:
        width //= 2
        for i in range(width):
            below = [(f"tree-{number}", level, 2 * i + side) for side in range(2)]
            graph[f"tree-{number}", level + 1, i] = (add, *below)
        level += 1
    return graph, [(f"tree-{number}", level, 0)], [leaves * (leaves - 1) // 2]


def chains(number, count, length):
    graph = {}
    for i in range(count):
        graph[f"link-{number}", i, 0] = (next_number, i)
        for j in range(1, length):
            graph[f"link-{number}", i, j] = (next_number, (f"link-{number}", i, j - 1))
    return graph, [(f"link-{number}", i, length - 1) for i in range(count)], [i + length for i in range(count)]


def all_to_all(number, width=100, rows=10):
    graph = {(f"all-{number}", 0, i): (same, i) for i in range(width)}
    expected = list(range(width))
    for row in range(1, rows):
        before = [(f"all-{number}", row - 1, i) for i in range(width)]
        for i in range(width):
            graph[f"all-{number}", row, i] = (mix, before, i)
        expected = [mix(expected, i) for i in range(width)]
    return graph, [(f"all-{number}", rows - 1, i) for i in range(width)], expected


def make_root(client, nbytes, seed):
    return client.submit(make_array, nbytes, seed)


def map_over(client, root, numbers):
    return client.map(see_root, [root] * len(numbers), numbers)


def fan_out(nbytes, tasks=10_000):
    c = cluster()
    root = make_root(c.client, nbytes, c.numbers(1)[0])
    root.result()
    numbers = c.numbers(tasks)
    moved = loopback_bytes()
    costs = c.costs()
    begin = time.perf_counter()
    futures = map_over(c.client, root, numbers)
    seen = c.client.gather(futures)
    answer = {"value": (time.perf_counter() - begin) / tasks * 1e6} | costs.per(tasks)
    moved = loopback_bytes() - moved
    assert seen == [x + nbytes // 8 for x in numbers]
    del root, futures
    c.settle()
    return answer, moved


def fan_out_1mib():
    _, with_small = fan_out(8)
    answer, moved = fan_out(1 << 20)
    return answer | {"root_moved": (moved - with_small) / (1 << 20)}


FIGURES = {
    "tree-15": lambda: run_graph(tree, (1 << 14) - 1),
    "chain": lambda: run_graph(lambda number: chains(number, 1, 1_000), 1_000),
    "chains-100x11": lambda: run_graph(lambda number: chains(number, 100, 11), 1_100),
    "all-to-all-100x10": lambda: run_graph(all_to_all, 1_000),
    "all-to-all-100x100": lambda: run_graph(lambda number: all_to_all(number, rows=30), 3_000),
    "fan-out-1MiB": fan_out_1mib,
}
