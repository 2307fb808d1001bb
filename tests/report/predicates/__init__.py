"""The verdicts that predicates come to, in short."""

from genrep.report.verdicts import Verdict

YES, NO, OPEN, MISSING = Verdict.REPLICATED, Verdict.NOT_REPLICATED, Verdict.INCONCLUSIVE, Verdict.NOT_RUN
