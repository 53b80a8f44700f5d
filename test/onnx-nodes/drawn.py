"""Cases that draw random numbers, whose results cannot be compared by value.

The standard's results are those of one generator, the compiler's are those of the step's counter.
Instead it is checked which values occur, and how often, within five standard deviations.
"""

import numpy as np
import philox

#: The scalars of step 1 of seed 0: see Hyper in runtime/include/plimsoll/Program.h.
HYPER = np.zeros(16, np.float32)
HYPER.view(np.uint32)[15] = 1
#: The reason for these cases in refused.txt.
NOTE = "draws random numbers: not compared by value, its statistics hold"
DEVIATIONS = 5


def is_drawn(case):
    if case.operator == "Dropout":
        return "training" in case.name and "zero_ratio" not in case.name
    return case.operator == "Bernoulli" or case.operator.startswith("Random")


def unlikely(count, probabilities):
    """True if `count` is further from the expected sum of draws than DEVIATIONS."""
    variance = float((probabilities * (1 - probabilities)).sum())
    return abs(count - float(probabilities.sum())) > DEVIATIONS * np.sqrt(variance)


def dropout(case, outcome):
    x = case.inputs[0]
    expected = case.outputs[0]
    ratio = 1 - np.median((x[expected != 0] / expected[expected != 0]).astype(float))
    y = outcome.results[case.model.graph.output[0].name][0]
    kept = philox.kept(x.shape, round(ratio, 6), seed=0, step=1, stream=0)
    if not np.allclose(y, np.where(kept, x / (1 - ratio), 0), 1e-6):
        return "the result is not the operand over 1 - ratio where the counter keeps it"
    for output in case.model.graph.output[1:]:
        if not np.array_equal(outcome.results[output.name][0], kept):
            return "the mask is not that of the result"
    probabilities = np.full(x.shape, 1 - ratio)
    return "too many or too few are kept" if unlikely(kept.sum(), probabilities) else ""


def bernoulli(case, outcome):
    y = outcome.results[case.model.graph.output[0].name][0]
    if not np.isin(y, (0, 1)).all():
        return "a result is neither 0 nor 1"
    return "too many or too few ones" if unlikely(y.sum(), case.inputs[0].astype(float)) else ""


def compare(case, outcome):
    """Returns what is wrong with the results, or ""."""
    for value, expected in zip(case.model.graph.output, case.outputs):
        got = outcome.results[value.name][0]
        if got.dtype != expected.dtype or got.shape != expected.shape:
            return f"'{value.name}' is {got.dtype}{list(got.shape)}, expected " \
                   f"{expected.dtype}{list(expected.shape)}"
    check = {"Dropout": dropout, "Bernoulli": bernoulli}.get(case.operator)
    return check(case, outcome) if check else "there is no check of its statistics"
