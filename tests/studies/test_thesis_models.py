"""The thesis's three kinds of network, untrained and tiny, under every study that they are able to do."""

import pytest
import torch

from genrep import models, studies
from genrep.params.studies import StudiesParams
from genrep.studies.adapters import of_run
from genrep.studies.subject import Subject
from tests.studies.conftest import CPU, flat_space

PARAMS = StudiesParams.model_validate(
    {
        "runs": ["any"],
        "images": 2,
        "seed": 0,
        "search": {"starts": 2, "steps": 2, "lr": 0.1},
        "improved_sampling": {"samples": 4, "draws": 2},
        "forward": {"moments": 3},
        "embedding": {"steps": 4, "dimensions": 4},
        "recovery": {},
        "encode_decode": {},
        "noise_denoise": {"depths": [3, 1]},
        "neighbours": {"samples": [10], "queries": 4},
        "interpolation": {"frames": 3},
        "opposite": {"frames": 3},
        "diffusion_interpolation": {"depths": [0, 2], "frames": 3},
        "inpainting": {},
        "concept": {"attribute": "Blond_Hair", "examples": 5},
        "scribble": {"attribute": "Blond_Hair", "examples": 5, "depths": [3]},
        "effort": {},
    }
)
ANY = {"neighbours", "inpainting", "effort"}
LATENT = {"recovery", "interpolation", "opposite", "concept"}
ABLE = {
    "vae": ANY | LATENT | {"encode_decode", "improved_sampling"},
    "gan": ANY | LATENT,
    "diffusion": ANY | {"forward", "embedding", "noise_denoise", "diffusion_interpolation", "scribble"},
}


@pytest.mark.parametrize("name", ABLE)
def test_each_model_does_what_it_is_able_to(thesis_runs, faces, name):
    run = thesis_runs[name]
    networks = models.build(run.network, faces.shape, 2, seed=0).eval()
    if "posterior" in networks:
        noise = torch.Generator().manual_seed(0)
        latent = networks["decoder"].latent
        networks["posterior"].fit(*(torch.rand(20, latent, generator=noise) + 0.1 for _ in range(2)))
    model = of_run(name, networks, run, faces.shape, 2, CPU)
    subject = Subject(model, name, run, faces, PARAMS, flat_space())
    done = set()
    for study in PARAMS.asked:
        module = studies.module(study)
        try:
            model.require(*module.NEEDS)
            found = module.study(subject, getattr(PARAMS, study))
        except studies.abilities.NotPossible as reason:
            # an untrained network's images may all be of one kind, or alike to the probe
            assert study not in ABLE[name] or study == "concept", reason
            continue
        assert found.metrics
        done.add(study)
    assert ABLE[name] - {"concept"} <= done <= ABLE[name]
