"""Dataclasses that nobody changes, for what every hit builds."""

import dataclasses
from typing import TYPE_CHECKING, Any

__all__ = ["value_class"]

if TYPE_CHECKING:
    from dataclasses import dataclass as value_class  # mypy holds `frozen`
else:

    def value_class(*, frozen: bool, **options: Any) -> Any:
        """A dataclass with a hash. It is frozen for mypy alone: at run time each field would be set through
        object.__setattr__, which takes four times as long.
        """
        return dataclasses.dataclass(**options, unsafe_hash=frozen)
