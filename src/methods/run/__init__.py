"""Running the notebooks: parameters, kernels, the lock, the manifest."""
