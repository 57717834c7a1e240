"""Places: a hub, a country in three small letters, or a region, as members of a result's hubs."""

from dataclasses import dataclass

import numpy as np

from sim.errors import ResultError, nearest


@dataclass(frozen=True)
class Place:
    """A set of hubs, and the partition of the world that it is a part of.

    Attributes
    ----------
    name : str
    kind : str, 'hub', 'country' or 'region'
    members : array of bool, one a hub
    labels : array, one a hub: the hub, country or region that each belongs to
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
    """The place called ``name`` in a result's dataset.

    Raises
    ------
    ResultError with the nearest names.
    """
    known = {}
    for kind, coordinate in (("hub", "hub"), ("country", "hub_country"), ("region", "region")):
        labels = data[coordinate].values.astype(str)
        if name in labels:
            return Place(name, kind, labels == name, labels)
        known |= {str(label): str(label) for label in labels}
    known |= dict(zip(data.hub.values.tolist(), data.hub_name.values.tolist(), strict=True))
    known |= {code: called for code, called in data.home_name.to_series().items() if code in known}
    raise ResultError(f"{name} is no hub, country or region{nearest(name, known, known)}")
