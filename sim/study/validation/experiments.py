"""Experiments behind the gates: moves, stays, taxes, visas, jobs, and data that the model has not seen."""

import numpy as np

from sim.model import lottery, rng
from sim.model.labour import job_lock
from sim.results.measures import measure
from sim.scenario.assumptions import shipped_fit
from sim.study.backcast import backcast, corridor_rank
from sim.study.corridors import diaspora_over_next
from sim.world.categories import SECTORS, TIERS
from sim.world.engineers import CITIZEN, TEMPORARY, tier_of
from sim.world.tables import read

# --- Net migration beside that of LinkedIn members with AI skills (World Bank Group and LinkedIn) ---


EXPERT, PRACTITIONER = TIERS.index("expert"), TIERS.index("practitioner")
SKILL_YEARS = (2015, 2016, 2017)  # of the LinkedIn data
MOVE_YEARS, STAY_YEARS, VISA_YEARS = 5, 5, 3  # over which moves, stays and visa effects are measured
COHORTS = 5  # arrivals of so many years are followed


def published_skill_rates() -> dict:
    """Return country -> net migration of LinkedIn members with AI skills, percent a year, mean of 2015 to 2017."""
    return {
        row["economy"]: np.mean([float(row[f"net_{year}"]) for year in SKILL_YEARS]) / 100
        for row in read("ai_skill_migration")
    }


def rank_with_skill_rates(result) -> tuple:
    """Return the rank correlation (g28) of the baseline's net rates with LinkedIn's, over the shared countries.

    Parameters
    ----------
    result : Result whose baseline is compared, mean over pairs and years

    Returns
    -------
    (float, list of countries)
    """
    from scipy.stats import spearmanr

    published = published_skill_rates()
    countries = [c for c in np.unique(result.data.hub_country.values).tolist() if c in published]
    years = result.data.year.values
    ours = [np.mean([_net_rate(result, country, year) for year in years]) for country in countries]
    return float(spearmanr(ours, [published[country] for country in countries])[0]), countries


def _net_rate(result, country, year) -> float:
    """Return the net migration rate of a country in a year."""
    return float(measure(result, f"net_rate:{country}@{year}").sel(arm="baseline").mean())


# --- Headline effects without returns to size (g23) -------------------------------------------------


HEADLINES = {  # scenario -> the share whose effect is its headline
    "h1b_fee": "share:usa",
    "eu_fast_track": "share:eu27",
    "newcomer_tax": "share:deu",
    "us_tax_up": "share:usa",
    "gulf_compute": "share:are",
}


def signs_without_size(trial) -> dict:
    """Count headline effects whose sign changes without returns to size; NaN if no constants fit."""
    alone = trial.under("no_agglomeration")
    if alone is None:
        return {"g23": float("nan")}
    # the same effects with and without returns to size
    as_it_is, without = effects(trial), effects(alone)
    gates = {"g23": float(np.sum(np.sign(as_it_is) != np.sign(without)))}
    shown = zip(HEADLINES, 100 * as_it_is, 100 * without, strict=True)
    return gates | {
        f"g23: {name}{what}, points": effect
        for name, *pair in shown
        for what, effect in zip(("", " at 0"), pair, strict=True)
    }


def effects(trial) -> np.ndarray:
    """Return the (scenario,) effect of each on its headline share at the end of the run."""
    plain = trial.run("baseline")
    return np.array([trial.run(name).measure(query) - plain.measure(query) for name, query in HEADLINES.items()])


# --- Scholars' corridors, the backcast, and LinkedIn's net rates (g24, g27, g28) --------------------


def corridor_terms() -> dict:
    """Return the loss of fit of the corridors without compatriots over the next largest loss (g24)."""
    return {"g24": diaspora_over_next(read("corridor_kernel"))}


def scholars_predicted() -> dict:
    """Return the rank correlation of simulated and observed corridor flows in held-back years (g27)."""
    return {"g27": corridor_rank(backcast())}


def skill_rates(trial) -> dict:
    """Return the rank correlation of the baseline's net rates with LinkedIn's of people with AI skills (g28)."""
    return {"g28": rank_with_skill_rates(trial.baseline.result)[0]}


# --- Jobs and headcounts (g20, g22, g26) ------------------------------------------------------------


QUEUED = ("ind", "chn")  # origins with a queue for permanent residence in the USA
REGIONS = ("north_america", "eu27", "apac_ex_japan")
BOOM_YEARS = 3  # 2026 to 2028
LAB = SECTORS.index("frontier_lab")


def job_changes(trial) -> dict:
    """Compare job changes of citizens and others, mean of three years, and separations from labs (g20, g22)."""
    history, years = trial.baseline, BOOM_YEARS
    # changes over engineer-years, by status
    stock = history.written["stock_by_status"][:years].sum(axis=(0, 1))
    rate = history.written["job_changes"][:years].sum(axis=0) / stock
    labs = history.written["stock_by_sector"][0, :, LAB].sum()
    left = history.written["hires"][0, LAB].sum()
    return {
        "g20a": 100 * rate[CITIZEN],
        "g20b": rate[TEMPORARY] / rate[CITIZEN],
        "g20c": 100 * queue_effect(trial),
        "g22": 100 * left / labs,
    }


def queue_effect(trial) -> float:
    """Return the change of job changes of temporary residents in the USA from ``QUEUED`` against all others."""
    setting, us = trial.setting, trial.setting.countries.index("usa")
    # what keeps temporary residents in their jobs, by home, weighted by how many there are
    lock = job_lock(setting, trial.a)[us]
    here = setting.country == us
    weight = trial.baseline.counts[0, here][:, :, :, TEMPORARY].sum(axis=(0, 2))
    queued = np.isin(setting.homes, QUEUED)
    mean = lambda who: np.average(lock[who], weights=weight[who])  # noqa: E731
    return float(mean(queued) / mean(~queued) - 1)


def growth(trial) -> dict:
    """Return the growth of the headcount, in %: regions in the first year, the world a year to 2028 (g26)."""
    history, first = trial.baseline, trial.plan.start
    change = lambda place, year: history.measure(f"stock:{place}@{year}")  # noqa: E731
    gates = {f"g26_{place}": 100 * (change(place, first + 1) / change(place, first) - 1) for place in REGIONS}
    # the world's growth over the years of the boom, per year
    world = history.written["stock"].sum(axis=(1, 2))
    return gates | {"g26_world": 100 * ((world[BOOM_YEARS] / world[0]) ** (1 / BOOM_YEARS) - 1)}


# --- Moves in the baseline (g06, g07, g10 to g12, g21, g25) -----------------------------------------


NET_OF = ("are", "deu", "usa", "ind", "kor", "isr")
INDEX_HUBS = ("sf_bay_area", "paris", "abu_dhabi_dubai", "tokyo", "seattle", "bengaluru")


def crossings(trial) -> dict:
    """Count borders crossed in the first year, and the people who crossed one in five years (g06, g07)."""
    history = trial.baseline
    # borders crossed in the first year, over the stock by tier
    crossed, stock = history.written["border_crossings"][0], history.written["stock"][0].sum(axis=0)
    return {
        "g06a": 100 * crossed[EXPERT] / stock[EXPERT],
        "g06b": 100 * crossed[1:].sum() / stock[1:].sum(),
        "g07": 100 * crossed_a_border(history.people[: MOVE_YEARS + 1], history.setting.country),
    }


def crossed_a_border(people, country) -> float:
    """Return the share of experts, engineers from the first to the last 1 January, who lived in several countries.

    Parameters
    ----------
    people : list of People, one a 1 January
    country : (hub,) country of each hub
    """
    first = len(people[0].hub)
    hubs = np.stack([now.hub[:first] for now in people])
    # experts who are engineers at both ends of the years
    there = (hubs[0] >= 0) & (hubs[-1] >= 0) & (tier_of(people[0].category) == EXPERT)
    lived = country[hubs[:, there]]
    return float((lived != lived[0]).any(axis=0).mean())


def directions(trial) -> dict:
    """Return net flows and the USA's share of arrivals in the first year, and of experts after five (g10 to g12)."""
    history = trial.baseline
    first, later = history.start, history.start + MOVE_YEARS
    gates = {f"g11_{place}": history.measure(f"net_migration:{place}@{first}") for place in NET_OF}
    gates["g11_ind: Bengaluru alone"] = history.measure(f"net_migration:bengaluru@{first}")
    # the US share of experts at the start and five years later
    shares = [history.measure(f"share:usa,tier=expert@{year}") for year in (first, later)]
    return gates | {"g10": 100 * (shares[1] - shares[0]), "g12": 100 * history.measure(f"arrival_share:usa@{first}")}


def colleagues(trial) -> dict:
    """Return moves to a former colleague's hub, and their ratio to random moves (g21), mean of five years."""
    history = trial.baseline
    years = range(history.start, history.start + MOVE_YEARS)
    share, over_random = (
        np.mean([history.measure(f"{name}@{year}") for year in years]) for name in ("tied_moves", "tied_ratio")
    )
    return {"g21a": 100 * share, "g21b": over_random}


def published_index(trial) -> dict:
    """Compare net migration rates of the first year with those under the industry index alone (g25)."""
    rates, alone = _net_rates(trial), trial.under("industry_index")
    beside = _net_rates(alone) if alone else dict.fromkeys(rates, float("nan"))
    return rates | {f"{gate}: at boom_weight 1": value for gate, value in beside.items()}


def _net_rates(trial) -> dict:
    history = trial.run("baseline", 1)
    return {f"g25_{hub}": 100 * history.measure(f"net_rate:{hub}@{history.start}") for hub in INDEX_HUBS}


# --- Places of residence and stays (g08, g09, g13) --------------------------------------------------


MIGRANTS = ("usa", "che", "gbr", "jpn")


def five_year_stays(trial) -> dict:
    """Return the per cent of experts trained in the USA as temporary residents who are there after five years (g08)."""
    history = trial.baseline
    # people at the start and five years later, of several starting years
    pairs = [(history.people[t], history.people[t + STAY_YEARS]) for t in range(COHORTS)]
    at = history.setting.homes.index
    stay = lambda *homes: 100 * stayed(pairs, history.setting, "usa", [at(home) for home in homes])  # noqa: E731
    return {
        "g08a": stay("chn"),
        "g08b": stay("ind"),
        "g08c": stay(*history.setting.homes),
        "g08d": stay("chn") - stay("kor", "jpn", "twn"),
    }


def stayed(pairs, setting, country, homes) -> float:
    """Return the share of experts trained in a country, there on a temporary permit, who live there years later.

    Parameters
    ----------
    pairs : list of (People, People), at the start and the end of each cohort's years
    setting : Setting
    country : name
    homes : positions of the homes counted

    Returns
    -------
    share of those still engineers at the end; nan where there are none
    """
    place, there, still = setting.countries.index(country), 0, 0
    for before, after in pairs:
        # those still engineers at the end, by the hub of the same slot; -1 is nowhere
        end = after.hub[: len(before.hub)]
        counted = (before.hub >= 0) & (end >= 0) & (setting.country[before.hub] == place)
        counted &= (before.status >= TEMPORARY) & (before.trained_in == place) & np.isin(before.home, homes)
        counted &= tier_of(before.category) == EXPERT
        there += counted.sum()
        still += (setting.country[end[counted]] == place).sum()
    return float(still / there) if there else float("nan")


def starting_state(trial) -> dict:
    """Return where experts work at the start, and the migrants among engineers, in % (g09, g13)."""
    history, setting = trial.baseline, trial.setting
    # experts by hub and home, on the first 1 January
    experts = history.counts[0, :, :, EXPERT].sum(axis=-1)  # hub, home
    part = lambda country: 100 * experts[history.within(country)].sum() / experts.sum()  # noqa: E731
    abroad = 100 * (experts * (1 - setting.home_share.T)).sum() / experts.sum()
    gain = {f"g13_{place}": 100 * history.measure(f"gain:{place}@{history.start}") for place in MIGRANTS}
    return {"g09a": part("usa"), "g09b": part("chn"), "g09c": abroad} | gain


# --- Taxes (g01 to g05): stocks and inflows when net pay changes in one country ---------------------


COUNTRIES = ("usa", "can", "gbr", "deu", "sgp")  # at least 15 % foreign experts, and enough of them to count
RELIEF_COUNTRY, RELIEF_YEARS = "deu", 5


def net_of_tax(trial) -> dict:
    """Return elasticities of stocks to the net-of-tax rate, means over countries (g01, g02, g03, g05)."""
    answers = np.array([_answers(trial, country) for country in COUNTRIES])
    foreign, domestic, top, first_year = answers.mean(axis=0)
    return {
        "g01": foreign,
        "g02a": domestic,
        "g03": top,
        "g05": ratio(first_year, foreign),
    }


def _answers(trial, country) -> list:
    """Return a country's elasticities: foreign, domestic and all top earners at the end, foreign experts in a year."""
    plain, shocked = trial.baseline, trial.run(f"validate/net_of_tax_{country}")
    # the change of what people keep of their pay
    shock = np.log(_kept(shocked, country) / _kept(plain, country))
    (foreign, domestic, top), (foreign_now, domestic_now, top_now) = _stocks(plain, country), _stocks(shocked, country)
    # log change of each stock over the log change of net pay
    last = plain.years
    responses = (
        (foreign, foreign_now, last),
        (domestic, domestic_now, last),
        (top, top_now, last),
        (foreign, foreign_now, 1),
    )
    return [float(np.log(ratio(now[t], before[t])) / shock) for before, now, t in responses]


def _stocks(history, country) -> tuple:
    """Return foreign experts, domestic experts, and experts and practitioners together, (time,) each."""
    # people of the country by time, home and tier
    here = history.counts[:, history.within(country)].sum(axis=(1, 4))  # time, home, tier
    own = history.setting.homes.index(country)
    experts = here[..., EXPERT]
    return experts.sum(axis=1) - experts[:, own], experts[:, own], here[..., [EXPERT, PRACTITIONER]].sum(axis=(1, 2))


def _kept(history, country) -> float:
    """Return the share of gross pay that the country's experts keep, mean over roles, on the first 1 January."""
    here, (net, gross) = history.within(country), (history.written[name][0, :, EXPERT] for name in ("net_pay", "pay"))
    # weighted by the experts of each hub
    weight = history.written["stock"][0, here, EXPERT]
    return (net[here] * weight).sum() / (gross[here] * weight).sum()


def newcomer_relief(trial) -> dict:
    """Return the stock of eligible people, and that of the others (g04)."""
    plain = trial.baseline
    relieved = trial.run("validate/newcomer_relief", RELIEF_YEARS, people=True)
    years = relieved.rules["newcomer_years"][plain.setting.countries.index(RELIEF_COUNTRY)]
    # people whom the relief covers, and all others, without and with it
    stock, others = np.transpose([_eligible(history, int(years)) for history in (plain, relieved)])
    return {
        "g04b": ratio(stock[1], stock[0]),
        "g04c": 100 * (ratio(others[1], others[0]) - 1),
    }


def _eligible(history, years) -> tuple:
    """Return the stocks with and without relief at the end of the years that are looked at."""
    last = history.start + RELIEF_YEARS
    # foreigners who came within the length of the relief
    relieved = _foreigners(history, RELIEF_YEARS, last - years).sum()
    people = history.people[RELIEF_YEARS]
    others = _living(history, people) & ~_foreigners(history, RELIEF_YEARS, history.start)
    return relieved, others.sum()


def _foreigners(history, t, since) -> np.ndarray:
    """Return (slot,) bool: foreign top earners who came to live there in the year ``since`` or later."""
    people = history.people[t]
    own = history.setting.homes.index(RELIEF_COUNTRY)
    return _living(history, people) & (people.home != own) & (people.arrival_year >= since)


def _living(history, people) -> np.ndarray:
    top = np.isin(tier_of(people.category), (EXPERT, PRACTITIONER))
    return top & (people.hub >= 0) & history.within(RELIEF_COUNTRY)[people.hub]


def ratio(a, b) -> float:
    """Return ``a / b``; NaN where b is not positive."""
    return float(a / b) if b > 0 else float("nan")


# --- Visas (g14 to g19): lotteries, the fee, lost permits, a fast track, a closed border ------------


H1B = "usa.h1b"
WEIGHTED_SELECTION = "h1b_weighted_lottery"
OFFERED = "can.h1b_holders_2023"  # an open permit for people who hold an H-1B permit
OFFERED_AT, MOVED_BY = 1, 2  # the first 1 January with the offer, and the one a year later
FAST = ("deu", "fra", "nld", "pol", "prt", "xeu")  # countries of eu_fast_track
CLOSED, SINCE, UNTIL = "usa", 1, 5  # from the second 1 January on; looked at on the sixth


def office_odds(trial) -> dict:
    """Return the odds of the H-1B by year, in %, at the published registrations and one petition yield (g14)."""
    return {
        f"g14_{row['fy']}": 100 * _drawn(trial, int(row["eligible"]), False, int(row["fy"]))[1].mean()
        for row in read("registrations")
    }


def weighted_lottery(trial) -> dict:
    """Return the odds of wage level IV over level I at two numbers of registrations, and the winners (g15)."""
    # the published number of registrations, and half of them
    registered = int(read("registrations")[-1]["eligible"])
    (level, selected), rarer = (_drawn(trial, count, True) for count in (registered, registered // 2))
    now, twice = (_four_over_one(*draw) for draw in ((level, selected), rarer))
    return {"g15a": now, "g15b": now - twice, "g15c": 100 * (level[selected] == 0).mean()}


def _drawn(trial, registered, weighted, year=2026) -> tuple:
    """Return the wage levels (0 to 3) of ``registered`` registrations, and which of them are selected."""
    # the H-1B lottery alone: registrations with wage levels, drawn for the places of a year
    pool = next(pool for pool in trial.common_past.visas.pools if pool.name == H1B)
    seed, people = trial.common_past.seed, np.arange(registered)
    u = lambda question: rng.uniform(rng.key(seed, f"office alone {question}", year), people)  # noqa: E731
    level = np.searchsorted(np.cumsum(pool.level)[:-1], u("level"))
    places = lottery.places(pool, pool.cap, trial.a.petition_yield, 1.0, seed, year)
    return level, lottery.draw(lottery.clocks(u("clock"), level, weighted), u("master") < pool.master, *places)


def _four_over_one(level, selected) -> float:
    return selected[level == 3].mean() / selected[level == 0].mean()


def fee(trial) -> dict:
    """Return the exposure to the fee, the payments, and the fall of registrations as rules stood in 2026 (g16)."""
    plain, charged, lawful = trial.baseline, trial.run("h1b_fee"), trial.run(f"h1b_fee+{WEIGHTED_SELECTION}", 2)
    # grants in all, those to people abroad, and those to people abroad under the fee
    grants, abroad = (_routes(plain, name, [H1B])[:VISA_YEARS].sum() for name in ("grants", "grants_abroad"))
    paid = _routes(charged, "grants_abroad", [H1B])[:VISA_YEARS].sum()
    registered = [_routes(arm, "registrations", [H1B])[0] for arm in (plain, lawful)]
    return {
        "g16a": 100 * ratio(abroad, grants),
        "g16b": 100 * ratio(paid, abroad),
        "g16c": 100 * (1 - ratio(registered[1], registered[0])),
    }


def approval(trial) -> dict:
    """Return the jobs opened abroad in the first year for each H-1B permit lost to a lower approval rate (g17)."""
    plain, refused = trial.run("baseline", 1), trial.run("validate/h1b_approval", 1)
    routes = [H1B, "usa.h1b_exempt"]
    # permits that a lower approval rate costs, and the affiliate jobs that open abroad instead
    lost = _routes(plain, "grants", routes)[0] - _routes(refused, "grants", routes)[0]
    return {"g17a": ratio(refused.jobs_abroad[0] - plain.jobs_abroad[0], lost)}


def open_permit(trial) -> dict:
    """Return the movers of the first year among people who took Canada's open permit (g18a)."""
    offered, place = trial.run("canada_open_permit", MOVED_BY, people=True), "can"
    route = [row["route"] for row in trial.setting.routes].index(OFFERED)
    # agents who took the permit, and those of them who live in Canada a year later
    taken = offered.written["grants"][OFFERED_AT, route] / trial.world.weight
    people = offered.people[MOVED_BY]
    moved = (people.hub >= 0) & (people.route == route) & offered.within(place)[people.hub]
    return {"g18a": 100 * ratio(moved.sum(), taken), "g18a: took it, persons": taken * trial.world.weight}


def fast_track(trial) -> dict:
    """Return the additional share of grants under the fast track (g18b), three years."""
    plain, fast = trial.baseline, trial.run("eu_fast_track")
    routes = [row["route"] for row in trial.setting.routes if row["country"] in FAST]
    years = slice(1, 1 + VISA_YEARS)  # it begins in the second year
    before, grants = (_routes(arm, "grants_abroad", routes)[years].sum() for arm in (plain, fast))
    return {"g18b": 100 * ratio(grants - before, grants)}


def _routes(history, variable, routes) -> np.ndarray:
    """Return a (year,) count of the visa system, summed over some routes."""
    names = [row["route"] for row in history.setting.routes]
    return history.written[variable][:, [names.index(route) for route in routes]].sum(axis=1)


def closed_border(trial) -> dict:
    """Return the fall of exits of residents when nobody may move in, in % (g19)."""
    arms = trial.baseline, trial.run("validate/closed_to_newcomers", UNTIL, people=True)
    left = [exits(arm.people[SINCE], arm.people[UNTIL], arm.within(CLOSED)) for arm in arms]
    return {"g19a": 100 * (1 - ratio(left[1], left[0]))}


LEFT_BY = ("deu", "nld", "fra", "usa")


def leavers(trial) -> dict:
    """Return the per cent of foreigners who left the country within five years of their arrival (g31)."""
    history = trial.baseline
    return {f"g31_{country}": 100 * _left(history, country) for country in LEFT_BY}


def _left(history, country) -> float:
    """Return the share of the arrivals of ``COHORTS`` years, still engineers, who live elsewhere five years later."""
    inside, homely = history.within(country), history.setting.home_share > 0  # home, hub
    came = stayed_on = 0
    for t in range(1, COHORTS + 1):
        before, after = history.people[t], history.people[t + STAY_YEARS]
        # arrivals of the year who are foreign to the country and still engineers five years later
        end = after.hub[: len(before.hub)]
        counted = (before.hub >= 0) & (end >= 0) & inside[before.hub] & ~homely[before.home, before.hub]
        counted &= before.arrival_year == history.start + t - 1
        came += counted.sum()
        stayed_on += inside[end[counted]].sum()
    return 1 - ratio(stayed_on, came)


def entry_halved(trial) -> dict:
    """Return the fall of the expert stock when half as many beginners are hired for good (g32)."""
    plain, halved = trial.baseline, trial.run("validate/entry_halved")
    experts = [arm.written["stock"][-1, :, EXPERT].sum() for arm in (plain, halved)]
    return {"g32": 100 * (1 - ratio(experts[1], experts[0]))}


PUSH, PUSHED = "gulf_compute", "are"


def compute_push(trial) -> dict:
    """Return what a push of compute does to the engineers of the Emirates, split into jobs and taste (g30)."""
    whole = _push(trial)
    # the same push when nobody has a taste for compute: what is left is the jobs
    jobs = trial.under("no_taste_for_compute")
    gates = {"g30": whole, "g30: by jobs alone": _push(jobs) if jobs else float("nan")}
    return gates | {"g30: by taste": whole - gates["g30: by jobs alone"]}


def _push(trial) -> float:
    """Return the effect of the push on the stock at the end, per cent."""
    place = f"stock:{PUSHED}@{trial.plan.start + trial.plan.years}"
    return 100 * (ratio(trial.run(PUSH).measure(place), trial.run("baseline").measure(place)) - 1)


def families_left_out() -> dict:
    """Return the per cent of families of experiments that hold when left out of the shipped fit (g29)."""
    rows = shipped_fit().get("families")
    if not rows:
        return {"g29": float("nan")}
    share = lambda key: 100 * float(np.mean([bool(row[key]) for row in rows]))  # noqa: E731
    return {"g29": share("held"), "g29: at d = 0": share("held0")}


def exits(before, after, inside) -> float:
    """Return the share of a place's temporary residents, still engineers, who live outside it later.

    Parameters
    ----------
    before, after : People
    inside : (hub,) bool
    """
    # temporary residents of the place who are still engineers at the end
    later = after.hub[: len(before.hub)]
    counted = (before.hub >= 0) & (later >= 0) & inside[before.hub] & (before.status >= TEMPORARY)
    return float((~inside[later[counted]]).mean()) if counted.any() else float("nan")
