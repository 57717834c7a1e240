"""``python -m sim.world.build``: rewrite the stale derived tables and name them."""

import sys

from sim.world.build import write

sys.stdout.write("".join(f"{name}.csv rewritten\n" for name in write()) or "every derived table is current\n")
