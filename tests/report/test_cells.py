import pandas as pd
import pytest

from genrep.errors import UserError
from genrep.report.cells import judge, read_published, tolerated
from genrep.report.estimates import NotMeasured
from genrep.report.terms import Term, reproduce
from genrep.report.verdicts import Verdict

RATIO = "epoch_seconds/first:gan / epoch_seconds/first:vae"


def cell(value=2.0, protocol=RATIO, tolerance="factor 2"):
    return pd.DataFrame([{"value": value, "protocol": protocol, "tolerance": tolerance}]).itertuples().__next__()


@pytest.mark.parametrize(
    ("tolerance", "bounds"), [("factor 2", (2.0, 8.0)), ("abs 1.5", (2.5, 5.5)), ("exact", (4.0, 4.0))]
)
def test_tolerances(tolerance, bounds):
    assert tolerated(4.0, tolerance) == bounds


def test_ratio_of_times_on_a_gpu_is_judged(maker):
    maker.times(vae=[10.0, 4.0], gan=[30.0, 8.0])
    found, ours = judge(cell(), maker.open(), "full")
    assert ours.value == 3.0
    assert found.verdict == Verdict.REPLICATED
    assert judge(cell(value=10.0), maker.open(), "full")[0].verdict == Verdict.NOT_REPLICATED


def test_ratio_of_times_on_a_cpu_is_shown_beside_the_arithmetic(maker):
    maker.times(device="cpu", vae=[10.0, 4.0], gan=[30.0, 8.0])
    found, ours = judge(cell(), maker.open(), "full")
    assert ours.value == 3.0
    assert found.verdict == Verdict.NOT_COMPARABLE
    assert "timed on a CPU" in found.reason
    assert "the ratio of arithmetic per epoch is 2" in found.reason


@pytest.mark.parametrize(("scale", "value"), [("smoke", 2.0), ("desk", 2.0), ("full", float("nan"))])
def test_what_cannot_be_compared_says_why(maker, scale, value):
    maker.times(vae=[10.0, 4.0], gan=[30.0, 8.0])
    found, _ = judge(cell(value=value), maker.open(), scale)
    assert found.verdict == Verdict.NOT_COMPARABLE
    assert found.reason


def test_untimed_model_is_not_run(maker):
    maker.times(vae=[10.0, 4.0])
    found, ours = judge(cell(), maker.open(), "full")
    assert (found.verdict, ours) == (Verdict.NOT_RUN, None)
    with pytest.raises(NotMeasured):
        reproduce(RATIO, maker.open())


def test_a_lost_value_is_not_comparable_even_unmeasured(maker):
    found, ours = judge(
        cell(value=float("nan"), protocol="inception_score:real", tolerance="none"), maker.open(), "full"
    )
    assert (found.verdict, found.reason, ours) == (Verdict.NOT_COMPARABLE, "the published value is lost", None)


@pytest.mark.parametrize(("published", "verdict"), [(2.4, Verdict.REPLICATED), (2.0, Verdict.NOT_REPLICATED)])
def test_a_quality_is_judged_at_the_largest_sample_count(maker, published, verdict):
    maker.run("gan-adam", 0, {"fid": [1.0, 1.0], "inception_score": [9.0, 2.3]})
    score = cell(value=published, protocol="inception_score:gan", tolerance="abs 0.2")
    found, ours = judge(score, maker.open(), "full")
    assert (found.verdict, ours.value, ours.metric) == (verdict, 2.3, "inception_score/n=2000")


def test_a_protocol_that_nobody_computes_is_told(maker):
    for protocol in ("inception_scor:gan", "inception_score:gun"):
        with pytest.raises(UserError, match="is not known"):
            reproduce(protocol, maker.open())


def test_broken_table_is_one_line(tmp_path):
    header = "cell,value,unit,place,direction,protocol,tolerance,tolerance_reason\n"
    (tmp_path / "published.csv").write_text(header + "a,1,s,Table 1,,p,about right,because it is so\n")
    with pytest.raises(UserError, match=r"published\.csv: .*tolerance") as caught:
        read_published(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("fid:vae", Term(1.0, "fid", None, "vae")),
        ("inception_score/inception:improved_gan", Term(1.0, "inception_score/inception", None, "improved_gan")),
        ("-losses/loss@5:vae", Term(-1.0, "losses/loss", 5, "vae")),
    ],
)
def test_a_protocol_names_metric_epoch_model_and_sign(text, term):
    assert Term.parse(text) == term


@pytest.mark.parametrize("text", ["", "fid", "fid@:vae", "fid@x:vae", "fid:vae-adam", "--fid:vae", "fid: vae"])
def test_what_is_no_protocol_is_said_to_be_none(text):
    with pytest.raises(UserError, match="is not of the form metric:model"):
        Term.parse(text)


def test_a_cell_may_look_at_an_epoch_and_turn_the_sign(maker):
    log = [{"epoch": 1, "losses": {"loss": 7.0}}, {"epoch": 2, "losses": {"loss": 5.0}}]
    maker.run("vae-adam", 0, {"fid": [9.0, 3.0]}, margin=0.5, log=log)
    measurements = maker.open()
    first, last = (reproduce(protocol, measurements) for protocol in ("-fid@1:vae", "-fid:vae"))
    assert (first.low, first.value, first.high) == (-9.5, -9.0, -8.5)
    assert last.value == -3.0
    assert reproduce("-losses/loss@1:vae", measurements).value == -7.0
    with pytest.raises(NotMeasured, match="vae-adam: no measurement after epoch 3"):
        reproduce("fid@3:vae", measurements)
    with pytest.raises(NotMeasured, match="there is no loss 'kl'; there is loss"):
        reproduce("losses/kl:vae", measurements)
