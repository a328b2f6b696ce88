"""Prints the milliseconds from the start of a local cluster of two worker processes to its first result."""

import time


def main():
    from distributed import Client, LocalCluster
    from functions import next_number

    begin = time.perf_counter()
    options = {"processes": True, "host": "127.0.0.1", "dashboard_address": None}
    with LocalCluster(n_workers=2, threads_per_worker=1, **options) as cluster, Client(cluster) as client:
        assert client.submit(next_number, 1).result() == 2
        print((time.perf_counter() - begin) * 1e3)


if __name__ == "__main__":
    main()
