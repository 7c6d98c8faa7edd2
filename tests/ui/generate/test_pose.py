"""What stands, hangs or flies: said in the Generate panel, kept in the recipe, asked for again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.ui.conftest import Editor


def test_a_flying_thing_is_asked_for_and_made_again_as_one(tell: Callable[..., None], photo: Path) -> None:
    async def story(editor: Editor) -> None:
        panel = editor.window.generate_panel
        panel._pose.setCurrentIndex(panel._pose.findData("flies"))
        layer = await editor.insert("apple", (20, 20), (80, 70))
        assert layer.recipe["pose"] == "flies"
        panel.set_recipe({"prompt": "apple"})
        assert panel.pose == "auto"
        panel.set_recipe(layer.recipe)
        assert panel.pose == "flies"

    tell(story, photo)


def test_settings_of_another_model_are_not_handed_on(tell: Callable[..., None], photo: Path) -> None:
    async def story(editor: Editor) -> None:
        layer = await editor.insert("apple", (20, 20), (80, 70))
        layer.recipe.update(model="another", steps=50, guidance=30.0)
        assert editor.window.generation.again(layer, 4)
        await editor.until(lambda: len(editor.active.candidates) == 2)
        assert editor.engine.seen[-1].steps is None and editor.engine.seen[-1].guidance is None

    tell(story, photo)
