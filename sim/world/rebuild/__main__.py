"""``python -m sim.world.rebuild``: rewrite the stale derived tables and name them."""

import sys

from sim.world.rebuild import write

sys.stdout.write("".join(f"{name}.csv rewritten\n" for name in write()) or "every derived table is current\n")
