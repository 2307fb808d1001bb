"""What a claim can say of our measurements: the parts of ``claims.yaml``, by ``kind``.

One module per subject: models beside each other (runs), over their snapshots (dynamics), by their losses (losses,
training), by single terms (terms) and in the studies (studies). Each part has ``judge(measurements) -> Judgement``.
"""

from typing import Annotated

from pydantic import Field

from genrep.report.predicates.dynamics import Begins, Dips, Precedes, Settles, Steadier, Together, Tracks
from genrep.report.predicates.losses import Breaks, TradesOff
from genrep.report.predicates.runs import Agrees, Drift, FallsShort, Order, Reaches, Rises, Sooner
from genrep.report.predicates.studies import StudyBest, StudyOrder, StudyRises, StudyWithin
from genrep.report.predicates.terms import Ascends, Improves, Near
from genrep.report.predicates.training import Finished, LossFlat, LossRougher, LossStays, RisesWhenGrown

OfRuns = Order | Drift | Sooner | Rises | Agrees | Reaches | FallsShort | Improves
OfLosses = Finished | LossFlat | LossRougher | LossStays | TradesOff | Breaks | RisesWhenGrown
OfCurves = Settles | Precedes | Steadier | Dips | Tracks | Begins | Together
OfStudies = StudyOrder | StudyWithin | StudyRises | StudyBest
Part = Annotated[OfRuns | OfLosses | OfCurves | OfStudies | Ascends | Near, Field(discriminator="kind")]
