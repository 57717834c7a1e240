"""Places: a hub, a country in three small letters, a region or a bloc of countries, as members of a result's hubs."""

from dataclasses import dataclass

import numpy as np

from sim.errors import ResultError, nearest
from sim.own_world import rows


@dataclass(frozen=True)
class Place:
    """A set of hubs, and the partition of the world that it is a part of.

    Attributes
    ----------
    name : str
    kind : str, 'hub', 'country', 'region' or 'bloc'
    members : array of bool, one a hub
    labels : array, one a hub: the hub, country, region or bloc that each belongs to
    """

    name: str
    kind: str
    members: np.ndarray
    labels: np.ndarray

    @property
    def only(self):
        """Indices of the member hubs."""
        return np.flatnonzero(self.members)

    @property
    def others(self):
        """Indices of all other hubs."""
        return np.flatnonzero(~self.members)


def find(data, name):
    """The place called ``name`` in a result's dataset: a hub, country, region or bloc, or several joined by ``+``.

    Raises
    ------
    ResultError with the nearest names.
    """
    parts = [_one(data, part.strip()) for part in name.split("+")]
    if len(parts) == 1:
        return parts[0]
    members = np.logical_or.reduce([part.members for part in parts])
    kind = "hub" if "hub" in [part.kind for part in parts] else "bloc"
    return Place(name, kind, members, np.where(members, name, data.hub_country.values.astype(str)))


def _one(data, name):
    known = {}
    for kind, coordinate in (("hub", "hub"), ("country", "hub_country"), ("region", "region")):
        labels = data[coordinate].values.astype(str)
        if name in labels:
            return Place(name, kind, labels == name, labels)
        known |= {str(label): str(label) for label in labels}
    blocs = {row["bloc"]: row for row in rows("blocs")}
    if name in blocs:
        countries = data.hub_country.values.astype(str)
        members = np.isin(countries, blocs[name]["countries"].split())
        return Place(name, "bloc", members, np.where(members, name, countries))
    known |= {label: row["name"] for label, row in blocs.items()}
    known |= dict(zip(data.hub.values.tolist(), data.hub_name.values.tolist(), strict=True))
    known |= {code: called for code, called in data.home_name.to_series().items() if code in known}
    raise ResultError(f"{name} is no hub, country, region or bloc{nearest(name, known, known)}")
