"""Which experiment measures which gates; a gate that none measures is printed as not measured, and missed."""

from . import flagships, held_back, jobs, moves, stays, taxes, visas

# function of a Trial -> dict of gate -> value -> its gates. A further figure of a gate is "gate: what it is".
EXPERIMENTS = {
    taxes.net_of_tax: ("g01", "g02a", "g02b", "g03", "g05"),
    taxes.newcomer_relief: ("g04a", "g04b", "g04c"),
    moves.crossings: ("g06a", "g06b", "g07"),
    moves.directions: ("g10", "g12", *(f"g11_{place}" for place in moves.NET_OF)),
    moves.colleagues: ("g21a", "g21b"),
    moves.published_index: tuple(f"g25_{hub}" for hub in moves.INDEX_HUBS),
    stays.five_year_stays: ("g08a", "g08b", "g08c", "g08d"),
    stays.starting_state: ("g09a", "g09b", "g09c", *(f"g13_{place}" for place in stays.MIGRANTS)),
    visas.office_odds: tuple(f"g14_{year}" for year in range(2021, 2027)),
    visas.weighted_lottery: ("g15a", "g15b", "g15c"),
    visas.fee: ("g16a", "g16b", "g16c"),
    visas.approval: ("g17a",),
    visas.fast_track: ("g18a", "g18b"),
    visas.closed_border: ("g19a",),
    jobs.job_changes: ("g20a", "g20b", "g20c", "g22"),
    jobs.growth: (*(f"g26_{place}" for place in jobs.REGIONS), "g26_world"),
    flagships.signs_without_size: ("g23",),
    held_back.skill_rates: ("g28",),
}

# function of the options -> the same, for what is measured once and not on every draw
ONCE = {held_back.corridor_terms: ("g24",), held_back.scholars_foretold: ("g27",)}


def needed(experiments, gates):
    """The experiments, of a dict like ``EXPERIMENTS``, that measure any of the gates."""
    wanted = {gate.id for gate in gates}
    return [experiment for experiment, measured in experiments.items() if wanted & set(measured)]
