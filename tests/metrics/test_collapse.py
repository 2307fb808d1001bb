import pytest

from genrep.metrics.collapse import collapse


@pytest.mark.parametrize(("values", "flagged"), [([0.05], True), ([0.1], False), ([0.02, 0.5], False), ([], False)])
def test_collapse_is_read_off_the_largest_number_of_samples(values, flagged):
    metrics = [{"name": "diversity", "n": 100 * (k + 1), "value": value} for k, value in enumerate(values)]
    found = collapse([*metrics, {"name": "fid", "n": 500, "value": 0.0}])
    assert bool(found) == flagged
    assert ("nearly all alike (mode collapse), with 0.05 of the variance" in found) == (values == [0.05])
