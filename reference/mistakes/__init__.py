"""The catalogue of mistakes: one list, for mutation tests and for the diagnosis of teaching material.

A mistake turns a network into mistaken ones, each of which is a network again: it computes something else, or
has a wrong derivative at one of its nodes. So whatever reads a network reads a mistaken one, and mistakes can be
made one after the other. A new mistake is one entry in one of the modules.
"""

from gradproof.reference.mistakes import factors, functions, layers, other_values, planted
from gradproof.reference.mistakes.variant import Mistake, Variant

__all__ = ["MISTAKES", "Mistake", "Variant"]

MISTAKES = (*factors.MISTAKES, *other_values.MISTAKES, *functions.MISTAKES, *layers.MISTAKES, *planted.MISTAKES)
"""Every mistake, by kind. Names are unique."""
