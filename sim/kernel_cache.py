"""Choose the folder of compiled kernels: beside the code, else in the user's home, else a private temporary folder.

numba refuses to load a kernel that it can keep nowhere, as in a package installed read-only for a user without a home.
"""

import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"


def find_place(package: Path) -> None:
    """Name a folder that can be written, where neither the package's nor the user's can; call before numba is loaded.

    Parameters
    ----------
    package : folder of the code
    """
    if os.environ.get(VARIABLE) or (os.access(package, os.W_OK) and _can_write(package / "__pycache__")):
        return
    with suppress(RuntimeError):  # somebody without a home
        if _can_write(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "numba"):
            return
    os.environ[VARIABLE] = str(_own_folder())
    if "numba.core.config" in sys.modules:  # somebody has loaded it before
        sys.modules["numba.core.config"].CACHE_DIR = os.environ[VARIABLE]  # type: ignore[attr-defined]


def _can_write(folder: Path) -> bool:
    """Tell whether files can be made in a folder, which is made if missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _own_folder() -> Path:
    """Return a folder for temporary files that belongs to this user alone: what lies in it is executed."""
    folder = Path(tempfile.gettempdir()) / f"talentflow-kernels-{getattr(os, 'getuid', lambda: 'own')()}"
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        others = stat.S_IWGRP | stat.S_IWOTH
        is_own = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & others)
        if stat.S_ISDIR(status.st_mode) and is_own:
            return folder
    return Path(tempfile.mkdtemp(prefix="talentflow-kernels-"))
