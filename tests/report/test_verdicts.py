import pytest

from genrep.report.verdicts import Judgement, Verdict, agreement, every, inside, of_seeds

YES, NO, OPEN = Verdict.REPLICATED, Verdict.NOT_REPLICATED, Verdict.INCONCLUSIVE
MISSING, OTHER = Verdict.NOT_RUN, Verdict.NOT_COMPARABLE


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.1, 1.9, YES),
        (1.0, 2.0, YES),
        (0.1, 0.9, NO),
        (2.1, 3.0, NO),
        (0.9, 1.5, OPEN),
        (1.5, 2.1, OPEN),
        (0, 3, OPEN),
    ],
)
def test_interval_against_tolerance(low, high, verdict):
    assert inside(low, high, 1.0, 2.0) == verdict


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([YES, YES], YES),
        ([YES, OPEN], OPEN),
        ([YES, MISSING], MISSING),
        ([OPEN, OTHER, MISSING], MISSING),
        ([NO, MISSING], NO),  # one false part makes a conjunction false, whatever is unknown
    ],
)
def test_conjunction(parts, verdict):
    assert every([Judgement(part) for part in parts]).verdict == verdict


@pytest.mark.parametrize(
    ("measures", "verdict"),
    [([YES, YES], YES), ([NO, NO], NO), ([YES, NO], OPEN), ([YES, OPEN], OPEN), ([YES, MISSING], MISSING)],
)
def test_measures_of_one_thing_must_agree(measures, verdict):
    assert agreement([Judgement(measure) for measure in measures]).verdict == verdict


def test_reasons_and_observations_are_kept():
    found = every([Judgement(MISSING, "no run", "a"), Judgement(MISSING, "no run", "b"), Judgement(YES, "", "c")])
    assert found.reason == "no run"
    assert found.observed == "a; b; c"


@pytest.mark.parametrize(
    ("found", "verdict", "reason"),
    [
        ([True, True], YES, ""),
        ([False], NO, ""),
        ([True, None], OPEN, "open"),
        ([False, None, True], OPEN, "open"),
        ([True, False], OPEN, "they differ"),
    ],
)
def test_seeds_have_one_verdict_where_they_agree(found, verdict, reason):
    assert of_seeds(found, "seen", "open", "they differ") == Judgement(verdict, reason, "seen")
    assert of_seeds([True, False], "seen", "open").reason == "open"
