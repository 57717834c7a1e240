"""The public account of a run: what the rules of each arm cost the public, part by part.

The account of a country and year, in million USD of 2026: outlays, less fees, less the taxes of its resident engineers
after relief, plus the public services that they use. It covers AI engineers alone: a general tax cut also reaches
everybody else. Rules are those of the months of the year; stocks are means of the two Januaries around it.
"""

from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sim.model import equations as eq
from sim.model.labour import at_least, pay_level, separation_rates, tax_points
from sim.model.market import GUARANTEED, compute_per_engineer, pushed, skill_pay
from sim.model.routes import routes_of
from sim.model.supply import ACADEMIA
from sim.months import january
from sim.results.schema import MONEY, PARTS, SINCE
from sim.scenario.past import changes_since, rules_of_year
from sim.scenario.stack import change_months, rules_at, rules_on_arrival
from sim.world.past import setting_of

PRICES = 2026  # the year of all unit costs


class Rules(NamedTuple):
    """Rules of an arm over a run: those of every January, and the stretches of months between two changes."""

    january: list  # of dicts, field -> array, one a January
    stretches: list  # of (rules, (year,) share of the year's months)
    relief: list  # one a stretch, of (scheme, country, time, since) shares of tax that reliefs take away


def rules_of(policies, start, years) -> Rules:
    """Return the :class:`Rules` of some policies over the years of a run."""
    baseline, first, end = rules_of_year(start), january(start), january(start + years)
    policies = (*changes_since(start), *policies)
    edges = [*sorted({first, *change_months(policies, first, end)}), end]
    begins = 12 * np.arange(years) + first
    stretches = []
    for a, b in pairwise(edges):
        months = np.clip(np.minimum(b, begins + 12) - np.maximum(a, begins), 0, 12)
        stretches.append((rules_at(a, policies, baseline), months / 12))
    arrival = {
        year: rules_on_arrival(year, start, policies, baseline) for year in range(start - SINCE[-1], start + years + 1)
    }
    relief = [
        np.stack([_relief(now, arrival, scheme, start, years + 1) for scheme in ("newcomer", "returnee")])
        for now, _ in stretches
    ]
    return Rules([rules_at(january(start + t), policies, baseline) for t in range(years + 1)], stretches, relief)


def account(setting, a, arrays, own, rules, start) -> np.ndarray:
    """Return the public account of one arm under some rules: (year, country, part) million USD of 2026.

    Parameters
    ----------
    setting : Setting
    a : Assumptions, with the unit costs of the pair
    arrays : dict of variable -> array of one arm, as the recorder makes them
    own : Rules that the arm ran under
    rules : Rules that the account is drawn up by: ``own``, or others for what they would cost the same people
    start : first year
    """
    s = setting
    years = len(arrays["flow"])
    out = np.zeros((years, len(s.countries), len(PARTS)))
    route_country = np.array([s.countries.index(row["country"]) for row in s.routes])
    by_hub, by_route = (partial(_sums, where=where, count=len(s.countries)) for where in (s.country, route_country))
    # pay that is taxed, (hub, time, tier) kUSD of 2026: cash and liquid equity
    taxed = (s.pay[..., :3].sum(-1) / s.pay.sum(-1))[:, None] * _gross(s, a, arrays, own, rules)
    stock = np.moveaxis(arrays["stock"], 0, 1)  # hub, time, tier
    arrived = np.moveaxis(arrays["stock_by_arrival"], 0, 1)  # hub, time, tier, scheme, since
    decided, exposed = _decided(s, arrays, own)
    mean = lambda x: (x[:, :-1] + x[:, 1:]) / 2  # noqa: E731  of two Januaries; second axis
    turnover = separation_rates(s, a)
    unit = a.compute_unit_cost * (1 - a.compute_cost_fall) ** (start + np.arange(years) - PRICES) / 1e6

    for (now, months), relief in zip(rules.stretches, rules.relief, strict=True):
        rate = eq.effective_tax(taxed, s.tax_gross, s.tax_rate, tax_points(s, now))
        head = taxed * rate / 1000  # MUSD a person
        part = dict.fromkeys(PARTS, np.zeros(out.shape[:2]))
        part["tax"] = -by_hub(mean((stock * head).sum(-1)).T)
        for k, scheme in enumerate(("newcomer", "returnee")):
            relieved = np.einsum("htks,hts->htk", arrived[:, :, :, k], relief[k][s.country])
            part[f"{scheme}_relief"] = by_hub(mean((relieved * head).sum(-1)).T)
        # allowances every year, and one payment to people who move in, less the tax on it
        residents = mean(stock.sum(-1)).T  # year, hub
        inflow = arrays["flow"].sum(1) * now["sign_on_kusd"] / 1000  # year, hub
        paid_tax = mean((stock * head).sum(-1)) / np.maximum(mean((stock * taxed).sum(-1)) / 1000, 1e-12)
        part["allowances"] = by_hub(residents * now["allowance_kusd"] / 1000 + inflow)
        part["tax"] = part["tax"] - by_hub(inflow * paid_tax.T)
        part["services"] = by_hub(residents) * a.public_services / 1000
        # permits: fees are revenue, and cases cost work
        fees = decided * now["route_fee_usd"] + exposed * now["route_special_fee_usd"]
        part["fees"] = -by_route(fees) / 1e6
        part["administration"] = by_route(decided) * a.case_cost / 1000
        part["compute"] = _compute(s, a, arrays, now, start, months) * unit[:, None]
        # posts of sovereign labs and academia that funded openings have filled
        times = now["hub_sector_openings"].reshape(s.sector_share.shape)
        funded = np.where(GUARANTEED, (times - 1) / np.maximum(times, 1), 0.0) * turnover  # hub, sector
        staff = mean(np.moveaxis(arrays["stock_by_sector"], 0, 1))  # hub, year, sector
        part["jobs"] = by_hub(np.einsum("hyk,hk->yh", staff, funded)) * a.funded_post
        # doctoral places of the hubs, which share those of their country by their engineers at the start
        doctors = (s.graduates * s.phd_share / np.bincount(s.country, s.stock, len(s.countries)))[s.country] * s.stock
        places = (now["phds"][s.country] * now["hub_phds"] - 1) * doctors
        part["research"] = np.bincount(s.country, places, len(s.countries)) * a.doctoral_place / 1000
        # academic posts of new doctors whose first job a policy moves into academia, or out of it
        odds, share = now["doctors_in_academia"][s.country], s.sector_share[:, ACADEMIA]
        posts = np.where(odds == 1, 0.0, eq.academic_share(share, odds) - share) * doctors
        part["jobs"] = part["jobs"] + np.bincount(s.country, posts, len(s.countries)) * a.funded_post
        for k, name in enumerate(PARTS):
            out[:, :, k] += months[:, None] * part[name]
    return out


def _sums(x, where, count) -> np.ndarray:
    """Return (year, country) the sums of ``x`` (year, column); ``where`` names each column's country.

    Each sum adds the columns of its own year in their order: a longer run begins with the bytes of a shorter one.
    """
    cell = count * np.arange(len(x))[:, None] + where
    return np.bincount(cell.ravel(), np.ravel(x), count * len(x)).reshape(len(x), count)


def _relief(now, arrival, scheme, start, times) -> np.ndarray:
    """Return (country, time, since) the share of tax that a scheme takes away, by years since arrival.

    People who came under other rules keep those where the scheme is grandfathered.
    """
    names, keeps = (f"{scheme}_relief", f"{scheme}_years"), now[f"{scheme}_grandfathered"] > 0
    # by year of arrival, from the longest before the start to the last; (time, since) come in one of them
    came = range(start - SINCE[-1], start + times)
    under = (np.array([np.where(keeps, arrival[year][name], now[name]) for year in came]) for name in names)
    arrived = np.arange(times)[:, None] + SINCE[-1] - np.array(SINCE)
    relief, years = (each[arrived] for each in under)
    # whoever comes now is under the rules of now
    relief[:, 0], years[:, 0] = (now[name] for name in names)
    return np.moveaxis(relief * (np.array(SINCE)[:, None] < years.astype(int)), -1, 0)


def _gross(s, a, arrays, own, rules) -> np.ndarray:
    """Return (hub, time, tier) kUSD of 2026 the gross pay of an arm, as it would be under ``rules``."""
    t = np.arange(len(arrays["pay"]))
    gross = arrays["pay"] / np.exp(a.pay_growth * t)[:, None, None]
    if rules is not own:
        for k, (mine, other) in enumerate(zip(own.january, rules.january, strict=True)):
            factor = _pay_factor(s, a, other) / _pay_factor(s, a, mine)
            bare = gross[k] - mine["allowance_kusd"][:, None]
            gross[k] = np.maximum(bare * factor + other["allowance_kusd"][:, None], 1.0)
    return np.moveaxis(gross, 0, 1)


def _pay_factor(s, a, rules) -> np.ndarray:
    """Return (hub, tier) what policies on pay multiply mean pay by."""
    by_role = s.role_share @ (s.role_pay * skill_pay(s, a, rules)).T
    return by_role * (rules["pay_multiplier"] * pay_level(s, a, rules))[:, None]


def _decided(s, arrays, own) -> tuple[np.ndarray, np.ndarray]:
    """Return (year, route) cases that were decided, and those of them that are exposed to a special fee."""
    approval = sum(months[:, None] * now["route_approval_rate"] for now, months in own.stretches)
    per_grant = np.where(approval > 0, 1 / np.maximum(approval, 1e-9), 0.0)
    exposed = np.where(routes_of(s).exposed_abroad_only, arrays["grants_abroad"], arrays["grants"])
    return arrays["grants"] * per_grant, exposed * per_grant


def _compute(s, a, arrays, now, start, months) -> np.ndarray:
    """Return (year, country) H100-equivalents that the public pays for, in the years that ``months`` touches."""
    hubs, out = len(s.hubs), np.zeros((len(months), len(s.countries)))
    # the public pays a share of what a policy builds in hubs, and all that it builds for a country
    built = a.compute_public_share * np.bincount(s.country, now["compute_h100e"], len(s.countries))
    out += built + now["country_compute_h100e"]
    # a multiplied fleet, and a guarantee for engineers, cost what they add in that year
    more = np.maximum(now["compute_multiplier"] - 1, 0.0)
    guarantee, personal = (
        now["compute_guarantee"],
        [now[f"compute_guarantee_{group}"] for group in ("tier", "newcomer")],
    )
    promised = guarantee.any() or any(each.any() for each in personal)
    for y in np.flatnonzero(months) if more.any() or promised else ():
        fleet = s.h100e * np.exp(a.fleet_growth * y) + pushed(s, a, now, start + y)
        out[y] += np.bincount(s.country, a.compute_public_share * more * fleet, len(s.countries))
        if promised:
            staff = np.maximum(arrays["stock_by_sector"][y], 1.0)  # hub, sector
            without = now | {"compute_guarantee": np.zeros_like(guarantee)}
            size = (staff.sum(1), staff)
            with_, bare = (compute_per_engineer(s, a, r, size, start + y, start)[1] for r in (now, without))
            assert with_.shape == (hubs, staff.shape[1])
            out[y] += np.bincount(s.country, ((with_ - bare) * staff).sum(1), len(s.countries))
            # a tier's own guarantee tops up what its engineers have in their sectors, which are those of the hub, and
            # that of newcomers tops up theirs
            within = np.array(SINCE) < np.floor(now["compute_guarantee_years"])[:, None]  # hub, since
            new = np.einsum("htks,hs->ht", arrays["stock_by_arrival"][y], within)
            least = [with_, at_least(now, with_), at_least(now, with_, newcomers=True)]
            for (before, after), people in zip(pairwise(least), (arrays["stock"][y], new), strict=True):
                missing = ((after - before) * (staff / size[0][:, None])).sum(-1)  # tier, hub
                out[y] += np.bincount(s.country, (missing.T * people).sum(1), len(s.countries))
    return out


STANDS_ON = ("stock", "stock_by_arrival", "stock_by_sector", "pay", "flow", "grants", "grants_abroad")  # the account


def with_money(data, policies, draws, start):
    """Fill the variables ``MONEY`` of a dataset from its others and return it.

    Parameters
    ----------
    data : xarray.Dataset as ``schema.dataset`` makes it, the baseline its first arm
    policies : list of tuples of policies, one an arm
    draws : list of Assumptions, one a replicate
    start : first year
    """
    setting, years = setting_of(start), data.sizes["year"]
    paths = [rules_of(each, start, years) for each in policies]
    values = {name: data[name].values for name in STANDS_ON}
    money = {name: np.zeros(data[name].shape) for name in MONEY}
    # the account of every arm under the sample of its replicate
    for k, a in enumerate(draws):
        arms = [{name: array[arm, k] for name, array in values.items()} for arm in range(len(paths))]
        base = None
        for arm, (arrays, own) in enumerate(zip(arms, paths, strict=True)):
            total = account(setting, a, arrays, own, own, start)
            base = total if base is None else base
            money["fiscal"][arm, k] = total
            # given: at this arm's own behaviour; windfall: what people get who would have come anyway
            if arm:
                money["given"][arm, k] = total - account(setting, a, arrays, own, paths[0], start)
                money["windfall"][arm, k] = account(setting, a, arms[0], paths[0], own, start) - base
    return data.assign({name: data[name].copy(data=array) for name, array in money.items()})
