"""Workflow commands: what a step prints so that GitHub shows it beside a file."""

from gradproof.reports.printing.terminal import visible


def command(level: str, message: str, **properties: str) -> str:
    """One command: `level` is error, warning or notice; properties (file, line, title) that are empty are left out."""
    given = ",".join(f"{key}={escaped_property(visible(value).strip())}" for key, value in properties.items() if value)
    return f"::{level}{f' {given}' if given else ''}::{escaped(message)}"


def escaped(text: str) -> str:
    """`text` as the message of a workflow command, whose end is the end of the line."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    """`text` as the value of a property, which ends at a comma, or at the colons before the message."""
    return escaped(text).replace(":", "%3A").replace(",", "%2C")
