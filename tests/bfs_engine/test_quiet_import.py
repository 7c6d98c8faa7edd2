"""Importing the engine beside a window."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bfs_engine.quiet_import import quiet_import


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_nothing_is_collected_meanwhile_and_all_is_as_it_was_afterwards() -> None:
    before = gc.get_threshold()
    with quiet_import():
        assert gc.get_threshold()[0] == 0
    assert gc.get_threshold() == before


def test_an_import_that_fails_leaves_everything_as_it_was() -> None:
    before = gc.get_threshold()
    with pytest.raises(ModuleNotFoundError), quiet_import():
        import no_such_module_anywhere  # noqa: F401
    assert gc.get_threshold() == before


def test_two_threads_that_import_at_once_take_turns() -> None:
    before, inside, go_on = gc.get_threshold(), threading.Event(), threading.Event()
    seen = []

    def first() -> None:
        with quiet_import():
            inside.set()
            go_on.wait(10)

    def second() -> None:
        with quiet_import():
            seen.append(gc.get_threshold()[0])

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(first)
        assert inside.wait(10)
        other = pool.submit(second)
        with pytest.raises(TimeoutError):
            other.result(0.05)
        go_on.set()
        one.result(), other.result()
    assert seen == [0] and gc.get_threshold() == before


def test_torch_works_with_its_libraries_loaded_beforehand() -> None:
    program = "from bfs_engine.quiet_import import quiet_import\nwith quiet_import():\n    import torch\nprint(int(torch.ones(3).sum()))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "3\n"


def told_after(imports: str, question: str) -> str:
    """What a fresh program prints."""
    program = f"import sys\nfrom bfs_engine.quiet_import import quiet_import\n{imports}\nprint({question})"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_what_is_bound_for_parts_that_nobody_uses_is_not_waited_for() -> None:
    imports = "with quiet_import():\n    from bfs_engine.bfs.starter import StarterEngine\nimport diffusers.utils, transformers.utils"
    heavy = "[name in sys.modules for name in ('peft', 'scipy.stats', 'scipy.optimize')]"
    there = "diffusers.utils.is_peft_available(), transformers.utils.is_scipy_available()"
    assert told_after(imports, f"{heavy}, {there}") == "[False, False, False] True True"


def test_a_program_that_runs_the_starter_and_ends_does_not_wait_for_text_encoders() -> None:
    imports = "with quiet_import(text_encoders=False):\n    from bfs_engine.bfs.starter import StarterEngine\n    StarterEngine()"
    question = "'transformers' in sys.modules, __import__('diffusers').utils.is_transformers_available()"
    assert told_after(imports, question) == "False False"


def test_who_has_them_already_keeps_them() -> None:
    imports = "import diffusers\nwith quiet_import(text_encoders=False):\n    from diffusers import FluxFillPipeline"
    assert told_after(imports, "FluxFillPipeline.__module__") == "diffusers.pipelines.flux.pipeline_flux_fill"
