"""Latent search against medians: where one latent lifts a block of pixels, the least absolute error is at theirs."""

import torch

from genrep.params.studies import SearchParams
from genrep.studies.search import drawn_starts, search
from tests.studies.conftest import SHAPE, linear_decoder

SCHEDULE = SearchParams(starts=3, steps=300, lr=0.05, decay="cosine")


def medians(images: torch.Tensor, known: torch.Tensor | None = None) -> torch.Tensor:
    """(N, 4) medians of the known pixels of each quarter, as latents over a grey of 1/2."""
    found = []
    for image, mask in zip(
        images, known if known is not None else [torch.ones(1, 16, 16) > 0] * len(images), strict=True
    ):
        parts = []
        for k in range(4):
            rows, columns = slice(8 * (k // 2), 8 * (k // 2) + 8), slice(8 * (k % 2), 8 * (k % 2) + 8)
            parts.append(image[:, rows, columns][mask.expand(3, -1, -1)[:, rows, columns]].median() - 0.5)
        found.append(torch.stack(parts))
    return torch.stack(found)


def test_recovery_ends_at_the_medians(blocks, grey):
    images = torch.rand(5, *SHAPE, generator=torch.Generator().manual_seed(0))
    decoder = linear_decoder(blocks, grey)
    starts = drawn_starts(decoder, 5, SCHEDULE, torch.Generator().manual_seed(1))
    assert starts.shape == (5, 3, 4)
    found = search(decoder, images, starts, SCHEDULE)
    best = medians(images)
    least = (decoder.decode(best) - images).abs().mean(dim=(1, 2, 3))
    assert torch.allclose(found.errors, least[:, None].expand(-1, 3), atol=2e-4)
    assert torch.allclose(found.latents, best[:, None].expand(-1, 3, -1), atol=0.02)
    assert torch.equal(found.chosen(found.errors), found.errors.min(1).values)


def test_unknown_pixels_do_not_count(blocks, grey):
    images = torch.rand(2, *SHAPE, generator=torch.Generator().manual_seed(0))
    hole = torch.zeros(2, 1, 16, 16, dtype=torch.bool)
    hole[0, :, :8, :8] = True  # the whole of what the first latent lifts
    hole[1, :, 2:5, 2:7] = True
    decoder = linear_decoder(blocks, grey)
    starts = torch.full((2, 1, 4), 0.3)
    found = search(decoder, images, starts, SCHEDULE, ~hole)
    expected = medians(images, ~hole)
    assert found.latents[0, 0, 0] == torch.tensor(0.3)  # nothing moves it
    assert torch.allclose(found.latents[0, 0, 1:], expected[0, 1:], atol=0.02)
    assert torch.allclose(found.latents[1, 0], expected[1], atol=0.02)
    visible = (decoder.decode(found.latents[:, 0]) - images).abs().masked_fill(hole, 0)
    mean = visible.sum(dim=(1, 2, 3)) / (3 * (~hole).sum(dim=(1, 2, 3)))
    assert torch.allclose(found.errors[:, 0], mean, rtol=1e-4)


def test_searches_of_one_batch_do_not_disturb_each_other(blocks, grey):
    images = torch.rand(3, *SHAPE, generator=torch.Generator().manual_seed(0))
    decoder = linear_decoder(blocks, grey)
    short = SearchParams(starts=2, steps=7, lr=0.05)
    starts = drawn_starts(decoder, 3, short, torch.Generator().manual_seed(1))
    together = search(decoder, images, starts, short)
    alone = search(decoder, images[1:2], starts[1:2, 1:], short)
    assert torch.allclose(together.latents[1, 1], alone.latents[0, 0], atol=1e-6)
