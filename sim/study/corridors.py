"""Corridors from data: what distance, language and compatriots do to the flows between countries.

``python -m sim.study.corridors`` rewrites ``corridor_kernel.csv``. The fit is Poisson pseudo-likelihood with an effect
of every origin and every destination (Santos Silva and Tenreyro 2006) by statsmodels. The flows are those of published
researchers of all fields (Scholarly Migration Database), not of AI engineers; the stock of compatriots is that of whole
populations (UN DESA 2000, before the flows).
"""

import warnings

import numpy as np

from sim.errors import UsageError
from sim.world.build.source_files import DATA, as_csv
from sim.world.flows import read_flows, read_source, stocks, ties

FIRST, LAST = 2003, 2012  # before 2003 the source counts too few; later years are for the backcast
LEAST = 1000  # scholars of a country in the last year
TERMS = {  # assumption -> its regressor
    "b_distance": "less ln(1 + km / 100) between the largest cities (CEPII)",
    "b_language": "common official language (CEPII)",
    "b_diaspora": "ln(1 + people born in the origin who lived in the destination in 2000) (UN DESA)",
}
SOURCE = (
    "Poisson pseudo-likelihood with origin and destination effects, errors clustered by pair, on scholars' flows "
    f"{FIRST} to {LAST} (Scholarly Migration Database) between countries with {LEAST} scholars or more"
)


def poisson_fit(flow, terms, clustered=False) -> tuple:
    """Fit flows by Poisson pseudo-likelihood: coefficients of ``terms`` beside effects of origins and destinations.

    Parameters
    ----------
    flow : (origin, destination) persons, the diagonal left out; a country without any flow out or in is left out
    terms : list of (origin, destination)
    clustered : standard errors clustered by unordered pair

    Returns
    -------
    coefficients, standard errors, (origin, destination) fitted flows, deviance

    Raises
    ------
    UsageError without the extra ``validate``, or where no fit is found
    """
    glm, poisson, doubt = _statsmodels()
    # corridors whose ends send or take anybody; one destination effect is the reference
    sends, takes = flow.sum(axis=1) > 0, flow.sum(axis=0) > 0
    o, d = np.nonzero(~np.eye(len(flow), dtype=bool) & sends[:, None] & takes)
    origin, destination = (np.eye(len(flow))[end][:, np.unique(end)] for end in (o, d))
    x = np.column_stack([*(term[o, d] for term in terms), origin, destination[:, 1:]])
    # errors are clustered by pair of countries, both directions together
    pair = np.unique(np.sort(np.stack([o, d]), axis=0), axis=1, return_inverse=True)[1].ravel()
    how = {"cov_type": "cluster", "cov_kwds": {"groups": pair}} if clustered else {}
    # statsmodels warns where the fit does not converge
    with warnings.catch_warnings():
        warnings.simplefilter("error", doubt)
        try:
            done = glm(flow[o, d], x, family=poisson()).fit(method="newton", disp=0, **how)
        except doubt:
            raise UsageError(
                "fit of corridors", "does not converge: too few move for corridors to be told apart"
            ) from None
    fitted = np.zeros_like(flow, dtype=float)
    fitted[o, d] = done.fittedvalues
    count = len(terms)
    return done.params[:count], done.bse[:count], fitted, float(done.deviance)


def dispersion(observed, expected) -> float:
    """Estimate how many observed moves a prediction counts for: ``k``, the size of a negative binomial.

    Parameters
    ----------
    observed, expected : (corridor,) persons; a corridor where nobody is expected says nothing

    Returns
    -------
    float in [0.01, 1000]: the variance of a count is ``m + m**2 / k``. Source: statsmodels' likelihood

    Raises
    ------
    UsageError without the extra ``validate``
    """
    from scipy.optimize import minimize_scalar

    try:
        from statsmodels.genmod.families import NegativeBinomial
    except ImportError:
        raise UsageError("fit of corridors", "needs statsmodels: pip install 'talentflow[validate]'") from None
    # maximum likelihood over ln k; corridors without an expectation say nothing of it
    some = expected > 0
    observed, expected = observed[some], expected[some]
    loss = lambda log_k: -NegativeBinomial(alpha=np.exp(-log_k)).loglike(observed, expected)  # noqa: E731
    return float(np.exp(minimize_scalar(loss, bounds=np.log((0.01, 1000)), method="bounded").x))


def _statsmodels() -> tuple:
    try:
        from statsmodels.genmod.families import Poisson  # without statsmodels.api, which takes longer than the fit
        from statsmodels.genmod.generalized_linear_model import GLM
        from statsmodels.tools.sm_exceptions import ModelWarning
    except ImportError:
        raise UsageError("fit of corridors", "needs statsmodels: pip install 'talentflow[validate]'") from None
    return GLM, Poisson, ModelWarning


def kernel_data() -> tuple:
    """Return (flow, terms) of the fit: (origin, destination) persons, and the regressors in the order of ``TERMS``."""
    years, names, scholars = stocks()
    # countries with scholars, migrant stocks and distances
    of_un = {row[end] for row in read_source("migrant_stock_2000") for end in ("orig", "dest")}
    known = {row[end] for row in read_source("cepii_countries") for end in ("orig", "dest")} & of_un
    kept = [name for name, n in zip(names, scholars[years.index(LAST)], strict=True) if n >= LEAST and name in known]
    flows = read_flows()
    at = [flows.countries.index(name) for name in kept]
    km, language = ties(kept)
    place, compatriots = {name: k for k, name in enumerate(kept)}, np.zeros_like(km)
    for row in read_source("migrant_stock_2000"):
        if row["orig"] in place and row["dest"] in place:
            compatriots[place[row["orig"]], place[row["dest"]]] = float(row["stock"])
    flow = flows.between(FIRST, LAST).sum(axis=0)[np.ix_(at, at)]
    return flow, [-np.log1p(km / 100), language, np.log1p(compatriots)]


def corridor_kernel() -> list:
    """Return rows of ``corridor_kernel.csv``: coefficient, error, and fall of explained deviance without the term."""
    flow, terms = kernel_data()
    coefficients, error, _, whole = poisson_fit(flow, terms, clustered=True)
    none = poisson_fit(flow, [])[3]  # the effects of origins and destinations alone
    rows = []
    for k, (name, regressor) in enumerate(TERMS.items()):
        # how much worse the fit is without this term, as a share of what all terms explain
        without = poisson_fit(flow, terms[:k] + terms[k + 1 :])[3]
        rows.append(
            {
                "term": name,
                "regressor": regressor,
                "coefficient": f"{coefficients[k]:.3f}",
                "error": f"{error[k]:.3f}",
                "fall": f"{(without - whole) / (none - whole):.3f}",
                "source": SOURCE,
                "grade": "B",
            }
        )
    return rows


def diaspora_over_next(rows) -> float:
    """Return gate g24: fall of explained deviance without compatriots over the next largest fall of another term."""
    fall = {row["term"]: float(row["fall"]) for row in rows}
    return fall.pop("b_diaspora") / max(fall.values())


if __name__ == "__main__":
    (DATA / "corridor_kernel.csv").write_text(as_csv(corridor_kernel()), encoding="utf-8", newline="")
