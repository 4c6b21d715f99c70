"""The subjects of the analysis: what each measures, and how it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
All = Mapping[str, Json]
"""What was measured in one environment, by topic."""


@dataclass(frozen=True)
class Topic:
    """A subject: the name of its folder.

    `NAME/measure.py` has `Unit`, `units(frameworks, *reads)`, `perform(unit)`, which runs where no other framework
    does, and `measured(done)` of what each unit gave, as JSON data. `NAME/render.py` has `section(data, everything)`,
    whose `data` is None where the topic is not measured. Both are imported when they are needed.
    """

    name: str
    title: str
    reads: tuple[str, ...] = ()
    """The topics whose measurements `units` is given, after the frameworks."""
    measured: bool = True
    """If not, it has no measuring module: it renders what it reads."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The topics without whose measurements there is nothing to render."""
        return (self.name,) if self.measured else self.reads


TOPICS: Mapping[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("calibration", "z over the corpus"),
        Topic("sums", "sums, matrix products and convolutions"),
        Topic("growth", "errors against depth and width"),
        Topic("power", "which mistakes tolerances catch", reads=("calibration",)),
        Topic("checkers", "the frameworks' own gradient checkers"),
        Topic("advice", "fixed tolerances to take", reads=("calibration", "power"), measured=False),
        Topic("training", "drift of training"),
        Topic("kernels", "the adapters' kernel data", measured=False),
        Topic("profiles", "portable settings"),
    )
}
"""By name, in the order of the page."""

MEASURED = tuple(topic.name for topic in TOPICS.values() if topic.measured)
