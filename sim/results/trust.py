"""A saved run may come from anybody: the shape of its record and of its arrays is checked before either is used."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from sim.errors import ResultError
from sim.results.schema import VARIABLES
from sim.scenario.reading import parse
from sim.texts import UNSEEN

MOST_BYTES = 8 * 10**9  # of all arrays of a run when they are unpacked
MOST_RECORD_BYTES = 200_000_000
LABELS = ("hub_name", "hub_country", "region", "latitude", "longitude", "home_name", "route_name", "route_country")
SHOWN = re.compile(f"[{UNSEEN}\ud800-\udfff]")  # what may not stand in a text of a record

Whole = StrictInt
Number = Annotated[float, Field(allow_inf_nan=False)]
Lines = list[StrictStr]
Title = Annotated[StrictStr, Field(pattern=r"\S")]  # not blank


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Assumption(_Shape):
    name: StrictStr
    meaning: StrictStr
    unit: StrictStr
    grade: Annotated[StrictStr, Field(pattern="^[A-D]$")]
    source: StrictStr
    central: Number
    low: Number
    high: Number
    held: Number | None


class _Told(_Shape):
    """What is said of one scenario: in the record itself, or in that of an arm."""

    title: Title
    question: StrictStr
    subject: StrictStr = ""
    scenario: StrictStr
    sentences: Lines
    notices: Lines
    warnings: Lines


class _Arm(_Told):
    name: StrictStr
    parts: Lines


class _Published(_Shape):
    hub: StrictStr
    value: Number
    unit: StrictStr
    period: StrictStr
    meaning: StrictStr
    source: StrictStr
    grade: StrictStr


class _Record(_Shape):
    format: Whole
    name: StrictStr
    title: Title
    question: StrictStr
    scenario: StrictStr
    baseline: StrictStr
    population: Annotated[Whole, Field(ge=1, le=10**12)]
    replicates: Annotated[Whole, Field(ge=1, le=100_000)]
    years: Annotated[Whole, Field(ge=1, le=50)]
    start: Annotated[Whole, Field(ge=1900, le=2100)]
    seed: Annotated[Whole, Field(ge=0, le=10**12)]
    refused_draws: Annotated[Whole, Field(ge=0)] = 0
    weight: Number
    uncertainty: StrictStr
    engine: StrictStr = "agents"
    assumptions: list[_Assumption]
    digests: dict[str, StrictStr]
    outputs: dict[str, StrictStr]
    versions: dict[str, StrictStr] = {}
    timings: dict[str, Number] = {}
    draws: dict[str, list[Number]] = {}
    legal: Lines = []
    published: list[_Published] = []
    notices: Lines = []
    arms: dict[str, _Arm] | None = None


def check_record(record, path):
    """Refuse a record that is not one, has a text that a terminal would not show as it is, or numbers beyond reason.

    Parameters
    ----------
    record : whatever the JSON file at ``path`` holds

    Raises
    ------
    ResultError naming file and place
    """
    try:
        read = _Record.model_validate(record)
        if read.arms is None:
            _Told.model_validate(record)
    except ValidationError as why:
        error = why.errors(include_url=False)[0]
        place = ".".join(map(str, error["loc"]))[:100]
        raise ResultError(path, "not the record of a run, or damaged", place, error["msg"]) from None
    if "code" not in read.digests or "result.nc" not in read.outputs:
        raise ResultError(path, "not the record of a run, or damaged: no digest of the code or of result.nc")
    for text in [read.baseline, *((arm.scenario for arm in read.arms.values()) if read.arms else [read.scenario])]:
        title = parse(text, path, ResultError).get("title")
        if not isinstance(title, str) or not title.strip():
            raise ResultError(path, "not the record of a run, or damaged: a scenario without a title")
    unseen = next(_unseen(record), None)
    if unseen is not None:
        raise ResultError(path, f"a text holds a character that cannot be shown, {ascii(unseen)[:60]}")


def _unseen(value):
    """The texts inside a JSON value, keys too, that hold what cannot be shown."""
    if isinstance(value, str):
        if SHOWN.search(value):
            yield value
    elif isinstance(value, dict):
        for key, inside in value.items():
            yield from _unseen(key)
            yield from _unseen(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _unseen(inside)


def check_unpacked(path):
    """Refuse an HDF5 file that would unpack to more than ``MOST_BYTES``, or that takes arrays from another file.

    Raises
    ------
    ResultError; OSError and others of h5py for what is no such file
    """
    import h5py

    total = 0
    with h5py.File(path, "r") as file:
        for name in file:
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                raise ResultError(path, f"{ascii(name)[:60]} lies in another file")
            item = file[name]
            if not isinstance(item, h5py.Dataset):
                raise ResultError(path, f"{ascii(name)[:60]} is no array")
            if item.external or item.is_virtual:
                raise ResultError(path, f"{ascii(name)[:60]} lies in another file")
            total += item.size * max(item.dtype.itemsize, 1)
    if total > MOST_BYTES:
        raise ResultError(path, f"unpacks to {total:,} bytes; the limit is {MOST_BYTES:,}")


def check_arrays(data, record, path):
    """Refuse arrays that are not laid out as those of the record's run.

    Parameters
    ----------
    data : xarray.Dataset

    Raises
    ------
    ResultError naming the file and the array
    """
    arms = ["baseline", *(record.get("arms") or ["scenario"])]
    span = range(record["start"], record["start"] + record["years"] + 1)
    wanted = {"arm": arms, "replicate": list(range(record["replicates"])), "time": list(span), "year": list(span)[:-1]}
    missing = [name for name in (*wanted, "hub", "origin", "destination", "tier", *LABELS) if name not in data.coords]
    if missing or "stock" not in data or "flow" not in data:
        raise ResultError(path, f"{(missing or ['stock or flow'])[0]} is missing")
    for dim, labels in wanted.items():
        if data[dim].values.tolist() != labels:
            raise ResultError(path, f"{dim} is not that of run.json")
    for name, array in data.data_vars.items():
        if name in VARIABLES and (array.dims != VARIABLES[name].dims or array.dtype.kind != "f"):
            raise ResultError(path, f"{ascii(name)[:60]} is not laid out over {', '.join(VARIABLES[name].dims)}")
    texts = (str(label) for coord in data.coords.values() if coord.dtype.kind in "OU" for label in coord.values.flat)
    unseen = next((label for label in texts if SHOWN.search(label)), None)
    if unseen is not None:
        raise ResultError(path, f"a label holds a character that cannot be shown, {ascii(unseen)[:60]}")
