"""Which jobs make sense for an edition, and if one does not, why: the report prints the reason."""

from __future__ import annotations

from methods.index.edition import INDEX, Edition


def reason_not_applicable(job: str, edition: Edition) -> str | None:
    """None if the job can be done for the edition, else the reason in Russian."""
    if job == "weights" and len(edition.indicators) < 2:
        return f"В редакции {edition.version} один показатель: выбирать веса не из чего."
    if job == "weights" and edition.aggregation_of(INDEX).method == "sum":
        return (f"В редакции {edition.version} баллы складываются: вес показателя — число баллов за него, "
                "отдельных весов нет.")
    if job == "audit" and len(edition.indicators) < 2:
        return f"В редакции {edition.version} один показатель: сверять его не с чем."
    if job == "agreement" and not edition.two_sided and not edition.pairs:
        return (f"В редакции {edition.version} нет показателей, измеренных и опросом, и объективно, и не заданы пары "
                "показателей (ключ pairs): сверять нечего.")
    return None
