"""`python -m panproto`."""

from panproto_wasm._cli import main

if __name__ == "__main__":
    raise SystemExit(main())
