"""Write a dataset as netCDF-4 with h5py, one chunk an arm of each array.

It is the file that ``Dataset.to_netcdf(engine="h5netcdf")`` writes: the same arrays, attributes and dimension scales,
which the tests compare. It stays because of its cost, 0.2 s in place of 0.9 s for a run at its defaults, and 0.5 s
more where dask is installed, which xarray imports to write any file.
"""

from io import BytesIO

import h5py
import numpy as np

FILLED = np.array([np.nan])  # as xarray marks missing values of floats
UNLABELLED = "This is a netCDF dimension but not a netCDF variable."  # the name of its scale, by the format
MOST_BYTES = 64 * 2**20  # of a chunk before compression
PACKED = {"compression": "gzip", "compression_opts": 1, "shuffle": True}


def to_netcdf(data, attributes) -> bytes:
    """Return the content of a netCDF-4 file.

    Parameters
    ----------
    data : xarray.Dataset of numbers, with labels of numbers or texts
    attributes : dict of name -> text, of the file as a whole
    """
    memory = BytesIO()
    with h5py.File(memory, "w", track_order=True) as file:
        file.attrs.update(attributes)
        for name in data.variables:
            array = data[name]
            # further labels of its dimensions, such as the names of hubs
            beside = [other for other in data.coords if other not in data.dims and {*data[other].dims} <= {*array.dims}]
            texts = {"coordinates": " ".join(sorted(beside))} if name in data.data_vars and beside else {}
            _write(file, name, array, texts)
        # each dimension has a scale; the numbers serve readers of netCDF-4 to find the dimensions of each array again
        for dim, size in data.sizes.items():
            scale = file[dim] if dim in file else file.create_dataset(dim, (size,), "f4")
            scale.make_scale(dim if dim in data.coords else f"{UNLABELLED}{size:10d}")
        numbers = {dim: number for number, dim in enumerate(data.dims)}
        for name in data.variables:
            saved, dims = file[name], data[name].dims
            for axis, dim in enumerate(dims if name not in numbers else ()):
                saved.dims[axis].attach_scale(file[dim])
            saved.attrs["_Netcdf4Coordinates"] = np.array([numbers[dim] for dim in dims], np.int32)
            if dims:
                saved.attrs["_Netcdf4Dimid"] = np.int32(numbers[dims[0]])
    return memory.getvalue()


def _write(file, name, array, texts) -> None:
    """Write one array with its attributes and ``texts``; arrays of several dimensions are compressed."""
    values = array.values
    if values.dtype.kind in "OU":
        saved = file.create_dataset(name, data=values.astype(object), dtype=h5py.string_dtype())
    elif values.ndim < 2:
        saved = file.create_dataset(name, data=values)
    else:
        # one chunk for the first index of as many axes as it takes to stay below the largest size
        chunk, axis = list(values.shape), 0
        while axis < values.ndim and (axis == 0 or np.prod(chunk) * values.itemsize > MOST_BYTES):
            chunk[axis], axis = 1, axis + 1
        saved = file.create_dataset(name, data=values, chunks=tuple(chunk), **PACKED)
    if values.dtype.kind == "f":
        saved.attrs["_FillValue"] = FILLED
    saved.attrs.update(array.attrs | texts)
