"""Sweeps over made-up measurements: what is within a tolerance, what is only compared, what explains the number."""

from pathlib import Path

import pandas as pd
import pytest

from genrep.errors import UserError
from genrep.params import load
from genrep.report.explained import explanation
from genrep.report.figures.charts import Line
from genrep.report.figures.sweeps import _line, close_up, over_epochs, readings
from genrep.report.sweep_rows import grouped, read_rows
from genrep.report.sweeps import check, told, write
from genrep.workflow import Plan
from tests.report.conftest import ROOT, Maker

NAME = "fashion_mnist_is"
HEAD = "cell,value,unit,place,direction,protocol,tolerance,tolerance_reason\n"
REASON = "argued at length"
PUBLISHED = f"""{HEAD}\
quality,10,,Table 1,,fid@2:vae,abs 1,{REASON}
loss,-5,,Table 1,,-losses/loss@2:vae,abs 1,{REASON}
score,3,,Table 1,,inception_score/inception:vae,abs 1,{REASON}
lost,,,Table 1,,fid:vae,none,{REASON}
quotient,2,,Table 1,,fid:vae / fid:gan,abs 1,{REASON}
"""
ASSUMPTIONS = """
- id: rate
  value: as it is
  evidence: stated in the report
  moves: [{cell: quality, run: vae}]
  readings:
    - {id: faster, says: a higher rate, run: {batch_size: 32}}
    - {id: slower, says: a lower rate, run: {batch_size: 96}}
    - {id: later, says: after another epoch, epoch: 3}
    - {id: much-later, says: after an epoch that was not reached, epoch: 9}
    - {id: smaller, says: at full scale no more, n: 64, scales: [smoke], needs: a small scale}
- id: sign
  value: minus the loss
  evidence: stated in the report
  moves: [{cell: loss, run: vae}]
  readings:
    - {id: plus, says: the loss itself, factor: -1.0}
    - {id: part, says: a part of it, metric: losses/kl}
    - {id: halved, says: half of it, factor: 0.5}
- id: network
  value: the one of the report
  evidence: stated in the report
  moves: [{cell: score, run: vae, metric: inception_score}]
  readings:
    - {id: wider, says: a wider one, run: {network: {dense: 2048}}}
    - {id: own, says: its own metric, metric: inception_score/inception, protocol: /clean, needs: weights}
- id: loss-again
  value: what it is
  evidence: stated in the report
  moves: [{cell: loss, run: vae}, {cell: lost, run: vae}]
  readings: [{id: double, says: twice of it, factor: 2.0}]
"""
RUN = f"genrep sweep {NAME} rate --scale full"
LOG = [{"epoch": e, "losses": {"loss": value, "kl": 1.0}} for e, value in ((1, 8.0), (2, 5.5), (3, 4.5))]


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A replication with cells and assumptions of its own, at full scale, where every run is measured thrice."""
    folder = tmp_path / "replications" / NAME
    folder.mkdir(parents=True)
    (folder / "published.csv").write_text(PUBLISHED)
    (folder / "assumptions.yaml").write_text(ASSUMPTIONS)
    monkeypatch.chdir(tmp_path)
    plan = Plan(load(ROOT / "params.yaml"), NAME, "full")
    make = Maker(plan_folder(plan), plan.params)
    scores = {"inception_score": [2.0, 3.0, 3.0]}
    for seed, off in ((0, 0.0), (1, 0.1), (2, -0.1)):
        make.run("vae", seed, {"fid": [20.0, 12.0 + off, 9.5]} | scores, log=LOG)
    make.run("vae--rate--faster", 0, {"fid": [12.0, 10.2, 9.8]}, margin=0.1, log=LOG)
    make.run("vae--rate--slower", 0, {"fid": [60.0, 50.0]}, status="diverged: loss became nan", log=LOG[:2])
    make.run("vae--network--wider", 0, {"fid": [20.0]} | {"inception_score": [5.0]}, log=LOG)
    return plan


def plan_folder(plan: Plan) -> Path:
    return Path("results") / plan.scale / plan.name


def rows_of(plan: Plan, sweep: str):
    return read_rows(plan.name, plan.scale, plan.sweeps[sweep], plan_folder(plan))


def table_of(plan: Plan, sweep: str) -> pd.DataFrame:
    folder = write(plan, sweep, plan.sweeps[sweep])
    return pd.read_csv(folder / "table_readings.csv", keep_default_na=False).set_index("reading")


def test_every_reading_stands_beside_the_published_value(plan: Plan) -> None:
    table = table_of(plan, "rate")
    assert list(table.index) == ["as-used", "faster", "slower", "later", "much-later", "smaller"]
    assert dict(table["within tolerance"]) == {
        "as-used": "no",
        "faster": "yes",
        "slower": "no",
        "later": "yes",
        "much-later": "not run",
        "smaller": "not run",
    }
    assert set(table["published"]) == {10.0}
    assert table.loc["faster", "deviation"] == "0.2"
    assert table.loc["faster", "change from as used"] == "-1.8"
    assert table.loc["faster", "laid over"] == '{"batch_size": 32}'
    assert (table.loc["as-used", "n_seeds"], table.loc["faster", "n_seeds"]) == (3, 1)
    assert float(table.loc["as-used", "ci_low"]) < 11.9  # Student t over three seeds
    assert list(table["epoch"]) == [2, 2, 2, 3, 9, 2]
    assert list(table["epochs within"])[:4] == ["3", "2-3", "", ""]  # a reading that is an epoch has no other ones
    assert table.loc["slower", "reason"] == "diverged: loss became nan"
    assert table.loc["much-later", "reason"] == "vae: no measurement after epoch 9"
    assert table.loc["smaller", "reason"] == "run at scale smoke only; needs a small scale"


def test_a_value_across_the_edge_is_said_to_be(plan: Plan) -> None:
    Maker(plan_folder(plan), plan.params).run("vae--rate--faster", 0, {"fid": [12.0, 10.9]}, margin=0.2, log=LOG)
    assert table_of(plan, "rate").loc["faster", "within tolerance"] == "on the edge"


def test_signs_factors_and_parts_are_read_off_the_log(plan: Plan) -> None:
    table = table_of(plan, "sign")
    assert dict(table["value"]) == {"as-used": -5.5, "plus": 5.5, "part": -1.0, "halved": -2.75}
    assert dict(table["within tolerance"]) == {"as-used": "yes", "plus": "no", "part": "no", "halved": "no"}


def test_another_metric_than_the_published_one_is_compared_with_the_reading_in_use_alone(plan: Plan) -> None:
    table = table_of(plan, "network")
    assert set(table["within tolerance"][["as-used", "wider"]]) == {"not comparable"}
    assert set(table["deviation"]) == {""}
    assert table.loc["wider", "change from as used"] == "2.0"
    assert table.loc["as-used", "reason"] == "the cell is inception_score/inception; compare with as-used"
    assert table.loc["own", "within tolerance"] == "not run"
    assert table.loc["own", "reason"].endswith("; needs weights")
    foreign, own = grouped(rows_of(plan, "network"))
    assert [row.variant.reading.id for row in foreign] == ["as-used", "wider"]
    assert "the others change it by: wider +2." in explanation(foreign, RUN)
    assert explanation(own, RUN).endswith("Nothing has been measured by inception_score/inception.")


def test_which_reading_explains_the_number_follows_from_the_rows(plan: Plan) -> None:
    assert explanation(rows_of(plan, "rate"), RUN) == (
        "quality: 10 is published, with a tolerance of abs 1. By point values, within it at the epoch that "
        "a reading takes: faster (10.2), "
        "later (9.5). Within it after other epochs only: the reading in use (epoch 3). Never within it: slower "
        "(closest 50 after epoch 2). Not run: much-later, smaller (genrep sweep fashion_mnist_is rate --scale full)."
    )
    assert explanation(rows_of(plan, "sign"), RUN) == (
        "loss: -5 is published, with a tolerance of abs 1. By point values, within it at the epoch that "
        "a reading takes: the reading in use "
        "(-5.5). Within it after other epochs only: halved (epoch 1). Never within it: part (closest -1 after epoch "
        "1), plus (closest 4.5 after epoch 3)."
    )


def test_a_lost_value_is_compared_with_nothing(plan: Plan) -> None:
    (_, lost) = grouped(rows_of(plan, "loss-again"))
    assert [row.within for row in lost] == ["not comparable"] * 2
    assert explanation(lost, RUN) == "lost: the published value is lost."


def test_readings_of_one_cell_come_together(plan: Plan) -> None:
    assert list(table_of(plan, "loss").index) == ["as-used", "plus", "part", "halved", "double"]


def test_page_figures_and_tables_are_functions_of_the_measurements(plan: Plan) -> None:
    folder = write(plan, "rate", plan.sweeps["rate"])
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(first) == {
        *(f"table_readings.{suffix}" for suffix in ("csv", "md", "html")),
        *("figure_readings.png", "figure_over_epochs.png", "REPORT.md"),
    }
    page = first["REPORT.md"].decode()
    assert page.startswith(f"# {NAME} at full scale: readings of rate")
    assert "By point values, within it at the epoch that a reading takes: faster (10.2)" in page
    write(plan, "rate", plan.sweeps["rate"])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_the_page_of_the_replication_is_told_of_those_that_are_there(plan: Plan) -> None:
    assert told(plan.name, plan.scale, plan.params, plan_folder(plan)) == {}
    write(plan, "rate", plan.sweeps["rate"])
    found = told(plan.name, plan.scale, plan.params, plan_folder(plan))
    assert found == {"rate": [explanation(rows_of(plan, "rate"), RUN)]}


def test_without_measurements_every_reading_is_not_run_and_the_figures_say_so(plan: Plan, tmp_path: Path) -> None:
    folder = write(plan, "rate", plan.sweeps["rate"], tmp_path / "empty")
    table = pd.read_csv(folder / "table_readings.csv")
    assert set(table["within tolerance"]) == {"not run"}
    assert table["value"].isna().all()
    assert max(path.stat().st_size for path in folder.glob("*.png")) < 20_000  # a title and a reason


def test_at_other_scales_nothing_is_within_a_tolerance(plan: Plan) -> None:
    smoke = Plan(load(ROOT / "params.yaml"), NAME, "smoke")
    Maker(plan_folder(smoke), smoke.params).run("vae", 0, {"fid": [20.0, 10.0]}, log=LOG)
    table = table_of(smoke, "rate")
    assert table.loc["as-used", "within tolerance"] == "not comparable"
    assert table.loc["as-used", "reason"].startswith("smoke scale: 2,000 training")
    assert table.loc["as-used", "epochs within"] == ""
    page = (plan_folder(smoke) / "sweep_rate/REPORT.md").read_text()
    assert "No published number is judged" in page
    assert (
        "Not comparable, orientation only; at the epoch of the cell, from the closest on: the reading in use 10 "
        in page
    )
    assert "No reading lies within" not in page
    rows = rows_of(smoke, "rate")
    assert [row.band for row in rows] == [None] * len(rows)
    assert rows[0].tolerated == (9, 11)


def test_figures_have_words_and_a_line_of_its_own_for_every_reading(plan: Plan) -> None:
    rows = rows_of(plan, "loss")
    figure = over_epochs("loss", [rows], [])
    (legend,) = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    labels = [text.get_text().replace("\n", " ") for text in legend.get_texts()]
    ours = ["the loss itself (plus)", "a part of it (part)", "half of it (halved)", "twice of it (double)"]
    assert labels == ["the reading in use", *ours, "published: -5"]
    assert figure.axes[0].get_ylabel() == "the value of the cell"  # one of them reads another loss
    looks = {looks_of(line) for k in range(28) for line in _line(k, rows[0])}
    assert len(looks) == 28


def looks_of(line: Line) -> tuple:
    return line.colour, line.style


def test_what_is_close_to_the_published_value_has_a_panel_of_its_own(plan: Plan) -> None:
    limits = close_up(rows_of(plan, "rate"))
    assert limits == (10 - 12, 10 + 12)  # the slower one is at 50
    assert close_up(rows_of(plan, "loss")) is None  # all are near
    figure = readings("rate", [rows_of(plan, "rate")], [])
    assert [ax.get_title() for ax in figure.axes] == ["quality", "close to the published value"]
    assert figure.axes[1].get_xlim() == pytest.approx(limits)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("cell: quality", "cell: qualty", "rate: moves a cell: 'qualty' is not one of quality, .* mean 'quality'"),
        ("cell: quality", "cell: quotient", "rate: cell quotient is a quotient"),
        ("metric: inception_score}", "metric: inception_scor}", "network: metric: .* did you mean 'inception_score'"),
    ],
)
def test_what_a_sweep_needs_is_looked_at_first(plan: Plan, old: str, new: str, line: str) -> None:
    check(plan, plan.sweeps)
    path = Path("replications") / NAME / "assumptions.yaml"
    path.write_text(path.read_text().replace(old, new))
    again = Plan(load(ROOT / "params.yaml"), NAME, "full")
    with pytest.raises(UserError, match=line):
        check(again, again.sweeps)
