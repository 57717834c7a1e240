"""Build the compute that the engineers of a hub can use: allocated by owner and user, not by the site of clusters."""

from collections import defaultdict
from functools import cache

from sim.world.build.pay import total_pay
from sim.world.build.source_files import Row, country_of, hubs, normalised, source
from sim.world.build.stocks import sector_shares, stock
from sim.world.categories import SECTORS

DEPLOYED = 0.80  # about 16 of 20 million chips sold were running at the end of 2025 (Epoch, by press)
CHINA_USE_OF_CLOUD = 0.05  # US clouds hardly reach users in China
PAY_EXPONENT = 1.2  # cloud spending rises a little faster than pay

# Spending on rented compute, and on an enterprise's own machines, by sector and engineer (assumed, grade D).
CLOUD_SPEND = dict(zip(SECTORS, (0.5, 0.7, 3.0, 0.5, 1.5, 1.5, 0.5, 0.3), strict=True))
OWN_SPEND = dict(zip(SECTORS, (0.0, 1.0, 0.0, 0.0, 1.0, 0.7, 1.0, 0.0), strict=True))

# Sites that the source table puts in rest_of_eu: the share in Germany, and the hubs of French and German public ones.
AMAZON_IN_GERMANY = 0.5  # share of Tuebingen and Aachen; the rest is in Luxembourg and Dublin (assumed)
REST_OF = {"FR": "rest_of_france", "DE": "rest_of_germany"}


@cache
def owners_share() -> dict[str, dict[str, float]]:
    """Return the shares of hubs in the compute of each user, user -> hub -> share.

    Users are the owners of compute, their external cloud customers, and enterprises with machines of their own.
    """
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    for row in source("owner_hubs"):
        shares[row["owner"]][row["hub"]] = float(row["share"])
    amazon = shares["Amazon internal"]
    amazon["rest_of_germany"] = AMAZON_IN_GERMANY * amazon["rest_of_eu"]
    amazon["rest_of_eu"] -= amazon["rest_of_germany"]
    shares["external cloud"] = _pool(CLOUD_SPEND)
    shares["enterprise own"] = _pool(OWN_SPEND)
    return shares


def _pool(spend: dict[str, float]) -> dict[str, float]:
    """Return the shares of hubs in a pool of compute, by engineers, their sectors' spending and their pay.

    ``spend`` is the spending per engineer by sector, in any unit.
    """
    weights = {}
    for hub, sectors in sector_shares().items():
        reach = CHINA_USE_OF_CLOUD if country_of()[hub] == "chn" else 1.0
        wanted = sum(sectors[sector] * spend[sector] for sector in SECTORS)
        weights[hub] = stock()[hub] * wanted * total_pay()[hub]["practitioner"] ** PAY_EXPONENT * reach
    return normalised(weights)


@cache
def h100e() -> dict[str, dict[str, float]]:
    """Return the H100-equivalents in use by hub and kind of user."""
    by_use: dict[str, dict[str, float]] = {hub: defaultdict(float) for hub in hubs()}
    for row in source("compute_owner_use"):
        if row["user"] == "sovereign and public":
            continue  # listed machine by machine in compute_sovereign, below
        kind = row["user"] if row["user"] in ("external cloud", "enterprise own") else "labs and big tech"
        for hub, share in owners_share()[row["user"]].items():
            by_use[hub][kind] += 1000 * float(row["h100e_k"]) * DEPLOYED * share
    for row in source("compute_sovereign"):
        # a machine may be shared by several hubs, written hub:share;hub:share
        for part in row["hubs"].split(";"):
            hub, _, part_of_it = part.partition(":")
            hub = REST_OF.get(row["country"], hub) if hub == "rest_of_eu" else hub
            by_use[hub]["sovereign and public"] += 1000 * float(row["h100e_k"]) * float(part_of_it)
    return by_use


def compute() -> list[Row]:
    """Build compute.csv: H100-equivalents that the engineers of a hub can use."""
    rows = []
    for hub, kinds in h100e().items():
        total = sum(kinds.values())
        rows.append(
            {
                "hub": hub,
                "h100e": str(round(total, -2))[:-2],
                "h100e_per_engineer": f"{total / stock()[hub]:.2f}",
                "labs_and_big_tech": f"{kinds['labs and big tech']:.0f}",
                "cloud": f"{kinds['external cloud']:.0f}",
                "enterprise": f"{kinds['enterprise own']:.0f}",
                "sovereign_and_public": f"{kinds['sovereign and public']:.0f}",
                "source": "owner totals Epoch Q4 2025 (A) x 0.80 deployed x own use and hubs of owners (D)",
                "grade": "D",
            }
        )
    return rows


BUILT = ("under construction", "opening", "deploying", "confirmed")  # how the status of what is being built begins


def pipeline() -> list[Row]:
    """Build pipeline.csv: announced sovereign capacity, its year, and the probability that it runs by then.

    The baseline holds what stands or is under construction; what is announced is a policy.
    """
    keep = "hub", "year", "programme", "h100e_announced", "probability", "status"
    return [
        {key: row[key] for key in keep}
        | {
            "in_baseline": str(int(row["status"].startswith(BUILT))),
            "source": f"{row['source']}; probability assumed",
            "grade": "D",
            "grade_announcement": row["grade"],
        }
        for row in source("compute_pipeline")
    ]
