"""The parts of the page: each draws what the pure rooms computed, and remembers what the user asked."""
