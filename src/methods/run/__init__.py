"""Running the notebooks: parameters, kernels, the lock, the manifest."""

# Jobs in their order and the notebook of each; here, so that naming them does not load Jupyter.
JOBS = {
    "weights": "01_calibrate_weights",
    "agreement": "02_check_agreement",
    "sensitivity": "03_rank_sensitivity",
    "maturity": "04_iterate_maturity",
    "audit": "statistical_audit",
    "report": "annual_report",
}
