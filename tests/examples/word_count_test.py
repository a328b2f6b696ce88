"""Runs the word count example as a user does: word_count_test.py PROGRAM [unittest arguments]."""

import collections
import fcntl
import os
import pathlib
import pty
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
LICENCES = pathlib.Path("/usr/share/common-licenses")
NOBODY = 65534
SUMMARY = ("words", "files", "tasks run", "time taken")


def count(*arguments, program=PROGRAM, **options):
    command = [str(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL, **options)


def plain_count(folder):
    """All in one thread, by other means: ASCII texts only."""
    words = collections.Counter()
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            words.update(re.findall(rb"[a-z]+(?:'[a-z]+)*", path.read_bytes().lower()))
    return collections.Counter({word.decode(): number for word, number in words.items()})


class word_count_test(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.folder.chmod(0o755)
        self.texts = self.folder / "texts"
        self.texts.mkdir()

    def enterContext(self, context):  # Python 3.11 has its own
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def write(self, name, text):
        path = self.texts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def read(self, output):
        """The words with their counts, and the summary."""
        lines = output.splitlines()
        top = [re.fullmatch(r"(\d+) (\S+)", line).groups() for line in lines[: -len(SUMMARY)]]
        summary = dict(line.split(": ") for line in lines[-len(SUMMARY) :])
        self.assertEqual(tuple(summary), SUMMARY)
        self.assertRegex(summary["time taken"], r"^\d+\.\d{3} s$")
        return [(word, int(number)) for number, word in top], summary

    def assert_counted_as_plainly(self, folder):
        result = count(folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        top, summary = self.read(result.stdout)
        expected = plain_count(folder)
        self.assertEqual(int(summary["words"]), expected.total())
        self.assertEqual(top, sorted(expected.items(), key=lambda item: (-item[1], item[0]))[:10])
        return summary

    def test_the_ten_most_frequent_words_come_first_and_equals_in_the_order_of_the_alphabet(self):
        self.write("a", "the THE the cat. Don't\n")
        self.write("below/b", "cat dog eel fox gnu hen ibis jay kite lark mole don't don't")
        result = count(self.texts)
        self.assertEqual(result.returncode, 0, result.stderr)
        top, summary = self.read(result.stdout)
        singles = [(word, 1) for word in ("dog", "eel", "fox", "gnu", "hen", "ibis", "jay")]
        self.assertEqual(top, [("don't", 3), ("the", 3), ("cat", 2), *singles])
        self.assertEqual((summary["words"], summary["files"], summary["tasks run"]), ("18", "2", "2"))

    def test_words_of_other_languages_are_kept_whole(self):
        self.write("a", "été “été” l’été — Straße, строка 1×2 ".encode() + b"bad\xffbytes\xc3")
        top, _ = self.read(count(self.texts).stdout)
        self.assertEqual(top[0], ("été", 2))
        self.assertEqual({word for word, _ in top}, {"été", "l'été", "straße", "строка", "bad", "bytes"})

    def test_totals_equal_those_of_a_plain_count(self):
        self.assert_counted_as_plainly(LICENCES)

    def test_large_files_are_split_without_cutting_words(self):
        random.seed(3)
        vocabulary = ["".join(random.choices("abcdefg'", k=random.randint(1, 300))) for _ in range(500)]
        self.write("long", "".join(random.choice(vocabulary) + random.choice(" \n\t-.") for _ in range(4000)))
        self.write("one-run", "x-" * 40_000)
        self.write("no-letters", "\0" * 100_000)
        summary = self.assert_counted_as_plainly(self.texts)
        self.assertGreater(int(summary["tasks run"]), 20)

    def test_without_a_folder_the_licences_are_counted(self):
        self.assertEqual(self.read(count().stdout)[0], self.read(count(LICENCES).stdout)[0])

    def test_links_and_special_files_are_left_out_and_said_to_be(self):
        self.write("a", "word")
        (self.texts / "same").symlink_to("a")
        (self.texts / "round").symlink_to(".")
        (self.texts / "nowhere").symlink_to("missing")
        os.mkfifo(self.texts / "pipe")
        result = count(self.texts)
        self.assertEqual(result.returncode, 0, result.stderr)
        top, _ = self.read(result.stdout)
        self.assertEqual(top, [("word", 1)])
        self.assertIn("3 symbolic links left out", result.stderr)
        self.assertIn("1 pipes, sockets or devices left out", result.stderr)

    def test_a_folder_without_files_is_an_error(self):
        (self.texts / "empty").mkdir()
        result = count(self.texts)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("no files to count", result.stderr)

    def test_empty_files_have_no_words(self):
        self.write("a", "")
        result = count(self.texts)
        self.assertEqual(result.returncode, 0, result.stderr)
        top, summary = self.read(result.stdout)
        self.assertEqual((top, summary["words"], summary["tasks run"]), ([], "0", "0"))

    def test_what_is_no_folder_is_an_error_that_names_it(self):
        file = self.write("a", "word")
        for path, complaint in (
            (self.texts / "missing", "No such file or directory"),
            (file, "not a folder"),
            ("", "No such file or directory"),
        ):
            result = count(path)
            self.assertEqual((result.returncode, result.stdout), (1, ""), path)
            self.assertIn(f"{path}: {complaint}\n", result.stderr)

    def test_a_bad_command_line_is_an_error_of_its_own(self):
        self.assertEqual(count(self.texts, self.texts).returncode, 2)
        self.assertEqual(count("--workers", "none", self.texts).returncode, 2)

    def count_as_nobody(self, folder):
        if os.geteuid() != 0:
            return count(folder)
        program = self.folder / "word_count"
        shutil.copy(PROGRAM, program)
        return count(folder, program=program, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/")

    def test_unreadable_files_and_sub_folders_are_named_and_the_rest_is_counted(self):
        self.write("a", "word word")
        self.write("secret", "hidden " * 10_000).chmod(0)
        self.write("below/b", "word").parent.chmod(0)
        self.addCleanup((self.texts / "below").chmod, 0o755)
        result = self.count_as_nobody(self.texts)
        self.assertEqual(result.returncode, 1, result.stderr)
        top, summary = self.read(result.stdout)
        self.assertEqual((top, summary["files"]), ([("word", 2)], "1"))
        for path in ("secret", "below"):
            self.assertEqual(result.stderr.count(f"cannot read {self.texts / path}: Permission denied\n"), 1)

    def test_an_unreadable_folder_is_an_error_that_names_it(self):
        self.texts.chmod(0)
        self.addCleanup(self.texts.chmod, 0o755)
        result = self.count_as_nobody(self.texts)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn(f"{self.texts}: Permission denied\n", result.stderr)

    def test_progress_through_a_pipe_is_plain_lines_beside_the_result(self):
        result = count(LICENCES)
        shown = [line for line in result.stderr.splitlines() if re.fullmatch(r" *\d+ %  +\d+ of \d+ tasks", line)]
        self.assertGreaterEqual(len(shown), 5)
        self.assertLessEqual(len(shown), 10)
        self.assertTrue(shown[-1].startswith("100 %"))
        self.assertNotIn("\r", result.stderr)
        self.assertNotIn("\x1b", result.stderr)
        self.assertNotIn("%", result.stdout)

    def on_a_terminal(self, columns, kind="xterm"):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
        environment = {**os.environ, "TERM": kind}
        program = subprocess.Popen(
            [str(PROGRAM), str(LICENCES)], stdout=subprocess.PIPE, stderr=theirs, stdin=theirs, env=environment
        )
        os.close(theirs)
        output = b""
        try:
            while piece := os.read(ours, 4096):
                output += piece
        except OSError:
            pass  # how a pseudo terminal says that nobody writes any more
        os.close(ours)
        result, _ = program.communicate(timeout=100)
        self.assertEqual(program.returncode, 0)
        return output.decode(), result.decode()

    def test_progress_on_a_terminal_is_one_bar_that_grows(self):
        shown, result = self.on_a_terminal(columns=60)
        bars = re.findall(r"\r\x1b\[K(\[#*\.*\] +\d+ %  +\d+ of \d+ tasks)", shown)
        self.assertGreater(len(bars), 5)
        self.assertIn("[....", bars[0])
        self.assertIn("#] 100 %", bars[-1])
        self.assertEqual(len({bar.index("]") for bar in bars}), 1)
        self.assertLess(max(map(len, bars)), 60)
        self.assertTrue(shown.endswith("tasks\r\n"))
        self.read(result)

    def test_on_a_narrow_terminal_the_bar_shrinks_and_on_a_dumb_one_lines_are_plain(self):
        shown, _ = self.on_a_terminal(columns=12)
        self.assertIn("\r\x1b[K100 %\r\n", shown)
        shown, _ = self.on_a_terminal(columns=80, kind="dumb")
        self.assertNotIn("\x1b", shown)
        self.assertIn("100 %", shown)


if __name__ == "__main__":
    unittest.main()
