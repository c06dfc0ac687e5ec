"""`python -m panproto_wasm`."""

from ._cli import main

if __name__ == "__main__":
    raise SystemExit(main())
