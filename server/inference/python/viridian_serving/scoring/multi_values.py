"""Header fields and query parameters: names that may have several values, as werkzeug hands them to Flask."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping, Optional, Union


class Headers:
    """Header fields in order; names compare without case, as in werkzeug's class of this name."""

    def __init__(self, fields: Optional[Union[Mapping[str, str], Iterable[tuple[str, str]]]] = None) -> None:
        pairs = fields.items() if isinstance(fields, Mapping) else fields or ()
        self._fields: list[tuple[str, str]] = [(str(name), str(value)) for name, value in pairs]

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: object) -> None:
        self.remove(name)
        self.add(name, value)

    def __delitem__(self, name: str) -> None:
        self.remove(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"

    def get(self, name: str, default: Optional[str] = None) -> Optional[str]:
        """The first value of the field."""
        wanted = name.lower()
        for field, value in self._fields:
            if field.lower() == wanted:
                return value
        return default

    def getlist(self, name: str) -> list[str]:
        """All values of the field."""
        wanted = name.lower()
        return [value for field, value in self._fields if field.lower() == wanted]

    get_all = getlist

    def add(self, name: str, value: object) -> None:
        """Adds a field beside those of the same name. Raises ValueError for a line break, which would begin another field."""
        text = str(value)
        if "\n" in text or "\r" in text:
            raise ValueError("Header values must not contain newline characters.")
        self._fields.append((name, text))

    add_header = add
    set = __setitem__

    def remove(self, name: str) -> None:
        """Removes every field of that name."""
        wanted = name.lower()
        self._fields = [(field, value) for field, value in self._fields if field.lower() != wanted]

    def keys(self) -> Iterator[str]:
        return (name for name, _ in self._fields)

    def values(self) -> Iterator[str]:
        return (value for _, value in self._fields)

    def items(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)


class MultiDict(dict):
    """A dict that answers with the first of several values; `getlist` gives all."""

    def __init__(self, pairs: Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        for key, value in pairs:
            super().setdefault(key, []).append(value)

    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(key)[0]

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:
        """The first value, converted by `type`; the default where there is none or where it cannot be converted."""
        if key not in self:
            return default
        try:
            return self[key] if type is None else type(self[key])
        except (TypeError, ValueError):
            return default

    def getlist(self, key: str) -> list[Any]:
        """All values of the key."""
        return list(super().get(key, []))

    def items(self, multi: bool = False) -> Any:
        """Pairs with the first value of each key, or with every value."""
        return [(key, value) for key in self for value in (self.getlist(key) if multi else self.getlist(key)[:1])]

    def values(self) -> Any:
        return [self[key] for key in self]

    def to_dict(self, flat: bool = True) -> dict[str, Any]:
        """A plain dict of first values, or of lists."""
        return {key: self[key] if flat else self.getlist(key) for key in self}
