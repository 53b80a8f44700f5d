#!/usr/bin/env python3
"""Numeric tests: reference runs of PyTorch, every gradient rule, the optimizers and recipes,
sparse gradients, optimizer state and factors in narrow types, running statistics.

    python3 test/numeric/run.py --build=build --models=models [--all] [--filter=REGEX]
"""

import sys

import reference  # first: it says where the shared modules are
import harness
import dropout
import narrow
import optimizers
import recipes
import rules
import running
import sparse
import states

if __name__ == "__main__":
    sys.exit(harness.main(__doc__, reference.group, rules.group, optimizers.group,
                          recipes.group, sparse.group, states.group, narrow.group,
                          running.group, dropout.group))
