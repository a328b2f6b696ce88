"""Runs the small examples: programs_test.py FOLDER [unittest arguments], FOLDER being that of the built programs."""

import pathlib
import re
import subprocess
import sys
import unittest

EXAMPLES = pathlib.Path(sys.argv.pop(1))


class programs_test(unittest.TestCase):
    def output_of(self, name, *arguments):
        program = [str(EXAMPLES / name), *arguments]
        result = subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def test_merge_sort_sorts_on_any_number_of_workers(self):
        for workers in ("1", "3"):
            output = self.output_of("merge_sort", "--workers", workers, "--threads", "2")
            self.assertEqual(output, "1048576 numbers sorted by 48 tasks\n")

    def test_each_worker_keeps_one_connection_whatever_the_workers_are(self):
        for workers in ("1", "3"):
            for kind in ((), ("--processes",)):
                output = self.output_of("connections", "--workers", workers, "--threads", "1", *kind)
                self.assertEqual(output, f"1000 orders sum to 74655.00, {workers} kept connection(s)\n")

    def test_the_parameter_server_learns_the_line(self):
        expected = "y = 3.00 x + 1.00 after 200 pushes of 4 trainers\n"
        self.assertEqual(self.output_of("parameter_server", "--workers", "3"), expected)

    def test_pi_stops_when_it_is_good_enough(self):
        form = r"pi is (\d\.\d{3}) \+- 0\.001 after (\d+) tasks, 8 given up\n"
        pi, tasks = re.fullmatch(form, self.output_of("pi")).groups()
        self.assertAlmostEqual(float(pi), 3.14159, delta=0.003)
        self.assertEqual(int(tasks), 11)

    def test_a_plain_count_agrees_with_what_the_readme_program_says(self):
        def steps(n):
            return 0 if n == 1 else 1 + steps(n // 2 if n % 2 == 0 else 3 * n + 1)

        every = [steps(n) for n in range(1, 1001)]
        expected = f"{sum(s > 100 for s in every)} of 1000 numbers take more than 100 steps, one takes {max(every)}\n"
        self.assertEqual(self.output_of("readme"), expected)


if __name__ == "__main__":
    unittest.main()
