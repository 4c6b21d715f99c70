"""The subjects of the analysis: what each measures, and how it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
All = Mapping[str, Json]
"""What was measured in one environment, by topic."""


@dataclass(frozen=True)
class Topic:
    """A subject: the name of its measuring module, and of the module that renders it.

    `measuring/NAME.py` has `Unit`, `units(frameworks)`, `perform(unit)` and `measured(done)`, which gives JSON data;
    `rendering/NAME.py` has `section(data, everything)`. Both are imported when they are needed.
    """

    name: str
    title: str


TOPICS: Mapping[str, Topic] = {
    topic.name: topic
    for topic in (Topic("calibration", "z over the corpus"), Topic("sums", "sums, matrix products and convolutions"))
}
"""By name, in the order of the page."""
