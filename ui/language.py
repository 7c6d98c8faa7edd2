"""The language of the window: English as written in the source, or a translation from resources/translations."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from app.words import Phrase

TRANSLATIONS = Path(__file__).resolve().parents[1] / "resources" / "translations"
LANGUAGES = {"en": "English", "de": "Deutsch"}  # each by its own name


def language_for(choice: str) -> str:
    """A key of LANGUAGES; "system" asks the desktop, and English is the answer to a language that is not there."""
    wanted = QLocale.system().name().split("_")[0] if choice == "system" else choice
    return wanted if wanted in LANGUAGES else "en"


def speak(application: QCoreApplication, choice: str) -> str:
    """Let the program speak that language from now on, Qt's own buttons and keys included; returns it."""
    language = language_for(choice)
    for old in application.findChildren(QTranslator):
        application.removeTranslator(old)
        old.deleteLater()
    if language != "en":
        for name, folder in ((f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)), (language, str(TRANSLATIONS))):
            translator = QTranslator(application)
            if translator.load(name, folder):
                application.installTranslator(translator)
    QLocale.setDefault(QLocale(language))
    return language


def translated(words: str) -> str:
    """What the editor said without a window (app.words.phrase), in the user's language; anything else as it is."""
    if not isinstance(words, Phrase):
        return words
    values = {name: _said(value) for name, value in words.values.items()}
    return QCoreApplication.translate("app", words.text).format(**values)


def number(value: float, digits: int) -> str:
    """With so many digits after the decimal sign of the language."""
    return f"{_Number(value):.{digits}f}"


class _Number(float):
    """Written with the decimal sign of the language."""

    def __format__(self, spec: str) -> str:
        return super().__format__(spec).replace(".", QLocale().decimalPoint())


def _said(value: object) -> object:
    if isinstance(value, float):
        return _Number(value)
    return translated(value) if isinstance(value, str) else value
