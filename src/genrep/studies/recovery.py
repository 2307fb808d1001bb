"""Latent recovery (section 6.2 of the thesis, Figure 6.3): which latent decodes to an unseen image?"""

import numpy as np

from genrep.params.studies import RecoveryParams, SearchParams
from genrep.studies.found import Found, Tiles, over, single, to_uint8
from genrep.studies.search import drawn_starts, search
from genrep.studies.subject import Subject

NEEDS = ("decoder",)
SHOWN = 8


def study(subject: Subject, params: RecoveryParams) -> Found:
    """Search a latent for each held-out image, from several starts at once; the best of them counts."""
    decoder, schedule = subject.model.decoder, subject.params.search
    assert decoder is not None
    assert schedule is not None
    rows = subject.held_out()
    images = subject.pixels(rows)
    starts = drawn_starts(decoder, len(images), schedule, subject.generator("recovery"))
    seconds: dict[str, float] = {}
    with subject.timed(seconds, "search"):
        found = search(decoder, images, starts, schedule)
    errors = found.chosen(found.errors).cpu().numpy()
    protocol = ("mae", described(schedule))
    recovered = found.chosen(found.images)
    shown = np.stack([to_uint8(images[:SHOWN]), to_uint8(recovered[:SHOWN])], axis=1)
    return Found(
        [
            over("recovery_mae", errors, *protocol),
            over("recovery_mae_of_all_starts", found.errors.mean(1), *protocol),
            over("recovery_relative", errors / subject.baseline(images), *protocol, "of nearest training image"),
            single("seconds_per_image/recovery", seconds["search"] / len(images), protocol[1]),  # all of its starts
        ],
        {"recovered": Tiles(shown, columns=("original", "recovered"), real=np.ones(shown.shape[:2], bool))},
    )


def described(schedule: SearchParams) -> str:
    """The schedule as a part of ids."""
    starts = f"starts={schedule.starts},steps={schedule.steps}"
    return f"{starts},adam={schedule.lr:g}{',cosine' * (schedule.decay == 'cosine')}"
