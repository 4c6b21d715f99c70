"""The command `gradproof` as a process of its own; also `python -m gradproof.reports.command_line`."""

from gradproof.adapters.running.interrupts import run


def main() -> None:
    """Run the command line, interruptible from its first import on."""
    run("gradproof.reports.command_line.main")


if __name__ == "__main__":
    main()
