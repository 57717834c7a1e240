"""Look up the places that scenarios and measures name: hubs, countries, regions, blocs, and several joined by ``+``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.custom_world import cached_by_world, rows
from sim.errors import ScenarioError, nearest
from sim.scenario.policies import Scenario

# names of countries inside a sentence, where they differ from countries.csv; xeu, xas and xrw are remainders
SPOKEN = {
    "usa": "the US",
    "gbr": "the UK",
    "nld": "the Netherlands",
    "are": "the Emirates",
    "chn": "China",
    "xeu": "the rest of the EU",
    "xas": "the rest of Asia",
    "xrw": "the rest of the world",
}
# names in tables, where they differ
NAMED = {"chn": "China", "xeu": "Rest of the EU", "xas": "Rest of Asia", "xrw": "Rest of the world"}
PLURAL = {"are"}  # countries that take a plural verb
KINDS = ("hub", "country", "region", "bloc")
# what people also call a place, of which its label and its name share too few letters: words -> label
ALSO_CALLED = {
    word: label
    for label, words in {
        "usa": "us u.s. u.s.a. america",
        "gbr": "uk gb u.k. britain great_britain england",
        "are": "uae ae u.a.e. emirates",
        "sau": "ksa sa saudi",
        "deu": "de ger",
        "fra": "fr",
        "nld": "nl ned holland",
        "pol": "pl",
        "prt": "pt por",
        "che": "ch sui swiss",
        "isr": "il",
        "ind": "in",
        "chn": "cn prc hong_kong",
        "jpn": "jp jap",
        "kor": "kr rok south_korea",
        "sgp": "sg sin",
        "aus": "au",
        "can": "ca",
        "eu27": "eu eur european_union",
        "gulf": "gcc gulf_cooperation_council",
        "five_eyes": "5eyes fvey",
        "sf_bay_area": "sf bay silicon_valley palo_alto san_jose",
        "new_york": "nyc ny",
        "los_angeles": "la",
        "washington_dc": "dc",
        "abu_dhabi_dubai": "dubai abu_dhabi",
        "bengaluru": "bangalore blr",
    }.items()
    for word in words.split()
}


@dataclass(frozen=True)
class Place:
    """A place with its names, its hubs and its countries.

    Attributes
    ----------
    label : str, name in a measure: ``usa``, ``paris``, ``eu27``, ``deu+gbr``
    kind : str, 'hub', 'country', 'region' or 'bloc'; several joined are a bloc
    name : str, name in a table: ``United States``
    spoken : str, name in a sentence: ``the US``
    plural : bool, whether it takes a plural verb
    hubs : tuple of the labels of its hubs
    countries : tuple of the labels of the countries that its hubs lie in
    missing : str, its parts that have no hub of their own and are counted in a hub of another place; '' for none
    """

    label: str
    kind: str
    name: str
    spoken: str
    plural: bool
    hubs: tuple[str, ...]
    countries: tuple[str, ...]
    missing: str = ""


@cached_by_world()
def named_places() -> dict[str, Place]:
    """Return all places that have a name of their own by label: hubs, countries, regions and blocs."""
    hubs = rows("hubs")
    inside: dict[str, list[str]] = {}
    for row in hubs:
        inside.setdefault(row["country"], []).append(row["hub"])
    places = {}
    for row in hubs:
        spoken = row["name"].split(" (")[0]
        spoken = spoken.replace("Rest of", "the rest of") if row["kind"] == "rest" else spoken
        spoken = f"the {spoken}" if spoken.endswith("Area") else spoken
        places[row["hub"]] = Place(row["hub"], "hub", row["name"], spoken, False, (row["hub"],), (row["country"],))
    for row in rows("countries"):
        code = row["country"]
        name = NAMED.get(code, row["name"])
        spoken, plural = SPOKEN.get(code, row["name"]), code in PLURAL
        places[code] = Place(code, "country", name, spoken, plural, tuple(inside.get(code, ())), (code,))
    for region in dict.fromkeys(row["region"] for row in hubs):
        members = tuple(row["hub"] for row in hubs if row["region"] == region)
        countries = tuple(dict.fromkeys(row["country"] for row in hubs if row["region"] == region))
        name = region.replace("_", " ").title()
        places[region] = Place(region, "region", name, name.lower(), False, members, countries)
    for row in rows("blocs"):
        countries = tuple(code for code in row["countries"].split() if code in inside)
        places[row["bloc"]] = Place(
            row["bloc"],
            "bloc",
            row["name"],
            row["spoken"],
            row["plural"] == "1",
            tuple(hub for code in countries for hub in inside[code]),
            countries,
            row["missing"],
        )
    return places


def nearest_place(text: str, called: Mapping[str, str]) -> str:
    """Return ``"; nearest: a, b"`` with the places that ``text`` may mean, by label, name, or what people also say.

    Where none is near it gives examples of labels.

    Parameters
    ----------
    text : str, which names no place
    called : label -> name of the places to choose from

    >>> nearest_place("GCC", {"gulf": "Gulf states", "usa": "United States"})
    '; nearest: gulf'
    """
    meant = ALSO_CALLED.get("_".join(text.lower().split()))
    if meant in called:
        return f"; nearest: {meant}"
    return nearest(text, called, called) or (f"; such as {', '.join(some)}" if (some := _some(called)) else "")


def _some(called: Mapping[str, str]) -> list[str]:
    """Return a country, a bloc and a hub as examples of labels, as far as they may be chosen."""
    return [label for label in ("gbr", "eu27", "paris") if label in called]


LONGEST_NAME = 32  # letters of joined names, in a column of a table


def place(text: str) -> Place:
    """Return the place that ``text`` names; several joined by ``+`` are one bloc.

    Raise ScenarioError, with the nearest names, for an unknown place.
    """
    known = named_places()
    parts = [part.strip() for part in f"{text}".split("+")]
    for part in parts:
        if part not in known:
            called = {label: each.name for label, each in known.items()}
            raise ScenarioError(part, f"is no hub, country, region or bloc{nearest_place(part, called)}")
    if len(parts) == 1:
        return known[text.strip()]
    members = [known[part] for part in parts]
    joined = listed([each.name for each in members])
    return Place(
        "+".join(parts),
        "bloc",
        joined if len(joined) <= LONGEST_NAME else f"All {len(members)} together",
        listed([each.spoken for each in members]),
        True,
        tuple(dict.fromkeys(hub for each in members for hub in each.hubs)),
        tuple(dict.fromkeys(code for each in members for code in each.countries)),
        "; ".join(each.missing for each in members if each.missing),
    )


def check_subject(text: str) -> str:
    """Check a subject: a place, and optionally a group of its people, as in ``ind,home=ind``; return it without spaces.

    Raise ScenarioError for an unknown place, key or value, and for more than one group.
    """
    name, *keys = (part.strip() for part in text.split(","))
    place(name)
    for key in keys:
        axis, _, value = (part.strip() for part in key.partition("="))
        known = _groups().get(axis)
        if known is None:
            raise ScenarioError(f"unknown key {axis!r}{nearest(axis, _groups())}")
        if value not in known:
            raise ScenarioError(f"unknown {axis} {value!r}{nearest_place(value, known)}")
    if len(keys) > 1:
        raise ScenarioError("people are counted along one key at a time")
    return ",".join([place(name).label, *("".join(key.split()) for key in keys)])


@cached_by_world()
def _groups() -> dict[str, dict[str, str]]:
    """Return the groups of people that a subject may be limited to: key -> value -> name."""
    tables = {"tier": "tier_factors", "role": "role_factors", "sector": "sectors", "home": "homes"}
    return {
        key: {row[key]: row.get("name", row[key].replace("_", " ")) for row in rows(table)}
        for key, table in tables.items()
    }


def subject_of(scenario: Scenario) -> str:
    """Return the subject of a scenario, the place that its answer leads with; '' for none.

    It is the one named in the file, else the country or bloc of the first policy.

    A hub counts as its country. A policy in several countries gives the bloc that consists of exactly these countries,
    or, without such a bloc, up to three countries joined.
    """
    if scenario.subject:
        return scenario.subject
    known = named_places()
    for policy in scenario.policies[:1]:
        parts = [lever.path.split(".") for lever in policy.levers]
        places = [known.get(part[1]) for part in parts if part[0] in ("country", "hub")]
        codes = list(dict.fromkeys(code for each in places if each for code in each.countries))
        for label, bloc in known.items():
            if bloc.kind == "bloc" and set(bloc.countries) == set(codes):
                return "" if label == "world" else label
        return "+".join(codes) if len(codes) <= 3 else ""
    return ""


def joined_subject(scenarios: Sequence[Scenario]) -> str:
    """Return the subject of a stack: that of its parts, or up to three different places joined; '' for more."""
    subjects = list(dict.fromkeys(subject for subject in map(subject_of, scenarios) if subject))
    places = list(dict.fromkeys(part for subject in subjects for part in subject.split("+")))
    if len(subjects) < 2 or any("," in subject for subject in subjects):
        return subjects[0] if subjects else ""
    return "+".join(places) if len(places) <= 3 else ""


def listed(words: list[str]) -> str:
    """Join words to a list in a sentence.

    >>> listed(["Canada", "China", "the UK"])
    'Canada, China and the UK'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
