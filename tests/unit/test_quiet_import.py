"""Importing the engine beside a window."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bfs_engine.quiet_import import quiet_import


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_the_collector_rests_meanwhile_and_works_again_afterwards() -> None:
    with quiet_import():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_import_that_fails_leaves_everything_as_it_was() -> None:
    with pytest.raises(ModuleNotFoundError), quiet_import():
        import no_such_module_anywhere  # noqa: F401
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with quiet_import():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_torch_works_with_its_libraries_loaded_beforehand() -> None:
    program = "from bfs_engine.quiet_import import quiet_import\nwith quiet_import():\n    import torch\nprint(int(torch.ones(3).sum()))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "3\n"


def test_what_diffusers_binds_for_adapters_is_not_waited_for() -> None:
    program = (
        "import sys\nfrom bfs_engine.quiet_import import quiet_import\n"
        "with quiet_import():\n    from bfs_engine.bfs.starter import StarterEngine\n"
        "import diffusers.utils\n"
        "print('peft' in sys.modules, 'scipy.stats' in sys.modules, diffusers.utils.is_peft_available())"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False False True\n"
