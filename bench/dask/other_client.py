"""A client beside another: round trips, one after the other, until its input ends; then their times, µs, as JSON."""

import json
import sys
import threading
import time

from distributed import Client
from functions import next_number


def call(client, x):
    return client.submit(next_number, x, priority=10).result()


def main():
    over = threading.Event()
    times = []
    with Client(scheduler_file=sys.argv[1]) as client:
        print("started", flush=True)
        threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
        x = 1 << 60  # numbers of its own
        while not over.is_set():
            x += 1
            begin = time.perf_counter()
            assert call(client, x) == x + 1
            times.append((time.perf_counter() - begin) * 1e6)
    print(json.dumps(times))


if __name__ == "__main__":
    main()
