"""Packages that are used where they are installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def package(name: str) -> Any:
    """A package, or `None` where it is not there."""
    try:
        return import_module(name)
    except ImportError:
        return None
