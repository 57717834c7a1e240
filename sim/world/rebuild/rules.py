"""Ways into a country: visa routes and the policy timeline."""

from sim.world.rebuild.store import Row, source

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
