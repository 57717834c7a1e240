"""A plausible result without an engine: right schema, accounts that balance, an effect of known sign."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import xarray as xr

from sim.results.result import Result
from sim.results.schema import PARTS, SCHEMES, SINCE, dataset
from sim.scenario.assumptions import override, records
from sim.show.report import write_report

# hub, name, country, engineers in thousands
HUBS = [
    line.split("|")
    for line in """
sf_bay_area|San Francisco Bay Area|usa|142.4
seattle|Seattle|usa|61.8
new_york|New York|usa|66.9
boston|Boston|usa|29.1
austin|Austin|usa|19.0
los_angeles|Los Angeles|usa|28.2
washington_dc|Washington DC|usa|27.6
rest_of_usa|Rest of the USA|usa|178.2
toronto|Toronto|can|27.1
montreal|Montreal|can|12.8
rest_of_canada|Rest of Canada|can|26.7
london|London|gbr|50.5
rest_of_uk|Rest of the UK|gbr|35.2
paris|Paris|fra|39.6
berlin|Berlin|deu|22.4
munich|Munich|deu|22.9
amsterdam|Amsterdam|nld|16.2
warsaw|Warsaw|pol|8.0
lisbon|Lisbon|prt|4.8
rest_of_germany|Rest of Germany|deu|68.0
rest_of_france|Rest of France|fra|34.0
rest_of_eu|Rest of the EU|xeu|204.0
zurich|Zurich (Switzerland)|che|23.9
tel_aviv|Tel Aviv (Israel)|isr|27.8
abu_dhabi_dubai|Abu Dhabi and Dubai (UAE)|are|11.9
riyadh|Riyadh (Saudi Arabia)|sau|7.6
bengaluru|Bengaluru|ind|33.0
hyderabad|Hyderabad|ind|16.3
rest_of_india|Rest of India|ind|83.0
beijing|Beijing|chn|87.0
shanghai|Shanghai|chn|49.6
shenzhen|Shenzhen|chn|27.8
rest_of_china|Rest of China|chn|111.9
tokyo|Tokyo (Japan)|jpn|40.8
seoul|Seoul (Korea)|kor|34.4
singapore|Singapore|sgp|18.0
sydney|Sydney (Australia)|aus|21.0
rest_of_asia|Rest of Asia|xas|58.1
rest_of_world|Rest of the world|xrw|122.3
""".strip().splitlines()
]
COUNTRIES = list(dict.fromkeys(row[2] for row in HUBS))
REGIONS = (
    dict.fromkeys(("usa", "can"), "north_america")
    | dict.fromkeys(("fra", "deu", "nld", "pol", "prt", "xeu"), "eu27")
    | dict.fromkeys(("ind", "chn", "kor", "sgp", "aus", "xas"), "apac_ex_japan")
)
PLACES = [
    tuple(map(float, place.split(",")))
    for place in """
37.8,-122.4 47.6,-122.3 40.7,-74.0 42.4,-71.1 30.3,-97.7 34.0,-118.2 38.9,-77.0 36.9,-92.0 43.7,-79.4
45.5,-73.6 50.9,-102.8 51.5,-0.1 53.1,-2.0 48.9,2.3 52.5,13.4 48.1,11.6 52.4,4.9 52.2,21.0 38.7,-9.1 50.6,8.8
45.6,3.4 48.9,10.4 47.4,8.6 32.1,34.8 24.9,55.0 24.7,46.7 13.0,77.6 17.4,78.5 22.5,77.7 39.9,116.4 31.2,121.5
22.5,114.1 29.7,113.6 35.7,139.7 37.6,127.0 1.3,103.9 -33.9,151.2 13.6,109.5 25.7,-13.3
""".split()
]  # latitude, longitude, degrees
ROUTES = [
    "usa.h1b",
    "usa.h1b_exempt",
    "usa.o1",
    "usa.l1",
    "usa.opt",
    "can.gts",
    "gbr.skilled_worker",
    "deu.blue_card",
]
ROUTE_NAMES = [
    "H-1B subject to the cap (random lottery)",
    "H-1B cap-exempt",
    "O-1A",
    "L-1",
    "OPT",
    "Global Talent Stream",
    "Skilled Worker",
    "Blue Card",
]
HOMES = "usa can gbr fra deu euw eus che isr are sau ind chn twn jpn kor sgp aus".split()
HOMES += "tur ruu irn pkb eas lam afr".split()
STATUSES = "citizen permanent temporary student opt stem_opt".split()
ROLES = "research_scientist research_engineer ml_engineer ml_infrastructure_engineer applied_ai_engineer".split()
SECTORS = "frontier_lab big_tech startup sovereign_lab robotics cloud_saas traditional academia".split()
TOLD = ("name", "title", "question", "subject", "scenario", "sentences", "notices", "warnings")
TIERS = ["expert", "practitioner", "entry"]
TIER_MIX = np.array([0.05, 0.70, 0.25])


def fake_result(replicates=20, years=10, strength=1.0, seed=0, name="h1b_fee", **record):
    """A result in which a fee keeps engineers out of US hubs; ``strength`` 0 leaves both simulations equal."""
    random = np.random.default_rng(seed)
    arms = [_arm(random.spawn(1)[0], strength_of, replicates, years, seed) for strength_of in (0.0, strength)]
    arrays = {key: np.stack([arm[key] for arm in arms]) for key in arms[0]}
    return Result(dataset(arrays, _coords(replicates, years)), _record(replicates, years, name) | record)


def fake_comparison(names, replicates=20, years=10, seed=0):
    """A comparison of scenarios of growing strength on the same pairs."""
    runs = [fake_result(replicates, years, 0.5 * (k + 1), seed, name) for k, name in enumerate(names)]
    data = xr.concat(
        [
            runs[0].data.sel(arm=["baseline"]),
            *(run.data.sel(arm=["scenario"]).assign_coords(arm=[name]) for run, name in zip(runs, names, strict=True)),
        ],
        "arm",
    )
    told = {
        name: {key: run.record[key] for key in TOLD}
        | {"name": name, "title": name.replace("_", " "), "parts": name.split("+")}
        for name, run in zip(names, runs, strict=True)
    }
    return Result(data, runs[0].record | {"arms": told})


def reports(result, **figures):
    """Write the report of a result with figures given as SVG text; return its HTML and its summary in Markdown."""
    with TemporaryDirectory() as place:
        folder = Path(place, "run")  # alone in its place: a report shows the sweeps beside it
        (folder / "figures").mkdir(parents=True)
        for name, svg in figures.items():
            (folder / "figures" / f"{name}.svg").write_text(svg, encoding="utf-8")
        html = write_report(result, folder)
        return html.read_text(encoding="utf-8"), (folder / "summary.md").read_text(encoding="utf-8")


def _coords(replicates, years):
    hubs, names, countries = (list(column) for column in list(zip(*HUBS, strict=True))[:3])
    return {
        "arm": ["baseline", "scenario"],
        "replicate": np.arange(replicates),
        "time": 2026 + np.arange(years + 1),
        "year": 2026 + np.arange(years),
        "hub": hubs,
        "origin": hubs,
        "destination": hubs,
        "tier": TIERS,
        "home": HOMES,
        "route": ROUTES,
        "status": STATUSES,
        "role": ROLES,
        "sector": SECTORS,
        "sector_left": SECTORS,
        "sector_taken": SECTORS,
        "country": COUNTRIES,
        "scheme": list(SCHEMES),
        "since": list(SINCE),
        "part": list(PARTS),
        "hub_name": ("hub", names),
        "hub_country": ("hub", countries),
        "region": ("hub", [REGIONS.get(country, "other_regions") for country in countries]),
        "latitude": ("hub", [row[0] for row in PLACES]),
        "longitude": ("hub", [row[1] for row in PLACES]),
        "home_name": ("home", [home.capitalize() for home in HOMES]),
        "route_name": ("route", ROUTE_NAMES),
        "route_country": ("route", [r[:3] for r in ROUTES]),
    }


def _arm(_, strength, replicates, years, seed):
    """One simulation, year by year; the draws of a pair are the same in both simulations."""
    n = len(HUBS)
    is_us = np.array([row[2] == "usa" for row in HUBS])
    start = 1000 * np.array([float(row[3]) for row in HUBS])[:, None] * TIER_MIX
    stocks, flows, entrants, exits = [], [], [], []
    for k in range(replicates):
        random = np.random.default_rng([seed, k])  # common to both simulations
        pull = np.exp(0.35 * random.standard_normal(n) + 0.25 * (np.arange(n) < 7))
        bite = strength * random.lognormal(0, 0.4)
        reach = np.exp(0.25 * random.standard_normal((n, n)))
        stock = [start.copy()]
        for t in range(years):
            now = stock[-1]
            flow = 0.03 * now.sum(1)[:, None] * (pull * now.sum(1) / now.sum())[None, :] * reach
            flow = np.where(is_us[None, :] & ~is_us[:, None], flow * (1 - 0.35 * np.tanh(bite) * (t > 0)), flow)
            flow *= 1 + strength * 0.02 * random.standard_normal((n, n))
            np.fill_diagonal(flow, 0)
            entered, left = 0.10 * now.sum(1) * np.exp(0.02 * random.standard_normal(n)), 0.035 * now.sum(1)
            change = entered - left + flow.sum(0) - flow.sum(1)
            stock.append(now + change[:, None] * TIER_MIX)
            flows.append(flow), entrants.append(entered), exits.append(left)
        stocks.append(stock)
    arm = {
        "stock": np.array(stocks),
        "flow": np.reshape(flows, (replicates, years, n, n)),
        "entrants": np.reshape(entrants, (replicates, years, n, 1)) * TIER_MIX,
        "graduates": np.reshape(entrants, (replicates, years, n, 1)) * TIER_MIX * 0.4,
        "exits": np.reshape(exits, (replicates, years, n)),
    }
    return arm | _details(arm, strength, replicates, years, seed)


def _details(arm, strength, replicates, years, seed):
    random = np.random.default_rng([seed, 99])
    people = arm["stock"].sum(-1)
    home = random.dirichlet(np.ones(len(HOMES)), len(HUBS))
    status = random.dirichlet(np.ones(len(STATUSES)), len(HUBS))
    role = random.dirichlet(np.ones(len(ROLES)), len(HUBS))
    sector = random.dirichlet(np.ones(len(SECTORS)), len(HUBS))
    scale = np.array([60_000, 9_000, 3_600, 29_000, 64_000, 2_200, 9_100, 20_000.0])
    wanted = scale * np.exp(0.05 * random.standard_normal((replicates, years, len(ROUTES))))
    fewer = np.where(np.array(ROUTES) == "usa.h1b", 1 - 0.3 * strength, 1 + 0.02 * strength)
    applicants = wanted * fewer
    grants = np.minimum(applicants * 0.6, np.array([17_000.0] + [1e9] * 7))
    abroad = grants * np.where(np.array(ROUTES) == "usa.h1b", 0.46 - 0.36 * strength, 0.6)
    tier = np.where(strength, np.array([0.12, 0.73, 0.15]), np.array([0.07, 0.72, 0.21]))
    pooled = np.where(np.array(ROUTES) == "usa.h1b", 280_000.0, 0) + applicants
    crossings = arm["flow"].sum((-1, -2))[..., None] * TIER_MIX * 0.5
    waiting = np.concatenate([applicants[:, :1], applicants], 1) * 0.1
    before = arm["stock"][:, :-1]
    moved = people[:, :-1].sum(-1)[..., None] * status.mean(0) * 0.24
    hired = moved.sum(-1)[..., None, None] * np.outer(sector.mean(0), sector.mean(0))
    return {
        "stock_by_home": people[..., None] * home,
        "stock_by_status": people[..., None] * status,
        "stock_by_role": people[..., None] * role,
        "stock_by_sector": people[..., None] * sector,
        "stock_by_employer": arm["stock"] * np.where(np.arange(len(HUBS)) < 7, 1.02, 0.99)[:, None],
        "remote": people * 0.1,
        "promotions": before * [0.0, 0.01, 0.19],
        "hires": hired,
        "job_changes": moved,
        "tied_moves": 0.35 * arm["flow"].sum((-1, -2)),
        "tied_moves_random": 0.07 * arm["flow"].sum((-1, -2)),
        "team_completeness": np.tile(0.95 ** np.arange(years + 1), (replicates, 1)),
        "border_crossings": crossings,
        "applicants": applicants,
        "applicants_abroad": applicants * 0.6,
        "grants": grants,
        "grants_abroad": abroad,
        "lost_petitions": applicants - grants,
        "offers": np.full((replicates, years, len(COUNTRIES)), 50.0 * strength),
        "offers_taken": np.full((replicates, years, len(COUNTRIES)), 20.0 * strength),
        "grants_by_tier": grants[..., None] * tier,
        "registrations": pooled,
        "selected": np.minimum(pooled, 118_000.0),
        "backlog": waiting,
        "pay": arm["stock"] * 0 + [400.0, 200.0, 120.0],
        "net_pay": arm["stock"] * 0 + [240.0, 140.0, 90.0],
        "price_level": people * 0 + 1.0,
        "compute_per_engineer": people * 0 + 20.0,
        "stock_by_arrival": arm["stock"][..., None, None] * np.full((2, len(SINCE)), 0.02),
        **_money(people, grants, strength, replicates, years),
    }


def _money(people, grants, strength, replicates, years):
    """The public account: every engineer pays 60,000 USD of tax and uses services; a fee is paid in the USA."""
    of = np.array([[row[2] == country for country in COUNTRIES] for row in HUBS], float)
    residents = (people[:, :-1] + people[:, 1:]) / 2 @ of  # replicate, year, country
    fiscal = np.zeros((replicates, years, len(COUNTRIES), len(PARTS)))
    fiscal[..., PARTS.index("tax")] = -0.060 * residents
    fiscal[..., PARTS.index("services")] = 0.012 * residents
    fee = np.zeros_like(fiscal)
    fee[:, :, COUNTRIES.index("usa"), PARTS.index("fees")] = -0.1 * strength * grants.mean() / 100
    return {"fiscal": fiscal + fee, "given": fee, "windfall": 1.5 * fee}


def _record(replicates, years, name):
    assumptions = records(override({"b_pay": 1.5, "considering_rate": {"central": 0.15}}))
    return {
        "format": 1,
        "name": name,
        "title": "US $100,000 H-1B fee",
        "question": "Who loses and who gains if new petitions from abroad cost $100,000?",
        "subject": "usa",
        "scenario": 'title = "US $100,000 H-1B fee"\n',
        "baseline": 'title = "Baseline"\n',
        "sentences": [
            "United States, H-1B: special fee (for petitions whose beneficiary lives abroad) 0 -> 100,000 "
            "USD, from 21 September 2025 on (begun before the run starts in January 2026). "
            "Source: Presidential Proclamation 10973.",
        ],
        "notices": ["the policy began before the run (October 2025): it is in force from January 2026"],
        "warnings": [],
        "weight": 19.0,
        "population": 100_000,
        "replicates": replicates,
        "refused_draws": 1,
        "years": years,
        "start": 2026,
        "seed": 0,
        "uncertainty": "all",
        "assumptions": assumptions,
        "draws": {"b_compute": [0.05] * replicates},
        "versions": {"talentflow": "0.1.0"},
        "digests": {"code": "0" * 64},
        "timings": {"run": 12.3},
        "published": [
            {
                "hub": "sf_bay_area",
                "value": -4.3,
                "unit": "percent of stock",
                "period": "H1 2026 year on year",
                "meaning": "net migration of AI engineers as a share of the hub's stock",
                "source": "an index",
                "grade": "C",
            },
        ],
        "legal": [
            "H-1B selection is random (rule of mid-2025) and no special fee is charged",
            "the FY2027 weighted selection is not in force",
        ],
    }
