"""RM1, one reference model in every framework a user might pick instead: ``python -m benchmarks peers``."""
