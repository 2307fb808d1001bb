"""Which snapshots are shown to the Inception network."""

import pytest

from genrep.params.inception import InceptionParams


@pytest.mark.parametrize(
    ("snapshots", "measured"), [("last", [50]), ("all", [1, 5, 10, 50]), ("looked_at", [5, 50]), ("of-old", None)]
)
def test_epochs_of_those_that_a_run_keeps(snapshots, measured):
    def asked():
        return InceptionParams(weights="w", samples=(10,), resize="clean", splits=(1,), snapshots=snapshots)

    if measured is None:
        with pytest.raises(ValueError, match="snapshots"):
            asked()
    else:
        assert asked().epochs((1, 5, 10, 50), (5,)) == measured
        assert asked().epochs((), (5,)) == []  # it diverged at once
