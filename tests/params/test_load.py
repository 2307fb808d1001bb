"""``params.yaml``: how overlays merge, and what is said of every kind of mistake in it."""

import copy

import pytest

from genrep.errors import UserError
from genrep.params import SCALES, load, merge, replications, replications_at, resolve, run_of
from tests.conftest import ROOT

NAME = "mnist_timing"


@pytest.fixture(scope="module")
def shipped():
    return load(ROOT / "params.yaml")


@pytest.fixture
def resolving(shipped):
    """Resolve the shipped parameters with one value of them replaced; ``where`` starts with the scale."""

    def resolve_with(where: str, value):
        params = copy.deepcopy(shipped)
        block = params[NAME]
        *parents, last = where.split("/")
        for key in parents:
            block = block.setdefault(key, {})
        block[last] = value
        return resolve(params, NAME, where.split("/")[0])

    return resolve_with


# -- merging --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "overlay", "merged"),
    [
        ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": 3}}}, {"a": {"b": {"c": 3, "d": 2}}}),
        ({"a": [1, 2, 3]}, {"a": [4]}, {"a": [4]}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}),
        ({"a": 2}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": 1}, {"b": {"c": 1}}, {"a": 1, "b": {"c": 1}}),
        ({"a": 1}, {"a": None}, {"a": None}),
        ({"a": 1}, {}, {"a": 1}),
        # a block of the same kind, or with none said, is merged; another kind has other keys and replaces it
        ({"kind": "adam", "lr": 1, "eps": 2}, {"lr": 3}, {"kind": "adam", "lr": 3, "eps": 2}),
        ({"kind": "adam", "lr": 1, "eps": 2}, {"kind": "adam", "lr": 3}, {"kind": "adam", "lr": 3, "eps": 2}),
        ({"kind": "adam", "lr": 1, "eps": 2}, {"kind": "sgd", "lr": 3}, {"kind": "sgd", "lr": 3}),
    ],
)
def test_merge(base, overlay, merged):
    before = copy.deepcopy((base, overlay))
    assert merge(base, overlay) == merged
    assert (base, overlay) == before


def test_variants_become_runs(shipped):
    params = copy.deepcopy(shipped)
    params[NAME]["full"]["timing"]["runs"] = ["vae-plain"]
    vae = params[NAME]["full"]["runs"]["vae"]
    vae["variants"] = {
        "plain": None,
        "long": {"epochs": 90},
        "small": {"network": {"latent": 7}, "optimizer": {"kind": "sgd", "lr": 0.5}},
    }
    vae["optimizer"] = {"kind": "adam", "lr": 0.1, "betas": [0.9, 0.999], "eps": 1e-8}
    runs = resolve(params, NAME, "full").runs
    assert [name for name in runs if name.startswith("vae")] == ["vae-plain", "vae-long", "vae-small"]
    plain, long, small = (runs[f"vae-{variant}"] for variant in ("plain", "long", "small"))
    assert (plain.epochs, long.epochs) == (50, 90)
    assert plain.optimizer == long.optimizer
    assert small.optimizer.values() == {"kind": "sgd", "lr": 0.5}
    assert (small.network.latent, small.network.dense) == (7, plain.network.dense)
    assert "classifier" in runs  # no variants: the model's own name


def test_what_all_runs_share_gives_way_to_their_own(shipped):
    runs = resolve(shipped, NAME, "full").runs
    assert runs["vae-adam"].threads == shipped[NAME]["full"]["threads"]
    assert runs["diffusion-adam"].threads == shipped[NAME]["full"]["runs"]["diffusion"]["threads"]


# -- what is shipped ------------------------------------------------------------------------------------------------


def test_every_shipped_scale_resolves(shipped):
    replications = [name for name in shipped if name not in ("scale", "device")]
    assert replications
    for name in replications:
        full = resolve(shipped, name, "full")
        assert full.deviations == ()
        for scale in shipped[name]:
            assert scale in SCALES
            reduced = resolve(shipped, name, scale)
            assert list(reduced.runs) == list(full.runs)
            assert bool(reduced.deviations) == (scale != "full")
            assert set(reduced.classifiers) <= set(reduced.runs)
            assert set(reduced.timing.runs if reduced.timing else ()) <= set(reduced.runs)


def test_scale_of_the_file_is_the_default(shipped):
    assert resolve(shipped | {"scale": "full"}, NAME) == resolve(shipped, NAME, "full")
    assert run_of(shipped, NAME, "vae-adam") == resolve(shipped, NAME).runs["vae-adam"]


# -- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("full/deviation", "full.deviation: unknown parameter - did you mean 'deviations'?"),
        ("full/timing/epoch", "full.timing.epoch: unknown parameter - did you mean 'epochs'?"),
        ("full/evaluation/sample", "full.evaluation.sample: unknown parameter - did you mean 'samples'?"),
        ("full/runs/gan/bach_size", "full.runs.gan-adam.bach_size: unknown parameter - did you mean 'batch_size'?"),
        ("full/runs/vae/data/spilt", "vae-adam.data.spilt: unknown parameter - did you mean 'split'?"),
        ("full/runs/vae/network/latnt", "vae-adam.network.latnt: unknown parameter - did you mean 'latent'?"),
        ("full/runs/diffusion/sampler/guidence", "guidence: unknown parameter - did you mean 'guidance'?"),
        ("full/runs/vae/variants/sgd/optimizer/momentm", "momentm: unknown parameter - did you mean 'momentum'?"),
        ("smoke/runs/gan/network/dropuot", "smoke.runs.gan-adam.network.dropuot: unknown parameter"),
        ("full/runs/vae/zzz", "full.runs.vae-adam.zzz: unknown parameter"),
    ],
)
def test_mistyped_key_is_named_with_the_nearest(resolving, where, said):
    with pytest.raises(UserError) as caught:
        resolving(where, 3)
    message = str(caught.value)
    assert message.startswith("params.yaml: mnist_timing.")
    assert said in message
    assert "\n" not in message
    assert ("did you mean" in message) == ("zzz" not in message)


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        ("full/runs/vae/epochs", 0, "vae-adam.epochs: .*greater than 0, got 0"),
        ("full/runs/vae/batch_size", 2.5, "vae-adam.batch_size: .*integer.*got 2.5"),
        ("full/runs/vae/network/channels", [], "channels: .*at least 1"),
        ("full/runs/gan/network/dropout", 1, "dropout: .*less than 1, got 1"),
        ("full/runs/gan/objective/real_label", 1.5, "real_label: .*less than or equal to 1, got 1.5"),
        ("full/runs/diffusion/network/features", 12, "features: .*multiple of 8, got 12"),
        ("full/runs/vae/variants/adam/optimizer/lr", "fast", "optimizer.lr: .*number.*got 'fast'"),
        ("full/runs/vae/variants/adam/optimizer/lr", -1e-3, "optimizer.lr: .*greater than 0"),
        ("full/runs/vae/data/split", "valid", "data.split: .*'train', 'test' or 'all', got 'valid'"),
        ("full/runs/vae/network", {"kind": "conv_vae", "channels": [4], "dense": 2}, "network.latent: missing"),
        ("full/precision", "fp16", "precision: .*got 'fp16'"),
        ("full/timing/epochs", 1, "timing.epochs: .*greater than or equal to 2"),
        ("full/evaluation/confidence", 1.1, "evaluation.confidence: .*got 1.1"),
        ("full/runs/vae/snapshots", [10, 51], "vae-adam: snapshots: epoch 51 lies beyond the run's 50 epochs"),
        ("full/runs/vae/snapshots", [0], r"vae-adam\.snapshots"),
        ("full/runs/vae", 3, "runs.vae must be a mapping"),
        ("full/runs/vae/variants", ["adam"], "runs.vae.variants must be a mapping"),
        ("full/runs/vae/data/range", [1, 0], "range: 1.0 is not below 0.0"),
        ("full/runs/vae/variants/adam/seeds", [0, 0], "seeds: .* names one twice"),
        ("full/runs/vae/variants/adam/seeds", [], "seeds: .*at least 1"),
        ("full/runs/vae/variants/adam/optimizer/lr", float("inf"), "optimizer.lr: .*finite"),
        ("full/evaluation/classifier", "vae-adam", "classifier: 'vae-adam' is not one of classifier"),
        ("full/runs/gan/drop_last", False, "gan-adam: replacement: .*set drop_last: true"),
        ("full/runs/vae/epochs", True, r"vae-adam: epochs: true \(also written yes or on\) is not a value for it"),
        ("full/runs/gan/network/dropout", False, r"dropout: false \(also written no or off\) is not a value for it"),
        ("full/runs/vae/data/range", [-1, 1], "vae-adam: data.range: the vae objective .* not"),
        ("full/runs/vae/accumulate", 3, "vae-adam: accumulate: 3 does not divide batch_size 128"),
    ],
)
def test_impossible_value_is_named(resolving, where, value, said):
    with pytest.raises(UserError, match=said) as caught:
        resolving(where, value)
    assert "\n" not in str(caught.value)


def test_snapshot_of_the_last_epoch_is_within_the_run(resolving):
    assert resolving("full/runs/vae/snapshots", [50]).runs["vae-adam"].snapshot_epochs() == (50,)


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        ("full/runs/vae/variants/adam/optimizer/kind", "adm", "'adm' is not one of adam, sgd, rmsprop, adagrad - did"),
        ("full/runs/vae/network/kind", "conv_vea", r"network.kind: 'conv_vea' is not one of .*did you mean 'conv_vae'"),
        ("full/runs/vae/objective/kind", "vea", r"objective.kind: 'vea' is not one of .*did you mean 'vae'"),
    ],
)
def test_unknown_kind_lists_the_known_ones(resolving, where, value, said):
    with pytest.raises(UserError, match=said):
        resolving(where, value)


@pytest.mark.parametrize(("where", "value"), [("smoke", None), ("smoke", [1]), ("smoke/runs", ["vae"])])
def test_overlay_that_is_no_mapping(resolving, where, value):
    with pytest.raises(UserError, match="smoke"):
        resolving(where, value)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("full/timing/runs", ["vae-adm"]),
        ("full/evaluation/classifier", "clasifier"),
        ("full/evaluation/samples_of", {"difusion": [500]}),
    ],
)
def test_unknown_run_in_another_block(resolving, where, value):
    with pytest.raises(UserError, match="did you mean"):
        resolving(where, value)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda p: resolve(p, "mnist_timng"), "replication: 'mnist_timng' is not one of .*did you mean 'mnist_timing'"),
        (lambda p: resolve(p, "device"), "replication: 'device' is not one of mnist_timing"),
        (lambda p: resolve(p, NAME, "ful"), "scale: 'ful' is not one of smoke, desk, full - did you mean 'full'"),
        (lambda p: run_of(p, NAME, "vae-adm"), "run of mnist_timing: 'vae-adm' .*did you mean 'vae-adam'"),
        (lambda p: resolve({**p, NAME: {"smoke": {}}}, NAME), "mnist_timing.full is missing"),
        (lambda p: resolve({**p, NAME: p[NAME] | {"smok": {}}}, NAME), "mnist_timing: 'smok' .*did you mean 'smoke'"),
        (lambda p: resolve({**p, NAME: {"full": p[NAME]["full"]}}, NAME, "desk"), "has no scale 'desk'; it has full"),
    ],
)
def test_unknown_name_is_told(shipped, call, said):
    with pytest.raises(UserError, match=said):
        call(shipped)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scale: [smoke", "is not valid YAML"),
        ("", "must be a mapping"),
        ("- smoke", "must be a mapping"),
        ("{scale: smok, device: auto}", "scale: 'smok' is not one of smoke, desk, full - did you mean 'smoke'"),
        ("{scale: smoke, device: gpu}", "device: 'gpu' is not one of auto, cpu, cuda"),
        ("{scale: smoke}", "device: None is not one of"),
        ("scale: smoke\nscale: full\n", "'scale' stands here twice"),
    ],
)
def test_bad_file_is_one_line(tmp_path, text, said):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=said) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_absent_file_says_where_to_run(tmp_path):
    with pytest.raises(UserError, match="not found; run genrep in the root of the repository"):
        load(tmp_path / "params.yaml")


def test_replications_are_the_keys_that_are_no_settings(shipped):
    assert NAME in replications(shipped)
    assert not {"scale", "device"} & set(replications(shipped))
    assert NAME in replications_at(shipped, "smoke")


@pytest.mark.parametrize(
    ("extra", "scale", "said"),
    [
        ({"scal": "full"}, "smoke", "scal: 'full' is no replication, and no setting - did you mean 'scale'"),
        ({}, "ful", "scale: 'ful' is not one of smoke, desk, full - did you mean 'full'"),
    ],
)
def test_unknown_setting_or_scale_is_named(shipped, extra, scale, said):
    with pytest.raises(UserError, match=said):
        replications_at(shipped | extra, scale)


def test_a_scale_that_no_replication_has_is_named():
    with pytest.raises(UserError, match="no replication has the scale 'desk'"):
        replications_at({"scale": "smoke", "x": {"full": {}}}, "desk")


def test_of_a_list_that_could_be_a_word_the_wrong_entry_is_named(shipped):
    params = copy.deepcopy(shipped)
    params[NAME]["smoke"]["runs"]["vae"]["snapshots"] = [0, 5]
    with pytest.raises(UserError, match=r"runs\.vae-\w+\.snapshots\.0: .*greater than 0, got 0"):
        resolve(params, NAME, "smoke")
