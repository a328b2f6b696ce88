"""Programs of two compilers in one cluster: two_compilers_test.py BUILD TWIN_BUILD

BUILD is a build folder of GCC, TWIN_BUILD one of clang of the same sources. Each in turn gives the worker, the other one the
client; the scheduler comes with the client. Skipped where the twin is not there.
"""

import contextlib
import pathlib
import signal
import subprocess
import sys

SKIPPED = 77  # exit status; ctest counts the test as skipped
SECONDS = 30
PROGRAM = "tests/compilers/two_compilers"
COMMAND = "actors/cluster/command/troupe"
EXPECTED = """\
client {client}, worker {worker}
3 pear 3.75, 2 a "fig", dried 4.00 / 7.75 / 9.00
99999.5 / 100000
hello troupe
std::out_of_range: not here in refuse
"""


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def bring_up_to_date(build):
    """A twin of older sources may speak another protocol. Where it is of these, nothing is built."""
    if not (build / PROGRAM).exists() or not (build / COMMAND).exists():
        skip(f"{build} has no programs of the other compiler: scripts/test release builds them")
    words = ["cmake", "--build", build, "--target", "two_compilers", "troupe_command"]
    subprocess.run(words, stdin=subprocess.DEVNULL, check=True)


@contextlib.contextmanager
def server(*words):
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=SECONDS)
        if status != 0:
            sys.exit(f"{words} ended with status {status}")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def run(client_build, worker_build):
    scheduler_words = [client_build / COMMAND, "scheduler", "--no-config", "--host", "127.0.0.1", "--port", "0"]
    with server(*scheduler_words) as scheduler:
        address = scheduler.stdout.readline().removeprefix("scheduler at ").strip()
        options = ["--no-config", "--no-nanny", "--host", "127.0.0.1", "--nthreads", "2"]
        with server(worker_build / PROGRAM, "--worker", address, *options):
            words = [client_build / PROGRAM, "--scheduler", address]
            return subprocess.run(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True, timeout=SECONDS
            ).stdout


def main():
    own, twin = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    bring_up_to_date(twin)
    wrong = 0
    for client, worker in ((("gcc", own), ("clang", twin)), (("clang", twin), ("gcc", own))):
        said = run(client[1], worker[1])
        expected = EXPECTED.format(client=client[0], worker=worker[0])
        if said != expected:
            print(f"expected:\n{expected}but it said:\n{said}")
            wrong += 1
    sys.exit(wrong)


if __name__ == "__main__":
    main()
