"""What Snakemake plans where studies are asked for."""

import pytest

BLOCK = """    studies:
      runs: [vae-adam, gan-adam]
      images: 4
      seed: 0
      search: {starts: 2, steps: 5, lr: 0.1}
      recovery: {}
      interpolation: {frames: 5}
    timing:
      epochs: 2
      steps: 10
"""
JOBS = ["Study gan-adam of mnist_timing, seed 0", "Study vae-adam of mnist_timing, seed 0"]
OTHERS = [f"Study {run} of thesis, seed 0" for run in ("diffusion", "gan", "vae")]


@pytest.fixture
def studying(workspace):
    """The finished workspace with two runs to study."""
    workspace.edit("params.yaml", "    timing:\n      epochs: 2\n      steps: 10\n", BLOCK)
    return workspace


def test_one_job_per_run_again_only_after_edits_that_matter(studying):
    assert studying.planned() == JOBS
    studying.snakemake()
    for run in ("vae-adam", "gan-adam"):
        assert (studying.folder / f"results/smoke/mnist_timing/measurements/studies/{run}-seed0.npz").exists()
    studying.edit("src/genrep/studies/effort.py", '"genrep.sampling.")', '"genrep.sampling.", "genrep.data.")')
    assert studying.planned() == OTHERS  # a study that mnist_timing does not ask for
    studying.edit("src/genrep/studies/latents.py", "1e-3", "2e-3")
    assert studying.planned() == sorted([*JOBS, *OTHERS])


def test_inception_features_without_weights_are_not_planned(studying):
    studying.edit("params.yaml", "      images: 4\n", "      images: 4\n      features: inception\n")
    samples = "      samples: [50, 200]\n"
    asked = "      inception: {weights: inception, samples: [50], resize: clean, splits: [1]}\n"
    studying.edit("params.yaml", samples, samples + asked)
    assert studying.planned() == []
