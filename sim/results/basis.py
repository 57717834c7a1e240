"""Two ways to count engineers by hub: where they live, and where the employer is whom they work for (E11)."""

from sim.errors import ResultError
from sim.results.effects import SHOWN, effect, summarise

LEAST = 0.01  # percentage points between the effects of both counts: below, a reader sees no difference


def by_employer(data):
    """The same arrays with every engineer counted in the hub of the employer.

    Raises
    ------
    ResultError for a run that was saved without employers.
    """
    if "stock_by_employer" not in data:
        raise ResultError("basis employer", "this run was saved before employers were counted; run it again")
    return data.assign(stock=data.stock_by_employer.assign_attrs(data.stock.attrs))


def basis_rows(result, most=6):
    """The hubs whose share changes differently by employer than by residence, the largest difference first.

    Parameters
    ----------
    result : Result of one scenario
    most : how many to show

    Returns
    -------
    list of dict: hub, name, residence (effect by residence), employer (effect by employer), gap (the second less the
    first, each a mean over pairs in percentage points of the world stock), low, high and same_sign (of the gap, over
    pairs), pairs; empty where no gap reaches ``LEAST``, or employers were not counted
    """
    if "stock_by_employer" not in result.data:
        return []
    points = SHOWN["share"][0]
    living, working = (points * effect(result, query) for query in ("share", "share,basis=employer"))
    gap = summarise(working - living)
    size = abs(gap["mean"]).to_series().sort_values(ascending=False, kind="stable")
    names = result.data.hub_name.to_series()
    return [
        {
            "hub": hub,
            "name": names[hub],
            "residence": float(living.sel(hub=hub).mean()),
            "employer": float(working.sel(hub=hub).mean()),
            "gap": float(gap["mean"].sel(hub=hub)),
            "same_sign": int(gap.same_sign.sel(hub=hub)),
            "pairs": gap.attrs["pairs"],
        }
        | {key: float(gap[key].sel(hub=hub)) for key in ("low", "high")}
        for hub in size.index[size >= LEAST][:most]
    ]
