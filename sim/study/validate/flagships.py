"""The headline effects without any return to size (g23)."""

import numpy as np

HEADLINES = {  # scenario -> the share whose effect is its headline
    "h1b_fee": "share:usa",
    "eu_fast_track": "share:eu27",
    "newcomer_tax": "share:deu",
    "us_tax_up": "share:usa",
    "gulf_compute": "share:are",
}


def signs_without_size(trial):
    """Headline effects whose sign changes where neither pay nor pull rises with size; nan where no constants fit."""
    alone = trial.under("no_agglomeration")
    if alone is None:
        return {"g23": float("nan")}
    as_it_is, without = effects(trial), effects(alone)
    found = {"g23": float(np.sum(np.sign(as_it_is) != np.sign(without)))}
    shown = zip(HEADLINES, 100 * as_it_is, 100 * without, strict=True)
    return found | {
        f"g23: {name}{what}, points": effect
        for name, *pair in shown
        for what, effect in zip(("", " at 0"), pair, strict=True)
    }


def effects(trial):
    """(scenario,) effect of each on its headline share at the end of the run."""
    plain = trial.run("baseline")
    return np.array([trial.run(name).measure(query) - plain.measure(query) for name, query in HEADLINES.items()])
