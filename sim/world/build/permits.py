"""Build the visa routes, the policy timeline, and the permits that people hold at the start."""

import math
from functools import cache

from sim.world.build.geography import free_share
from sim.world.build.homes import compatriots
from sim.world.build.source_files import Row, countries, country_of, homes, mean, share_texts, source
from sim.world.categories import STATUSES

# ------------------------------------------------------------------------------
# Permits that people hold at the start, and how they settle or go home.
# ------------------------------------------------------------------------------


# Temporary residents stay longer in computing: 79 % after five years against 71 % in all fields.
ALL_FIELDS, COMPUTING = "Total", "Total -> Doctoral fields -> Computer and mathematical sciences"
CITIZENSHIP = "Total -> Citizenship -> "

CERTAIN = 0.9995  # a share that rounds to one
FASTEST = 0.5  # a year; no group leaves faster (assumed)
QUEUE_YEARS = 2  # a visa bulletin's cut-off date further back than this is a queue (assumed)


def status_mix() -> list[Row]:
    """status_mix.csv: natives and free movers are citizens; the others split as their country lets them."""
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
    """Share of US-trained temporary residents still there after five years, computing, by home.

    Stay rates by citizenship cover all fields; they are raised to the power that turns the all-field
    total into that of computing and mathematics.
    """
    measured = {
        row["group"]: float(row["stay_5_years"]) / 100 for row in source("ncses_stay_2021") if row["stay_5_years"]
    }
    power = math.log(measured[COMPUTING]) / math.log(measured[ALL_FIELDS])
    found = {}
    for row in source("stay_groups"):
        all_fields = float(row["intent"] or measured[CITIZENSHIP + row["ncses_group"]])
        found[row["home"]] = all_fields**power
    return found


def return_hazards() -> list[Row]:
    """return_hazards.csv: yearly rate at which temporary residents leave for home, -ln(stay) / 5.

    Outside the USA a country's assumed rate is spread over homes by the square root of what the US rates
    are over their mean: half of the differences, in logarithms, are taken to be the origin's own.
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
    """Engineers from abroad in the USA, by home."""
    found: dict[str, int] = {}
    for (home, hub), engineers in compatriots().items():
        if country_of()[hub] == "usa" and home != "usa":
            found[home] = found.get(home, 0) + engineers
    return found


def settlement() -> list[Row]:
    """settlement.csv: yearly rate from temporary to permanent, and the share of people who queue for it.

    A road with a minimum wait m and a hazard h after it has the mean wait m + 1 / h, so the rate is its
    inverse, times the share of people whom the road takes.
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
    """Rows of permanent_backlog open to a home in a country, with the share of people on each."""
    chosen = [row for row in source("settlement_choices") if row["country"] == country]
    named = [row for row in chosen if home in row["homes"].split(";")]
    general = [row for row in chosen if not row["homes"]]
    return [(_backlog(row), float(row["weight"]) * float(row["sponsored"])) for row in named or general]


def _backlog(choice: Row) -> Row:
    """The row of permanent_backlog that a choice names; what the choice leaves empty may be anything."""
    wanted = {key: choice[key] for key in ("birth_or_group", "from_status", "category") if choice[key]}
    for row in source("permanent_backlog"):
        if row["country"] == choice["place"] and wanted.items() <= row.items():
            return row
    raise LookupError(f"permanent_backlog has no row for {choice['place']} {wanted}")


def _is_queue(road: Row) -> bool:
    """Whether people whose turn has come applied more than ``QUEUE_YEARS`` before the bulletin."""
    cut_off = road["latest_cutoff"][:7]
    if not cut_off[:4].isdecimal():
        return False  # no cut-off, or none in force
    months = [12 * int(date[:4]) + int(date[5:7]) for date in (cut_off, road["cutoff_as_of"])]
    return months[1] - months[0] > 12 * QUEUE_YEARS


def _yearly_rate(road: Row) -> float:
    hazard = float(road["annual_hazard_after_min"])
    return 1 / (float(road["min_years"]) + 1 / hazard) if hazard else 0.0


# ------------------------------------------------------------------------------
# Ways into a country: visa routes and the policy timeline.
# ------------------------------------------------------------------------------


COUNTRY_OF_CODE = {"IRL": "xeu", "SWE": "xeu", "XEU": "xeu", "TWN": "xas", "HKG": "chn", "XRW": "xrw"}
KIND = {"temporary": "temporary", "talent": "talent", "permanent": "permanent", "study-to-work": "study"}

# Columns taken from the visa table unless the choice for the route says otherwise.
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
    """routes.csv: the rules of mid-2025, one row a route; what is assumed for it stands in the note."""
    law = {row["route_id"]: row for row in source("visa_routes")}
    return [_route(choice, law.get(choice["route_id"], {})) for choice in source("route_choices")]


def _route(choice: Row, law: Row) -> Row:
    def stated(column: str, otherwise: str = "") -> str:
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
    usd = choice["pay_threshold_usd"] or (law["salary_entry_usd"] or law["salary_threshold_usd"] if law else "")
    return f"{float(usd) / 1000:.3f}" if usd else "0"


def timeline() -> list[Row]:
    """timeline.csv: dated policy changes, as found; Ireland and Sweden lie in xeu, Hong Kong in chn."""
    rows = []
    for row in source("timeline_prepared"):
        country = COUNTRY_OF_CODE.get(row["country"], row["country"].lower())
        rows.append({"date": row["date"], "country": country, "place": row["country"].lower()} | _event(row))
    return rows


def _event(row: Row) -> Row:
    names = {"change": "lever", "kind": "lever_kind", "direction": "direction", "routes": "route_ids"}
    names |= {
        "before": "old_value",
        "after": "new_value",
        "status": "status",
        "source": "source",
        "url": "url",
    }
    return {new: row[old] for new, old in names.items()} | {"grade": row["grade"]}
