"""Errors that are the user's to mend: each is one line, and the command line exits with code 2 on them."""


class GradproofError(Exception):
    """Anything wrong with what was asked or given; its text is one line and says what to do."""


class FileError(GradproofError):
    """A file that cannot be read, or does not have the form of a network file."""


class MisfitError(GradproofError):
    """Arrays whose shapes do not fit each other, an axis or index past the end, or a result without entries."""


class StatementError(GradproofError):
    """A statement that is not in the language, or does not fit the arrays it is given.

    `number` counts statements from 1; `text` is the statement as written. `misfit` says that all of it is in the
    language, but arrays do not fit each other.
    """

    def __init__(self, number: int, text: str, message: str, misfit: bool = False) -> None:
        self.number, self.text, self.message, self.misfit = number, text, message, misfit
        shown = text if len(text) <= 60 else text[:57] + "..."
        super().__init__(f"statement {number} ({shown}): {message}")


class Undecided(Exception):
    """Two balls overlap where an equation compares them: more bits may decide, equal numbers never will."""
