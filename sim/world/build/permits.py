"""Build the visa routes, the policy timeline, and the permits that people hold at the start."""

import math
from functools import cache

from sim.world.build.geography import free_share
from sim.world.build.homes import compatriots
from sim.world.build.source_files import Row, countries, country_of, homes, mean, share_texts, source
from sim.world.categories import STATUSES

# ------------------------------------------------------------------------------
# Permits at the start, return and settlement
# ------------------------------------------------------------------------------


# Groups of the NCSES table. In computing 79 % of temporary residents stay after five years, in all fields 71 %.
ALL_FIELDS, COMPUTING = "Total", "Total -> Doctoral fields -> Computer and mathematical sciences"
CITIZENSHIP = "Total -> Citizenship -> "

CERTAIN = 0.9995  # free_share from which on nobody of a home needs a permit
FASTEST = 0.5  # largest return rate, a year (assumed)
QUEUE_YEARS = 2  # a cut-off date of the visa bulletin older than this counts as a queue (assumed)


def status_mix() -> list[Row]:
    """Build status_mix.csv: natives and free movers count as citizens, others follow status_splits."""
    splits = {(row["country"], row["home"]): row for row in source("status_splits")}
    rows = []
    for country in countries():
        for home in homes():
            row = splits.get((country, home)) or splits[country, ""]
            free = free_share(home, country)
            mix = {status: (1 - free) * float(row[status]) for status in STATUSES}
            mix["citizen"] += free
            rows.append(
                {"country": country, "home": home}
                | share_texts(mix)
                | {"source": f"free_share of home_hub; {row['source']}", "grade": row["grade"]}
            )
    return rows


@cache
def us_stay() -> dict[str, float]:
    """Return the share of US-trained temporary residents in computing who stay five years, by home.

    Stay rates by citizenship cover all fields; they are raised to the power that turns the total of all fields into
    the total of computing and mathematics. Source: NCSES.
    """
    measured = {
        row["group"]: float(row["stay_5_years"]) / 100 for row in source("ncses_stay_2021") if row["stay_5_years"]
    }
    power = math.log(measured[COMPUTING]) / math.log(measured[ALL_FIELDS])
    stay = {}
    for row in source("stay_groups"):
        all_fields = float(row["intent"] or measured[CITIZENSHIP + row["ncses_group"]])
        stay[row["home"]] = all_fields**power
    return stay


def return_hazards() -> list[Row]:
    """Build return_hazards.csv: yearly rate at which temporary residents go home, -ln(five-year stay rate) / 5.

    Outside the USA, the assumed rate of a country is multiplied for each home by the square root of the US rate of
    the home over the US mean: half of the differences in logarithms are attributed to the origin.
    """
    groups = {row["home"]: row for row in source("stay_groups")}
    choices = {row["country"]: row for row in source("stay_choices")}
    us_rate = {home: -math.log(stay) / 5 for home, stay in us_stay().items()}
    us_mean = mean((us_rate[home], engineers) for home, engineers in _foreigners_in_the_us().items())
    rows = []
    for country in countries():
        for home in homes():
            if free_share(home, country) > CERTAIN:
                rate, origin, grade = 0.0, "rule: natives and free movers hold no temporary permit", "A"
            elif country == "usa":
                rate, origin, grade = us_rate[home], groups[home]["source"], groups[home]["grade"]
            else:
                base = -math.log(float(choices[country]["stay_5_years"])) / 5
                rate = min(FASTEST, base * math.sqrt(us_rate[home] / us_mean))
                origin, grade = f"{choices[country]['source']}; origins as in the USA", "D"
            rows.append(
                {
                    "country": country,
                    "home": home,
                    "rate": f"{rate:.4f}",
                    "stay_5_years": f"{math.exp(-5 * rate):.3f}",
                    "source": origin,
                    "grade": grade,
                }
            )
    return rows


def _foreigners_in_the_us() -> dict[str, int]:
    """Return the foreign engineers in the USA by home."""
    foreigners: dict[str, int] = {}
    for (home, hub), engineers in compatriots().items():
        if country_of()[hub] == "usa" and home != "usa":
            foreigners[home] = foreigners.get(home, 0) + engineers
    return foreigners


def settlement() -> list[Row]:
    """Build settlement.csv: yearly rate from temporary to permanent status, and the share of people in a queue.

    A path to permanent residence with minimum wait m and hazard h after it has the mean wait m + 1 / h; its rate is
    the inverse. The rate of a home is the mean over paths, weighted by the share of people on each.
    """
    rows = []
    for country in countries():
        for home in homes():
            roads = _roads(country, home)
            rate = sum(weight * _yearly_rate(road) for road, weight in roads)
            origin = "; ".join(dict.fromkeys(f"{road['category']}: {road['source']}" for road, _ in roads))
            rows.append(
                {
                    "country": country,
                    "home": home,
                    "rate": f"{rate:.4f}",
                    "queue": f"{sum(weight for road, weight in roads if _is_queue(road)):.4f}",
                    "source": origin or "assumed: no road to permanent residence is known for the group",
                    "grade": "D",
                }
            )
    return rows


def _roads(country: str, home: str) -> list[tuple[Row, float]]:
    """Return the rows of permanent_backlog open to a home in a country, with the share of people on each."""
    chosen = [row for row in source("settlement_choices") if row["country"] == country]
    named = [row for row in chosen if home in row["homes"].split(";")]
    general = [row for row in chosen if not row["homes"]]
    return [(_backlog(row), float(row["weight"]) * float(row["sponsored"])) for row in named or general]


def _backlog(choice: Row) -> Row:
    """Look up the matching row of permanent_backlog; blank keys match any value. Raise LookupError if none does."""
    wanted = {key: choice[key] for key in ("birth_or_group", "from_status", "category") if choice[key]}
    for row in source("permanent_backlog"):
        if row["country"] == choice["place"] and wanted.items() <= row.items():
            return row
    raise LookupError(f"permanent_backlog has no row for {choice['place']} {wanted}")


def _is_queue(road: Row) -> bool:
    """Tell whether the applicants now served applied more than ``QUEUE_YEARS`` before the visa bulletin."""
    cut_off = road["latest_cutoff"][:7]
    if not cut_off[:4].isdecimal():
        return False  # no cut-off, or none in force
    months = [12 * int(date[:4]) + int(date[5:7]) for date in (cut_off, road["cutoff_as_of"])]
    return months[1] - months[0] > 12 * QUEUE_YEARS


def _yearly_rate(road: Row) -> float:
    """Return the inverse of the mean wait on a path, a year; 0 for a path that leads nowhere."""
    hazard = float(road["annual_hazard_after_min"])
    return 1 / (float(road["min_years"]) + 1 / hazard) if hazard else 0.0


# ------------------------------------------------------------------------------
# Visa routes and the timeline of policies
# ------------------------------------------------------------------------------


# countries of the model for codes of the source tables, and names of the kinds of routes
COUNTRY_OF_CODE = {"IRL": "xeu", "SWE": "xeu", "XEU": "xeu", "TWN": "xas", "HKG": "chn", "XRW": "xrw"}
KIND = {"temporary": "temporary", "talent": "talent", "permanent": "permanent", "study-to-work": "study"}

# Columns of routes.csv that come from visa_routes unless route_choices has a value of its own.
FROM_LAW = {
    "name": "route",
    "cap": "cap_per_year",
    "expert": "tier_expert",
    "practitioner": "tier_practitioner",
    "entry": "tier_entry",
    "fee_usd": "fee_total_usd",
    "processing_months": "processing_months",
    "approval_rate": "approval_rate",
    "years": "initial_years",
    "permanent_after_years": "leads_to_permanent_after_years",
}
OMITTED = "assumed employer route: no country is closed by omission"
UNCITED = "assumed: the rule as it is generally known; no document is cited"


def routes() -> list[Row]:
    """Build routes.csv: the rules of mid-2025, one row for each route; its note names what is assumed."""
    law = {row["route_id"]: row for row in source("visa_routes")}
    return [_route(choice, law.get(choice["route_id"], {})) for choice in source("route_choices")]


def _route(choice: Row, law: Row) -> Row:
    """Return a row of routes.csv from the rows of route_choices and visa_routes; ``law`` is empty if there is none."""

    def stated(column: str, otherwise: str = "") -> str:
        """Return the value of the choice, else that of the law, else ``otherwise``."""
        return choice[column] or (law[FROM_LAW[column]] if law else "") or otherwise

    is_cited = bool(law) and law["source"] != "memory"
    return {
        "route": f"{choice['country']}.{choice['alias']}",
        "country": choice["country"],
        "alias": choice["alias"],
        "name": stated("name"),
        "kind": choice["kind"] or KIND[law["kind"]],
        "cap": stated("cap"),
        "pool": choice["pool"],
        "intake_month": choice["intake_month"],
        "start_month": choice["start_month"],
        "selection": choice["selection"],
        "expert": stated("expert"),
        "practitioner": stated("practitioner"),
        "entry": stated("entry"),
        "local_degree": choice["local_degree"],
        "homes": choice["homes"],
        "residents_of": choice["residents_of"],
        "pay_threshold_kusd": _threshold(choice, law),
        "fee_usd": stated("fee_usd", "0"),
        "special_fee_usd": choice["special_fee_usd"],
        "exposed_abroad_only": choice["exposed_abroad_only"],
        "processing_months": stated("processing_months"),
        "approval_rate": stated("approval_rate"),
        "years": stated("years"),
        "permanent_after_years": stated("permanent_after_years"),
        "employer_tied": choice["employer_tied"] or str(int(law["tied_to_employer"] == "true")),
        "holdable": choice["holdable"],
        "is_open": choice["is_open"],
        "from_abroad": choice["from_abroad"],
        "in_country": choice["in_country"],
        "reach": choice["reach"],
        "note": choice["note"],
        "source": law["source"] if is_cited else UNCITED if law else OMITTED,
        "url": law["url"] if law else "",
        "grade": law["grade"] if is_cited else "D",
        "grade_numbers": "D",  # reach is assumed in every row
    }


def _threshold(choice: Row, law: Row | None) -> str:
    """Return the pay threshold of a route in kUSD a year; 0 if it has none."""
    usd = choice["pay_threshold_usd"] or (law["salary_entry_usd"] or law["salary_threshold_usd"] if law else "")
    return f"{float(usd) / 1000:.3f}" if usd else "0"


def timeline() -> list[Row]:
    """Build timeline.csv: dated policy changes as in the source; Ireland and Sweden are in xeu, Hong Kong in chn."""
    rows = []
    for row in source("timeline_prepared"):
        country = COUNTRY_OF_CODE.get(row["country"], row["country"].lower())
        rows.append({"date": row["date"], "country": country, "place": row["country"].lower()} | _event(row))
    return rows


def _event(row: Row) -> Row:
    """Return the columns of a policy change under their names in timeline.csv."""
    names = {"change": "lever", "kind": "lever_kind", "direction": "direction", "routes": "route_ids"}
    names |= {
        "before": "old_value",
        "after": "new_value",
        "status": "status",
        "source": "source",
        "url": "url",
    }
    return {new: row[old] for new, old in names.items()} | {"grade": row["grade"]}
