"""Declare every world table once: its meaning, unit and keys, and the conditions that its numbers must meet."""

from dataclasses import dataclass, field

from sim.world.categories import ROLES, STATUSES, TIERS

SHARE = (0.0, 1.0)
# bounds of number columns
HUGE = 1e12  # above any sensible value, but finite, so that sums and products stay finite
POSITIVE = (0.0, HUGE)
SOME = (1.0, HUGE)  # for figures of which a logarithm is taken, or by which others are divided
ANY = (-HUGE, HUGE)

PAY_PARTS = ("base_kusd", "bonus_kusd", "liquid_equity_kusd", "illiquid_equity_kusd")
LEVELS = ("level_1", "level_2", "level_3", "level_4")


@dataclass(frozen=True)
class Table:
    """Declaration of one table of ``sim/world/data``.

    Attributes
    ----------
    meaning, unit : str, for the documentation
    keys : columns that together identify a row; ``origin:hub`` is a column ``origin`` with names of the axis ``hub``
    numbers : dict of number column -> (low, high), the bounds of its values, in ``unit``
    optional : number columns in which a cell may be blank
    whole : number columns of whole numbers
    flags : columns whose cells are 0 or 1
    row_sum : columns that sum to one in each row
    group_sum : columns that sum to one over the rows that share the first key
    full : bool, whether every combination of keys has a row, except a name combined with itself
    """

    meaning: str
    unit: str
    keys: tuple[str, ...]
    numbers: dict[str, tuple[float, float]] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    row_sum: tuple[str, ...] = ()
    group_sum: tuple[str, ...] = ()
    full: bool = True


def _shares(columns: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    """Return the bounds 0 and 1 for each of the columns."""
    return dict.fromkeys(columns, SHARE)


# Hubs, countries, homes, and the relations between them.
PLACES = {
    "hubs": Table(
        "the 39 hubs: country, region, kind, tax jurisdiction and middle point",
        unit="degrees",
        keys=("hub",),
        numbers={"lat": (-90.0, 90.0), "lon": (-180.0, 180.0)},
    ),
    "countries": Table(
        "the 21 countries, three of which stand for groups; what is measured there; the STEM extension",
        unit="months",
        keys=("country",),
        numbers={"stem_months": (0.0, 60.0), "stays_measured": SHARE, "lost_jobs_followed": SHARE},
        flags=("stays_measured", "lost_jobs_followed"),
    ),
    "blocs": Table(
        "groups of countries that a measure or a scenario may name, and their parts inside other hubs",
        unit="",
        keys=("bloc",),
        numbers={"plural": SHARE},
        flags=("plural",),
    ),
    "homes": Table(
        "the 25 origin groups; country is blank where a home is no single country",
        unit="",
        keys=("home",),
        numbers={"return_bonus": SHARE},
        flags=("return_bonus",),
    ),
    "corridors": Table(
        "distance of every ordered pair of hubs",
        unit="km",
        keys=("origin:hub", "destination:hub"),
        numbers={"distance_km": (1.0, 20100.0)},
    ),
    "country_pairs": Table(
        "common official language, colonial tie, free movement; means over members for groups",
        unit="share 0 to 1",
        keys=("origin:country", "destination:country"),
        numbers=_shares(("language", "colonial", "free_movement")),
    ),
    "corridor_effects": Table(
        "moves of scholars by the kernel and in the data, and the shrunken residual",
        "persons, weighted by age; log-odds",
        ("origin:country", "destination:country"),
        {"kernel": POSITIVE, "data": POSITIVE, "residual": (-10.0, 10.0)},
    ),
    "home_hub": Table(
        "language, colonial tie, free movement and compatriots of a home in a hub",
        unit="shares; compatriots in engineers",
        keys=("home", "hub"),
        numbers=_shares(("home_share", "language", "colonial", "free_share")) | {"compatriots": POSITIVE},
    ),
    "prices": Table("local prices, US average = 1", unit="ratio", keys=("hub",), numbers={"price_level": (0.05, 5.0)}),
    "employment": Table(
        "engineers' share of metropolitan employment", unit="share", keys=("hub",), numbers={"engineer_share": SHARE}
    ),
}

# Engineers at the start: numbers, attributes, permits.
PEOPLE = {
    "stock": Table(
        "engineers living in each hub on 1 January 2026",
        unit="persons",
        keys=("hub",),
        numbers={"engineers": SOME, "low": POSITIVE, "high": POSITIVE},
    ),
    "tiers": Table("share of each tier", unit="share", keys=("hub",), numbers=_shares(TIERS), row_sum=TIERS),
    "roles": Table("share of each role", unit="share", keys=("hub",), numbers=_shares(ROLES), row_sum=ROLES),
    "role_factors": Table(
        "pay, mobility and remote work of a role relative to a machine-learning engineer",
        unit="ratio",
        keys=("role",),
        numbers=dict.fromkeys(("pay_multiplier", "mobility_multiplier", "remote_factor"), (0.0, 5.0)),
    ),
    "tier_factors": Table(
        "tier in which people from adjacent occupations enter",
        unit="share",
        keys=("tier",),
        numbers={"conversions_share": SHARE},
    ),
    "sectors": Table(
        "pay relative to cloud and SaaS, equity, separations a year and remote work of a sector",
        unit="ratio or share",
        keys=("sector",),
        numbers={
            "pay_multiplier": (0.0, 5.0),
            "equity_share_shift": (-1.0, 1.0),
            "illiquid_fraction": SHARE,
            "separation_rate": SHARE,
            "remote_factor": (0.0, 10.0),
        },
    ),
    "sector_mix": Table(
        "share of each sector", unit="share", keys=("hub", "sector"), numbers={"share": SHARE}, group_sum=("share",)
    ),
    "home_mix": Table(
        "origin of the engineers of a hub: everybody, and experts",
        unit="share",
        keys=("hub", "home"),
        numbers=_shares(("share", "share_experts")),
        group_sum=("share", "share_experts"),
    ),
    "ages": Table(
        "age at the start",
        unit="share by year of age",
        keys=("tier", "age"),
        numbers={"age": (15.0, 100.0), "share": SHARE},
        whole=("age",),
        group_sum=("share",),
    ),
    "arrival_years": Table(
        "years since arrival of residents from abroad, by status",
        unit="share by year",
        keys=("status", "years_since_arrival"),
        numbers={"years_since_arrival": (0.0, 100.0), "share": SHARE},
        whole=("years_since_arrival",),
        group_sum=("share",),
    ),
    "status_mix": Table(
        "permits held at the start; citizen includes free movers, opt is any post-study permit",
        unit="share",
        keys=("country", "home"),
        numbers=_shares(STATUSES),
        row_sum=STATUSES,
    ),
    "return_hazards": Table(
        "temporary residents who go home", unit="a year", keys=("country", "home"), numbers={"rate": (0.0, 2.0)}
    ),
    "settlement": Table(
        "temporary residents who become permanent, and who queue for it",
        unit="a year; share",
        keys=("country", "home"),
        numbers={"rate": (0.0, 2.0), "queue": SHARE},
    ),
}

# Pay, taxes and compute.
MONEY = {
    "pay": Table(
        "median pay of a hub and tier by part, gross",
        unit="kUSD a year",
        keys=("hub", "tier"),
        numbers=dict.fromkeys(PAY_PARTS, POSITIVE) | {"base_kusd": SOME},
    ),
    "tax_brackets": Table(
        "marginal bands of income tax and contributions, 2025",
        unit="local currency a year; rates as shares",
        keys=("jurisdiction", "schedule", "lower"),
        numbers={"lower": POSITIVE, "upper": POSITIVE, "marginal_rate": SHARE, "rate_end": SHARE},
        optional=("upper", "rate_end"),
        full=False,
    ),
    "tax_allowances": Table(
        "deductions, credits, tapers and caps, 2025",
        unit="local currency a year, or a rate",
        keys=("jurisdiction", "item"),
        numbers={"value": POSITIVE},
        full=False,
    ),
    "tax_weights": Table(
        "members of mixed jurisdictions",
        unit="share",
        keys=("proxy", "member"),
        numbers={"weight": SHARE},
        group_sum=("weight",),
        full=False,
    ),
    "tax_fx": Table(
        "exchange rates, mean of 2025",
        unit="local currency per USD",
        keys=("currency",),
        numbers={"units_per_usd": POSITIVE},
        full=False,
    ),
    "tax_effective": Table(
        "income tax and social contributions of a single employee over gross pay",
        unit="share of gross; gross in kUSD a year",
        keys=("jurisdiction", "gross_kusd"),
        numbers=_shares(("rate", "income_tax_rate", "social_rate")) | {"gross_kusd": SOME},
        full=False,
    ),
    "tax_relief": Table(
        "share of ordinary total tax that a scheme takes away at 200 kUSD",
        unit="share; years",
        keys=("country", "aimed_at"),
        numbers={"relief": SHARE, "years": (0.0, 60.0), "min_years_abroad": (0.0, 60.0)},
    ),
    "compute": Table(
        "compute that a hub's engineers can use, by owner and user",
        unit="H100-equivalents",
        keys=("hub",),
        numbers=dict.fromkeys(("h100e", "labs_and_big_tech", "cloud", "enterprise", "sovereign_and_public"), POSITIVE),
    ),
    "pipeline": Table(
        "announced sovereign capacity, the probability that it runs by its year, and whether the baseline holds it",
        unit="H100-equivalents; share",
        keys=("hub", "year", "programme"),
        numbers={"year": (2024.0, 2040.0), "h100e_announced": POSITIVE, "probability": SHARE, "in_baseline": SHARE},
        full=False,
    ),
}

# Visa rules, supply of engineers, and targets of the fit.
RULES = {
    "routes": Table(
        "visa routes into a country under the rules of mid-2025",
        unit="persons a year, USD, kUSD a year, months, years",
        keys=("route",),
        numbers={
            "cap": POSITIVE,
            "intake_month": (0.0, 12.0),
            "start_month": (0.0, 12.0),
            "pay_threshold_kusd": POSITIVE,
            "fee_usd": POSITIVE,
            "special_fee_usd": POSITIVE,
            "processing_months": (0.0, 120.0),
            "years": (0.25, 99.0),
            "permanent_after_years": POSITIVE,
        }
        | _shares(("approval_rate", "reach")),
        optional=("cap", "permanent_after_years"),
        whole=("cap", "intake_month", "start_month"),
        flags=(
            *TIERS,
            "local_degree",
            "is_open",
            "from_abroad",
            "in_country",
            "exposed_abroad_only",
            "employer_tied",
            "holdable",
        ),
        full=False,
    ),
    "pools": Table(
        "caps shared by all occupations, with the demand from outside AI",
        unit="persons a year; shares",
        keys=("pool",),
        numbers={"cap": POSITIVE, "advanced_degree_cap": POSITIVE, "registrations": POSITIVE}
        | _shares(("in_country_share", "master_share", *LEVELS)),
        row_sum=LEVELS,
        full=False,
    ),
    "wage_levels": Table(
        "wage level of a petition by tier", unit="share", keys=("tier",), numbers=_shares(LEVELS), row_sum=LEVELS
    ),
    "registrations": Table(
        "H-1B registrations and selections by fiscal year",
        unit="registrations",
        keys=("fy",),
        numbers=dict.fromkeys(("registered", "eligible", "selected"), POSITIVE),
        full=False,
    ),
    "timeline": Table(
        "dated policy changes, October 2022 to January 2027", unit="", keys=("date", "country", "change"), full=False
    ),
    "past_rules": Table(
        "rules that held until a day: a value, or that of the tables multiplied or added to; see docs/hindcast.md",
        unit="unit of the lever",
        keys=("lever", "until"),
        numbers=dict.fromkeys(("value", "multiply", "add"), ANY),
        optional=("value", "multiply", "add"),
        full=False,
    ),
    "supply": Table(
        "growth of a country's engineers and its components",
        unit="rates a year; persons a year; shares",
        keys=("country",),
        numbers={"growth_rate": (-0.5, 1.0), "exit_rate": SHARE, "net_migration": ANY, "index_net_migration": ANY}
        | dict.fromkeys(("graduates", "phds", "conversions"), POSITIVE)
        | _shares(("native_share_graduates", "native_share_conversions")),
        optional=("index_net_migration",),
    ),
    "net_targets": Table(
        "net migration that the hub constants are fitted to",
        unit="persons a year",
        keys=("hub",),
        numbers={"national_net": ANY, "index_net": ANY},
        optional=("index_net",),
    ),
    "industry_index": Table(
        "net migration as published by the industry index",
        unit="percent of stock",
        keys=("id",),
        numbers={"value": ANY},
        full=False,
    ),
    "affiliates": Table(
        "share of each hub in the jobs that employers open abroad after lost US petitions",
        unit="share",
        keys=("hub",),
        numbers={"share": SHARE},
    ),
}

# Published data that the model is compared with.
TRUST = {
    "ai_skill_migration": Table(
        "net migration of LinkedIn members with AI skills",
        unit="per 10,000 of them a year",
        keys=("economy",),
        numbers=dict.fromkeys(("net_2015", "net_2016", "net_2017"), ANY),
        full=False,
    ),
    "gates": Table(
        "published statistics that the model must reproduce, with their bands; blank is no limit",
        unit="unit of the row",
        keys=("id",),
        numbers={"low": ANY, "high": ANY},
        optional=("low", "high"),
        full=False,
    ),
}

DECLARED = PLACES | PEOPLE | MONEY | RULES | TRUST

# Tables that the model itself writes (sim.study.calibration, sim.study.hub_shares); optional.
GENERATED = {
    "hub_constants": Table(
        "pull of a hub beyond the named factors, fitted",
        unit="log-odds; persons a year",
        keys=("hub",),
        numbers=dict.fromkeys(("permanent", "boom"), (-50.0, 50.0))
        | dict.fromkeys(("net_offset", "later_offset", "net_target"), ANY),
    ),
    "border_costs": Table(
        "cost of crossing a border, fitted to the crossing rates",
        unit="log-odds; factor",
        keys=("group",),
        numbers={"move_cost_abroad": (-50.0, 50.0), "crossing_factor": (1e-3, 1e3)},
    ),
    "return_homes": Table(
        "going home beyond the hubs' own pull, by home, fitted",
        unit="log-odds",
        keys=("home",),
        numbers={"effect": (-50.0, 50.0)},
    ),
    "return_residences": Table(
        "going home beyond that, by country of residence, fitted",
        unit="log-odds",
        keys=("country",),
        numbers={"effect": (-50.0, 50.0)},
    ),
    "forced_exits": Table(
        "engineers who leave because their permit expires, in the first year of the fit",
        unit="persons a year",
        keys=("country", "home"),
        numbers={"persons": POSITIVE},
        full=False,
    ),
    "hub_pulls": Table(
        "pull of a hub relative to the mean hub by factor, and the share of the fitted constant",
        unit="log-odds; share",
        keys=("hub",),
        numbers=dict.fromkeys(("named", "permanent", "boom"), ANY) | {"fitted_share": SHARE},
    ),
    "long_run": Table(
        "share of the world stock in the last year at both ends of the assumptions on boom and growth",
        unit="percent",
        keys=("hub", "assumption"),
        numbers=dict.fromkeys(("share", "share_low", "share_high"), POSITIVE),
        full=False,
    ),
    "unit_costs": Table(
        "public unit costs that policies are priced with; each is an assumption of the same name",
        unit="see the column unit; money of 2026",
        keys=("cost",),
        numbers=dict.fromkeys(("central", "low", "high"), POSITIVE),
        full=False,
    ),
    # results of comparisons with other data, written by sim.study.corridors and sim.study.backcast
    "corridor_kernel": Table(
        "coefficients of the flows between countries",
        unit="as the assumption",
        keys=("term",),
        numbers={"coefficient": ANY, "error": POSITIVE, "fall": SHARE},
        full=False,
    ),
    "backcast": Table(
        "the backcast by default, beside its rivals",
        unit="see docs/backcast.md",
        keys=("who",),
        numbers=dict.fromkeys(("rank", "rank_moving", "net_rank"), (-1.0, 1.0)),
        full=False,
        optional=("rank", "rank_moving", "net_rank"),
    ),
}
