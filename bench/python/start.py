"""From nothing to the first converted record. `start.py FOLDER`."""

import json
import sys
from pathlib import Path

import panproto

folder = Path(sys.argv[1])
schemas = json.loads((folder / "w1.json").read_bytes())
old, new = (panproto.Schema.parse("atproto", schemas[side]) for side in ("old", "new"))
lens = panproto.Migration.between(old, new, hints=schemas["hints"]).lens()
with (folder / "w1.ndjson").open("rb") as file:
    print(lens.lift(file.readline().strip()))
