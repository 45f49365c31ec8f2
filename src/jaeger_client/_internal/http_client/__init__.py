"""A small HTTP client over urllib3, which is imported nowhere else."""
