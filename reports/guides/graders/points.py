"""The points of a class as CSV: `python points.py reports/*.json`, files that `gradproof grade --format json` wrote."""

import csv
import json
import sys
from pathlib import Path

table = csv.writer(sys.stdout, lineterminator="\n")
for i, path in enumerate(map(Path, sys.argv[1:])):
    graded = json.loads(path.read_text(encoding="utf-8"))
    if i == 0:
        table.writerow(["student", *(each["quantity"] for each in graded["results"]), "points", "of"])
    points = [each["points"] for each in graded["results"]]
    table.writerow([path.stem, *points, graded["score"], graded["max_score"]])
