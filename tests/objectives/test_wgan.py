import pytest
import torch
from torch import nn

from genrep.objectives import Batch, phases
from genrep.params.training import WGANObjectiveParams
from tests.stubs import Stub

BATCH = Batch(torch.tensor([1.0, 2.0, 6.0]).view(3, 1, 1, 1), torch.zeros(3, dtype=torch.int64))


def setting(clip: float = 0.01, critic_steps: int = 1):
    """Both phases and both networks; a score is an image's value, and every generated image is -4."""
    networks = nn.ModuleDict(
        {
            "generator": Stub(lambda w, z: -4 * w * torch.ones(len(z), 1, 1, 1), latent=2),
            "discriminator": Stub(lambda w, x: w * x.flatten()),
        }
    )
    return phases(networks, WGANObjectiveParams(kind="wgan", clip=clip, critic_steps=critic_steps)), networks


def losses(phase):
    return phase.loss(BATCH, phase.draw(BATCH, torch.Generator().manual_seed(0)))


def test_critic_loss_is_a_difference_of_means():
    (critic, _), _ = setting()
    found = {name: value.item() for name, value in losses(critic).items()}
    assert found == {"critic": -4.0 - 3.0, "critic_real": 3.0, "critic_fake": -4.0}
    assert next(iter(found)) == "critic"


def test_generator_raises_its_score():
    (_, generator), networks = setting()
    value = losses(generator)["generator"]
    assert value.item() == 4.0
    value.backward()
    assert networks["generator"].weight.grad.item() == 4.0  # no sigmoid lets it vanish


def test_critic_phase_gives_the_generator_no_gradient():
    (critic, _), networks = setting()
    losses(critic)["critic"].backward()
    assert networks["generator"].weight.grad is None


@pytest.mark.parametrize("bound", [0.01, 0.5, 2.0])
def test_clipping_bounds_the_critic_and_nothing_else(bound):
    (critic, generator), networks = setting(clip=bound)
    critic.after_step()
    assert networks["discriminator"].weight.item() == pytest.approx(min(1.0, bound))
    assert networks["generator"].weight.item() == 1.0
    assert generator.after_step is None


def test_critic_steps_thin_the_generator_out():
    (critic, generator), _ = setting(critic_steps=5)
    assert (critic.every, generator.every) == (1, 5)


def test_critic_steps_may_share_a_batch():
    critic, generator = phases(
        setting()[1], WGANObjectiveParams(kind="wgan", clip=0.01, critic_steps=5, same_batch=True)
    )
    assert (critic.repeats, critic.every, generator.repeats, generator.every) == (5, 1, 1, 1)
