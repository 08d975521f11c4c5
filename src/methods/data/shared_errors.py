"""Sampling errors of different questions go together, because the same people answered them."""

from __future__ import annotations

import numpy as np

from methods.agreement.multitrait import error_covariance, mean_correlation
from methods.data.measure import Measured
from methods.index.edition import Edition
from methods.index.score import EVERYONE


def common_error(measured: Measured, edition: Edition) -> float:
    r"""Mean correlation of the sampling errors of two questions of one unit and clientele; 0 without questionnaires.

    .. math:: \rho = \frac{\sum_{j \ne k} \Sigma_{jk}}{\sum_{j \ne k} \sqrt{\Sigma_{jj} \Sigma_{kk}}}

    :math:`\Sigma` is the mean covariance matrix of the errors (`agreement.multitrait.error_covariance`), the clienteles
    weighing by their shares. Not below 0.
    """
    asked = [side.question for side in edition.questions.values()]
    if measured.answers is None or len(asked) < 2:
        return 0.0
    found, whole = 0.0, 0.0
    for view in edition.clienteles or [EVERYONE]:
        own = measured.answers
        if edition.clienteles:
            own = own[own["clientele"] == view]
        share = edition.clienteles[view].share if edition.clienteles else 1.0
        covariance = error_covariance(own[asked].astype("Float64").astype(float), own["unit"])
        rho = mean_correlation(covariance)
        if np.isfinite(rho):
            found, whole = found + share * rho, whole + share
    return max(found / whole, 0.0) if whole else 0.0
