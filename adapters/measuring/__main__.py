"""`python -m gradproof.adapters.measuring`."""

from gradproof.adapters.running.interrupts import run

if __name__ == "__main__":
    run("gradproof.adapters.measuring.measuring_command")
