"""The same as `panproto_wasm`, under the name that people import.

The native package of the same name would be overwritten file by file without a word of pip, and break; so this looks
for it first.
"""


def _refuse_the_native_one() -> None:
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    # Asking for installed distributions takes milliseconds, so only the folder that this file lies in is looked at.
    try:
        own, beside = os.listdir(here), os.listdir(os.path.dirname(here))
    except OSError:
        return  # Imported from an archive, which the native one cannot be in.
    if any(name.startswith("_native") for name in own) or any(
        name.startswith("panproto-") and name.endswith(".dist-info") for name in beside
    ):
        raise ImportError(
            "`panproto-wasm` and the native `panproto` are installed side by side, and share the name `panproto`.\n"
            "To use this one:       pip uninstall panproto; pip install --force-reinstall panproto-wasm\n"
            "To use the native one: pip uninstall panproto-wasm; pip install --force-reinstall panproto\n"
            "`import panproto_wasm` works in either case."
        )


_refuse_the_native_one()
del _refuse_the_native_one

import panproto_wasm as _itself  # noqa: E402
from panproto_wasm import __all__ as __all__  # noqa: E402
from panproto_wasm import __version__ as __version__  # noqa: E402

# As type checkers read it; `typing` takes longer to load than all of this.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from panproto_wasm import *  # noqa: F403


def __getattr__(name: str) -> object:
    value: object = getattr(_itself, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
