"""Runs the unittest modules that are named, and prints the outcome of each test as a line of JSON.

A test whose name follows a minus sign is left out.
"""

import json
import sys
import unittest


class Lines(unittest.TestResult):
    """Prints each outcome as it becomes known."""

    def line(self, test, failure):
        print("\n" + json.dumps({"test": test.id(), "failure": failure}), flush=True)

    def failed(self, test, error):
        self.line(test, f"{error[0].__name__}: {error[1]}")

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line(test, None)

    def addError(self, test, error):
        super().addError(test, error)
        self.failed(test, error)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.failed(test, error)


def tests(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests(test)
        else:
            yield test


names = [name for name in sys.argv[1:] if not name.startswith("-")]
left_out = [name[1:] for name in sys.argv[1:] if name.startswith("-")]
found = unittest.defaultTestLoader.loadTestsFromNames(names)
unittest.TestSuite(test for test in tests(found) if test.id() not in left_out).run(Lines())
