"""Viridian's Python model server: one process that speaks HTTP itself, alone or behind the gateway."""

__version__ = "1.0.0"
