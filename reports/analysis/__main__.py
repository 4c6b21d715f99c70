"""`python -m gradproof.reports.analysis`."""

from gradproof.adapters.running.interrupts import run

if __name__ == "__main__":
    run("gradproof.reports.analysis.analysis_command")
