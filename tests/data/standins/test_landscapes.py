"""Landscapes follow the hour and the season."""

import numpy as np
import pytest

from genrep.data.standins import landscapes


@pytest.fixture
def at(monkeypatch):
    """Mean colour of the upper and the lower half of ten landscapes at one hour, in one season."""

    def means(hour=None, season=None) -> np.ndarray:
        with monkeypatch.context() as patched:
            if hour is not None:
                patched.setattr(landscapes, "HOURS", (landscapes.HOURS[hour],) * len(landscapes.HOURS))
            if season is not None:
                patched.setattr(landscapes, "SEASONS", (landscapes.SEASONS[season],) * len(landscapes.SEASONS))
            images = np.stack([landscapes.draw(np.random.default_rng(k), 32).image for k in range(10)])
        return np.stack([images[:, :14].mean((0, 1, 2)), images[:, 22:].mean((0, 1, 2))])

    return means


def test_night_is_darker_than_noon(at):
    assert at(hour=5).mean() + 60 < at(hour=0).mean()


def test_sky_is_blue_at_noon_and_red_at_sunset(at):
    noon, sunset = at(hour=0)[0], at(hour=2)[0]
    assert noon[2] > noon[0] + 20
    assert sunset[0] > sunset[2] + 20


def test_ground_is_green_in_summer_and_white_in_winter(at):
    summer, winter = at(hour=0, season=1)[1], at(hour=0, season=3)[1]
    assert summer[1] - summer[0] > winter[1] - winter[0]
    assert winter.mean() > summer.mean() + 25
