"""The loop against closed forms: gradients, averages, orders, phases, rates."""

import warnings
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

import pytest
import torch

from genrep import objectives
from genrep.compilation import wanted
from genrep.data.arrays import DeviceImages
from genrep.devices import has_bf16
from genrep.errors import UserError
from genrep.objectives import Batch
from genrep.params.training import AdamParams, SGDParams
from genrep.training.loop import Loop

SGD = SGDParams(kind="sgd", lr=0.01)


def weights(loop: Loop, *roles: str) -> torch.Tensor:
    """All weights of some roles (of all networks if none is named) as one vector."""
    parameters = chain.from_iterable(loop.networks[role].parameters() for role in roles or loop.networks)
    return torch.cat([w.detach().flatten().clone() for w in parameters])


def gradients(loop: Loop) -> torch.Tensor:
    return torch.cat([w.grad.flatten() for w in loop.networks.parameters()])


def seen_rows(loop: Loop, monkeypatch) -> list[list[int]]:
    """Row numbers of every batch that the loop fetches from now on."""
    rows: list[list[int]] = []
    fetch = loop.data.batch
    monkeypatch.setattr(loop.data, "batch", lambda r: (rows.append(r.tolist()), fetch(r))[1])
    return rows


def flat(batches: Iterable[list[int]]) -> list[int]:
    return list(chain.from_iterable(batches))


def without_noise(loop: Loop) -> None:
    """Make the VAE's latent its mean, so that how a batch is divided does not change the draws."""
    loop.phases = [replace(p, draw=lambda batch, rng: {"eps": torch.zeros(len(batch.images), 2)}) for p in loop.phases]


# -- one step -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [12, 10], ids=["equal parts", "unequal parts"])
@pytest.mark.parametrize("parts", [2, 4, 64])
def test_micro_batches_add_up_to_the_gradient_of_the_batch(make_loop, count, parts):
    found = []
    for accumulate in (1, parts):
        loop = make_loop("vae-sgd", count, accumulate=accumulate)
        without_noise(loop)
        loop._step(Batch(*loop.data.batch(slice(None))))
        found.append(gradients(loop))
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("count", "parts"),
    [
        (12, 4),
        (5, 4),
    ],
)
def test_micro_batches_log_the_loss_of_the_batch(make_loop, count, parts):
    logged = []
    for accumulate in (1, parts):
        loop = make_loop("vae-sgd", count, batch_size=count, accumulate=accumulate)
        without_noise(loop)
        logged.append(loop.epoch().losses["loss"])
    assert logged[0] == pytest.approx(logged[1], rel=1e-5)


def test_step_is_the_optimizers_on_the_gradient_of_the_first_loss(make_loop):
    loop = make_loop("vae-sgd", 10, optimizer=SGD)
    without_noise(loop)
    (phase,), batch = loop.phases, Batch(*loop.data.batch(slice(None)))
    for _ in range(2):  # the second one starts from no gradient again
        before = weights(loop)
        loss = next(iter(phase.loss(batch, phase.draw(batch, loop.noise)).values()))
        expected = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(loop.networks.parameters()))])
        loop._step(batch)
        torch.testing.assert_close(weights(loop), before - SGD.lr * expected)


def test_moving_average_follows_its_recursion(make_loop):
    decay = 0.7
    loop = make_loop("classifier", 40, ema=decay)
    history: list[dict[str, torch.Tensor]] = []
    loop.epoch(lambda _: history.append({k: v.clone() for k, v in loop.networks.state_dict().items()}))
    assert len(history) == 4
    average = history[0]  # it starts at the weights after the first step
    for state in history[1:]:
        average = {k: decay * average[k] + (1 - decay) * state[k] for k in average}
    found = loop.sampling_networks().state_dict()
    for key, value in average.items():
        if found[key].is_floating_point():  # running statistics of the batch norm among them
            torch.testing.assert_close(found[key], value, msg=key)
    assert not torch.equal(found["classifier.head.weight"], history[-1]["classifier.head.weight"])


def test_without_average_the_weights_themselves_are_sampled(make_loop):
    loop = make_loop("vae-adam")
    assert loop.sampling_networks() is loop.networks


# -- phases ---------------------------------------------------------------------------------------------------------


def test_weights_change_only_in_their_phase(make_loop):
    loop = make_loop("gan-adam")
    changed = []
    state = {role: weights(loop, role) for role in loop.networks}

    def note(phase: str) -> None:
        for role in loop.networks:
            if not torch.equal(state[role], weights(loop, role)):
                changed.append((phase, role))
            state[role] = weights(loop, role)

    loop.phases = [replace(p, after_step=lambda name=p.name: note(name)) for p in loop.phases]
    loop._step(Batch(*loop.data.batch(slice(0, 10))))
    assert changed == [("discriminator", "discriminator"), ("generator", "generator")]


def test_phase_steps_at_every_nth_iteration_and_its_loss_is_the_mean_of_those(make_loop):
    loop = make_loop("gan-adam", 50)
    steps: list[tuple[str, float]] = []

    def noting(name, loss):
        def call(batch, noise):
            losses = loss(batch, noise)
            steps.append((name, float(next(iter(losses.values())).detach())))
            return losses

        return call

    loop.losses = {name: noting(name, loss) for name, loss in loop.losses.items()}
    loop.phases = [replace(p, every=2) if p.name == "generator" else p for p in loop.phases]
    record = loop.epoch()
    assert "".join(name[0] for name, _ in steps) == "dgddgddg"
    for phase in ("discriminator", "generator"):
        values = [value for name, value in steps if name == phase]
        assert record.losses[phase] == pytest.approx(sum(values) / len(values))


def test_phases_may_have_optimizers_of_their_own(make_loop):
    own = {"generator": SGD.model_copy(update={"lr": 0.5})}
    loop = make_loop("improved_gan", optimizer=SGD, optimizer_of=own, epochs=4, lr_decay="linear")
    rates = []
    for _ in range(2):
        loop.epoch(lambda _: rates.append({name: o.param_groups[0]["lr"] for name, o in loop.optimizers.items()}))
    assert rates[0] == pytest.approx({"discriminator": SGD.lr, "generator": 0.5})
    assert rates[-1] == pytest.approx({"discriminator": 0.75 * SGD.lr, "generator": 0.375})


def test_kind_of_optimizer_may_differ_too(make_loop):
    own = {"generator": AdamParams(kind="adam", lr=0.1, betas=(0.5, 0.9), eps=1e-8)}
    loop = make_loop("improved_gan", optimizer=SGD, optimizer_of=own)
    assert [type(o).__name__ for o in loop.optimizers.values()] == ["SGD", "Adam"]


def test_optimizer_of_an_unknown_phase_is_refused(make_loop):
    with pytest.raises(
        UserError, match="optimizer_of: genrator is no phase of this objective; it has discriminator, gen"
    ):
        make_loop("improved_gan", optimizer_of={"genrator": SGD})


def test_clipping_bounds_hold_after_every_step(make_loop):
    loop = make_loop("wgan")
    bound = loop.run.objective.clip
    assert weights(loop, "discriminator").abs().max() > bound  # initial weights lie outside
    largest = []
    loop.epoch(lambda _: largest.append([weights(loop, role).abs().max() for role in ("discriminator", "generator")]))
    assert len(largest) == 4
    critic, generator = zip(*largest, strict=True)
    assert all(value <= bound for value in critic)
    assert all(value > bound for value in generator)


def test_critic_steps_between_generator_steps(make_loop):
    loop = make_loop("wgan_gp", 70)
    loop = make_loop("wgan_gp", 70, objective=loop.run.objective.model_copy(update={"critic_steps": 3}))
    moved, state = [], weights(loop, "generator")

    def note(_):
        nonlocal state
        moved.append(not torch.equal(state, weights(loop, "generator")))
        state = weights(loop, "generator")

    loop.epoch(note)
    assert moved == [True, False, False, True, False, False, True]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_penalty_is_differentiated_twice_in_either_precision(make_loop, precision):
    loop = make_loop("wgan_gp", precision=precision)
    first = loop.epoch().losses
    for _ in range(3):
        last = loop.epoch().losses
    assert set(first) == {"critic", "critic_real", "critic_fake", "penalty", "generator"}
    assert last["penalty"] != first["penalty"]


# -- epochs ---------------------------------------------------------------------------------------------------------


def test_epoch_sees_every_image_once_and_the_last_batch_is_smaller(make_loop, monkeypatch):
    loop = make_loop("vae-adam", 34)
    rows = seen_rows(loop, monkeypatch)
    first, second = loop.epoch(), loop.epoch()
    assert [len(batch) for batch in rows] == [10, 10, 10, 4] * 2
    epochs = [flat(rows[:4]), flat(rows[4:])]
    assert all(sorted(epoch) == list(range(34)) for epoch in epochs)
    assert epochs[0] != epochs[1]
    assert (first.images_seen, second.images_seen) == (34, 68)


def test_incomplete_batch_can_be_dropped(make_loop, monkeypatch):
    loop = make_loop("vae-adam", 34, drop_last=True)
    rows = seen_rows(loop, monkeypatch)
    record = loop.epoch()
    assert [len(batch) for batch in rows] == [10, 10, 10]
    assert len(set(flat(rows))) == record.images_seen == loop.epoch_images == 30


def test_batch_larger_than_the_split_is_refused(make_loop):
    with pytest.raises(UserError, match="batch_size 50 is larger than the 34 images of the split; lower it"):
        make_loop("vae-adam", 34, batch_size=50, drop_last=True)
    make_loop("vae-adam", 34, batch_size=50)  # one small batch


def test_replacement_draws_rows_independently(make_loop, monkeypatch):
    loop = make_loop("gan-adam", 100, replacement=True, drop_last=True)
    rows = seen_rows(loop, monkeypatch)
    for _ in range(4):
        loop.epoch()
    drawn = [flat(rows[i : i + 10]) for i in range(0, 40, 10)]
    assert all(len(epoch) == 100 and set(epoch) <= set(range(100)) for epoch in drawn)
    distinct = sum(len(set(epoch)) for epoch in drawn) / 400
    assert distinct == pytest.approx(1 - 0.99**100, abs=0.05)  # a permutation would have all of them


def test_order_is_a_function_of_seed_and_epoch(make_loop):
    one, same, other = make_loop("vae-adam"), make_loop("vae-adam"), make_loop("vae-adam", seed=1)
    same.epoch()  # what was trained before does not matter
    assert torch.equal(one._order(3), same._order(3))
    assert not torch.equal(one._order(3), one._order(4))
    assert not torch.equal(one._order(3), other._order(3))


def test_linear_decay_reaches_the_optimizer(make_loop):
    loop = make_loop("vae-sgd", optimizer=SGD, epochs=4, lr_decay="linear")
    rates, records = [], []
    for _ in range(4):
        records.append(loop.epoch(lambda _: rates.append(loop.optimizers["vae"].param_groups[0]["lr"])))
    assert rates == pytest.approx([SGD.lr * f for f in (1, 0.75, 0.5, 0.25) for _ in range(4)])
    assert [record.lr for record in records] == pytest.approx([1, 0.75, 0.5, 0.25])


def test_record_of_an_epoch(make_loop):
    loop = make_loop("vae-adam", 34)
    counts: list[int] = []
    record = loop.epoch(counts.append)
    assert counts == [10, 10, 10, 4]
    assert (record.epoch, record.images_seen, record.lr) == (1, 34, 1.0)
    assert 0 < record.first_step_seconds < record.seconds
    assert record.images_per_second == pytest.approx(34 / record.seconds)
    assert record.peak_memory > 50e6  # this process, with torch in it
    assert set(record.losses) == {"loss", "reconstruction", "kl"}
    assert record.losses["loss"] == pytest.approx(record.losses["reconstruction"] + record.losses["kl"], rel=1e-5)
    assert loop.epoch().epoch == 2


def test_time_of_an_epoch_leaves_out_what_is_done_between_steps(make_loop, monkeypatch):
    now = 0.0
    step = Loop._step

    def work(self, batch):
        nonlocal now
        now += 2.0
        step(self, batch)

    def save_a_checkpoint(count):
        nonlocal now
        now += 100.0

    monkeypatch.setattr(Loop, "_step", work)
    monkeypatch.setattr("genrep.training.loop.time.perf_counter", lambda: now)
    record = make_loop("vae-adam", 40).epoch(save_a_checkpoint)
    assert (record.first_step_seconds, record.seconds, record.images_per_second) == (2.0, 8.0, 5.0)


def test_epoch_can_be_cut_short(make_loop):
    loop = make_loop("vae-adam", 40)
    assert loop.epoch(max_steps=3).images_seen == 30
    assert loop.epoch(max_steps=9).images_seen == 70


# -- precision and compilation --------------------------------------------------------------------------------------


@pytest.mark.skipif(not has_bf16(torch.device("cpu")), reason="this processor has no units for bf16")
def test_bf16_trains_to_about_the_loss_of_fp32(make_loop):
    losses = {}
    for precision in ("fp32", "bf16"):
        loop = make_loop("classifier", 200, precision=precision)
        losses[precision] = [loop.epoch().losses["loss"] for _ in range(4)]
        assert all(w.dtype == torch.float32 for w in loop.networks.parameters())
    assert losses["bf16"] != losses["fp32"]
    assert losses["bf16"] == pytest.approx(losses["fp32"], rel=0.05)
    assert losses["bf16"][-1] < 0.9 * losses["bf16"][0]


def test_compile_failure_falls_back_to_eager(make_loop, monkeypatch):
    calls = []

    def compiler(loss):
        def broken(batch, noise):
            calls.append(len(batch.images))
            raise RuntimeError("no C++ compiler found")

        return broken

    eager = make_loop("gan-adam")
    expected = eager.epoch()
    monkeypatch.setattr(torch, "compile", compiler)
    loop = make_loop("gan-adam", compile=True)
    with pytest.warns(UserWarning, match="does not compile and runs eagerly: no C") as warned:
        record = loop.epoch()
    assert len(warned) == len(calls) == 2  # once per phase
    assert record.losses == expected.losses
    assert torch.equal(weights(loop), weights(eager))


def test_error_of_the_loss_itself_is_not_swallowed(make_loop, monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda loss: loss)
    loop = make_loop("vae-adam", compile=True)
    batch = Batch(torch.zeros(4, 1, 5, 5), torch.zeros(4, dtype=torch.int64))  # not the shape of the network
    with pytest.raises(RuntimeError):
        loop._step(batch)


def test_phase_under_double_backward_is_not_compiled(make_loop, monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda loss: pytest.fail("compiled"))
    original = objectives.phases
    monkeypatch.setattr(objectives, "phases", lambda n, p: [replace(x, compilable=False) for x in original(n, p)])
    make_loop("vae-adam", compile=True).epoch()


def test_a_phase_repeats_on_the_same_batch_with_noise_of_its_own(make_loop):
    loop = make_loop("gan-adam", 10)
    drawn, shown = [], []
    first = loop.phases[0]

    def draw(batch, rng):
        noise = first.draw(batch, rng)
        drawn.append(noise["z"])
        shown.append(batch.images)
        return noise

    loop.phases[0] = replace(first, draw=draw, repeats=3)
    record = loop.epoch()
    assert len(drawn) == 3
    assert len({images.data_ptr() for images in shown}) == 1
    assert not torch.equal(drawn[0], drawn[1])
    assert record.losses.keys() == {"discriminator", "discriminator_real", "discriminator_fake", "generator"}
    assert 0.1 < record.losses["discriminator"] < 2  # a mean over the steps, not their sum


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vae", "diffusion"])
def test_compiled_models_train_as_eager_ones(thesis_runs, faces, cpu, name):
    losses = []
    for compile in (False, True):
        run = thesis_runs[name].model_copy(update={"compile": compile})
        loop = Loop(run, DeviceImages(faces, "train", run.data.range, cpu), faces.shape, 2, 0, cpu)
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # falling back to eager would prove nothing
            losses.append([loop.epoch().losses["loss"] for _ in range(2)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.parametrize(("compile", "device", "expected"), [(True, "cpu", True), ("cuda", "cpu", False)])
def test_compilation_may_be_for_gpus_only(smoke_runs, compile, device, expected):
    run = smoke_runs["vae-adam"].model_copy(update={"compile": compile})
    assert wanted(run, torch.device(device)) == expected
    assert wanted(run, torch.device("cuda"))


# -- memory -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["vae", "gan", "diffusion"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_recomputed_activations_give_the_same_weights(thesis_runs, faces, cpu, name, precision):
    found = []
    for recompute in (False, True):
        run = thesis_runs[name].model_copy(update={"recompute": recompute, "precision": precision, "growth": ()})
        loop = Loop(run, DeviceImages(faces, "train", run.data.range, cpu), faces.shape, 2, 0, cpu)
        kept: list[int] = []
        with torch.autograd.graph.saved_tensors_hooks(lambda t, kept=kept: kept.append(t.numel()) or t, lambda t: t):
            loop.epoch()
        loop.epoch()
        found.append((weights(loop), sum(kept)))
    (plain, much), (again, little) = found
    assert torch.equal(plain, again)
    assert little < 0.8 * much


def test_nothing_to_recompute_is_refused(make_loop):
    with pytest.raises(UserError, match="recompute: these networks have no blocks whose activations can be recomputed"):
        make_loop("gan-adam", recompute=True)
