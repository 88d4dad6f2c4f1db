"""Messages that can be told in the reader's language, and the tree of errors that carry them.

    PromoError
    ├── DataError            a file that cannot be used
    │   └── MappingError     columns that cannot be told apart, or a mapping that does not fit the file
    ├── ScenarioError        a campaign or scenario that cannot be laid on a plan
    ├── ModelError           a model that cannot be trained or used
    │   ├── NotFittedError   predict before fit
    │   └── ModelFolderError a folder or zip that is no intact model
    ├── StorageError         a workspace or artifact that cannot be read or written
    ├── AccessError          what a person may not do, or a sign-in that ended
    ├── JobError             background work that failed or was cancelled
    └── ReportError          a report that cannot be made
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "AccessError", "DataError", "JobError", "MappingError", "Message", "ModelError", "ModelFolderError",
    "N_", "NotFittedError", "PromoError", "ReportError", "ScenarioError", "StorageError",
]


def N_(text: str) -> str:
    """Mark `text` for the catalogues (`pybabel extract -k N_`) and return it unchanged."""
    return text


@dataclass(frozen=True)
class Message:
    """A sentence with its facts, told in a language only when it is shown.

    `text` is an English `str.format` template, marked with `N_` where it is written; `facts` fill it.
    """

    text: str
    facts: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text.format(**self.facts) if self.facts else self.text


class PromoError(Exception):
    """Anything a person can mend: what was expected, what came, what to do next.

    Args:
        text: English template, marked with `N_`; says expected, received and remedy.
        facts: values for the template, kept so that a page can tell them in the reader's language.
    """

    def __init__(self, text: str, **facts: Any) -> None:
        self.message = Message(text, facts)
        super().__init__(str(self.message))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message.text, self.message.facts)


def _rebuild(kind: type[PromoError], text: str, facts: dict[str, Any]) -> PromoError:
    return kind(text, **facts)


class DataError(PromoError):
    """A file that cannot be used."""


class MappingError(DataError):
    """Columns that cannot be told apart, or a mapping that does not fit the file."""


class ScenarioError(PromoError):
    """A campaign or scenario that cannot be laid on a plan."""


class ModelError(PromoError):
    """A model that cannot be trained or used."""


class NotFittedError(ModelError):
    """Predict before fit."""


class ModelFolderError(ModelError):
    """A folder or zip that is no intact model."""


class StorageError(PromoError):
    """A workspace or artifact that cannot be read or written."""


class AccessError(PromoError):
    """What a person may not do, or a sign-in that ended."""


class JobError(PromoError):
    """Background work that failed or was cancelled."""


class ReportError(PromoError):
    """A report that cannot be made."""
