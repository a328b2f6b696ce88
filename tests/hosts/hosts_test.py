"""A cluster on four hosts: hosts_test.py ACCEPTANCE_SOURCES PROGRAMS TROUPE_COMMAND PROJECT [unittest arguments]

Scheduler, two workers and client are started by hand, each on a host of its own (see network.py). PROGRAMS is the folder of
the built programs.
"""

import contextlib
import pathlib
import subprocess
import sys
import unittest

import network

if __name__ == "__main__":
    network.move_apart()

SOURCES, PROGRAMS, COMMAND, PROJECT = (pathlib.Path(sys.argv.pop(1)) for _ in range(4))
sys.path.append(str(PROJECT / "scripts/internal"))

import acceptance_contract  # noqa: E402

SECONDS = 50


class Server:
    """A process on a host, until the end of a `with`; then it is asked to close, and has to."""

    def __init__(self, host, *words):
        self.process = subprocess.Popen(
            host.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )

    def line(self):
        return self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        status = acceptance_contract.end(self.process)
        self.process.stdout.close()
        if status != 0:
            raise AssertionError(f"{self.process.args[-4:]} ended with status {status}")


class hosts_test(unittest.TestCase):
    def setUp(self):
        self.network = self.enter(network.Network(4))
        self.scheduler, self.client, *self.workers = self.network.hosts

    def enter(self, context):
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    @contextlib.contextmanager
    def cluster(self, program):
        with contextlib.ExitStack() as servers:
            scheduler = servers.enter_context(Server(self.scheduler, COMMAND, "scheduler"))
            self.assertIn("8786", scheduler.line())
            for number, host in enumerate(self.workers):
                worker = ["--worker", self.scheduler.address, "--name", f"worker-{number}", "--nthreads", "2"]
                servers.enter_context(Server(host, program, *worker))
            self.wait_for_workers()
            yield

    def wait_for_workers(self):
        while "\n2 workers," not in self.output_of(self.client, COMMAND, "status", self.scheduler.address):
            pass

    def output_of(self, host, *words):
        return subprocess.run(
            host.command(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=SECONDS
        ).stdout

    def check(self, source):
        program = PROGRAMS / source.stem
        contract = acceptance_contract.read_contract(source)
        with self.cluster(program):
            words = self.client.command(program, "--scheduler", self.scheduler.address)
            result = acceptance_contract.run(words[0], words[1:])
        self.assertEqual(acceptance_contract.complaint(contract, *result), "")

    def test_acceptance_programs_pass_on_four_hosts(self):
        programs = [p for p in sorted(SOURCES.glob("*.cpp")) if (PROGRAMS / p.stem).exists()]
        self.assertEqual(len(programs), 9)
        for source in programs:
            with self.subTest(source.stem):
                self.check(source)

    def test_values_and_calls_are_relayed_where_workers_and_client_cannot_meet(self):
        first, second = self.workers
        self.assertTrue(first.reaches(second) and self.client.reaches(first))
        for host in (self.client, first, second):
            host.separate()
        self.assertFalse(first.reaches(second) or self.client.reaches(first))
        self.assertTrue(all(host.reaches(self.scheduler) for host in (self.client, first, second)))
        self.check(pathlib.Path(__file__).with_name("apart.cpp"))
        self.check(SOURCES / "12_actors.cpp")


if __name__ == "__main__":
    unittest.main()
