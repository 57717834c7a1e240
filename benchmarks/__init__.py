"""How fast and how large talentflow is, measured on this machine: ``python -m benchmarks``."""
