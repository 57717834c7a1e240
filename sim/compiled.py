"""Decorators of compiled functions that compiled code alone calls.

Such functions allocate nothing: without counts of references and without an entry for Python they compile in less time.
Python cannot call them: it would crash, since there is nothing to call.
"""

from numba import njit

STEP = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
step = njit(**STEP)
inlined = njit(forceinline=True, **STEP)  # by LLVM, which takes less time than numba's own way
