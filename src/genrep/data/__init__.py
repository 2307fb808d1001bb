"""Data sets: catalogue, fetching, the prepared memory-mapped layout, batches on the device."""
