"""The same as `panproto_wasm.chain`."""

from panproto_wasm.chain import *  # noqa: F403
from panproto_wasm.chain import __all__ as __all__
