"""Training: one loop for every model family, resumable runs, epoch times."""
