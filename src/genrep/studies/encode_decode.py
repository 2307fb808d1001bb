"""Encoding and decoding an unseen image (section 6.2 of the thesis, Figure 6.3 d)."""

import numpy as np

from genrep.params.studies import EncodeDecodeParams
from genrep.studies.found import Found, Tiles, over, single, to_uint8
from genrep.studies.subject import Subject

NEEDS = ("encoder", "decoder")
SHOWN = 8


def study(subject: Subject, params: EncodeDecodeParams) -> Found:
    """Decode the mean of what each held-out image is encoded to."""
    encoder, decoder = subject.model.encoder, subject.model.decoder
    assert encoder is not None
    assert decoder is not None
    images = subject.pixels(subject.held_out())
    seconds: dict[str, float] = {}
    with subject.timed(seconds, "both"):
        means, _ = encoder.latents(images, subject.params.batch_size)
        decoded = decoder.images(means, subject.params.batch_size)
    errors = (decoded - images).abs().mean(dim=(1, 2, 3)).cpu().numpy()
    shown = np.stack([to_uint8(images[:SHOWN]), to_uint8(decoded[:SHOWN])], axis=1)
    return Found(
        [
            over("encode_decode_mae", errors, "mae"),
            over("encode_decode_relative", errors / subject.baseline(images), "mae of nearest training image"),
            single("seconds_per_image/encode_decode", seconds["both"] / len(images)),
        ],
        {"decoded": Tiles(shown, columns=("original", "decoded"), real=np.ones(shown.shape[:2], bool))},
    )
