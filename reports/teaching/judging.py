"""Judging the claims of a lesson, in file order, since a wrong number may be the cause of later ones."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.claim import FORMULA, NUMBER, SHAPE, Claim, Lesson
from gradproof.reports.teaching.claims.quantity import Quantity
from gradproof.reports.teaching.claims.statuses import (
    DIFFERS,
    OK,
    PROPAGATED,
    ROUNDED,
    TRUNCATED,
    WRONG,
    ClaimResult,
    Diagnosis,
)
from gradproof.reports.teaching.diagnosis.carried import (
    Earlier,
    carried_on,
    derivatives_called,
    mistaken_too,
    relevant,
    rounded_throughout,
    solved,
)
from gradproof.reports.teaching.diagnosis.consistency import Conflicts, Support
from gradproof.reports.teaching.diagnosis.diagnose import Wrong, diagnose
from gradproof.reports.teaching.diagnosis.formula_mistakes import explained
from gradproof.reports.teaching.diagnosis.printed_arithmetic import read_arithmetic
from gradproof.reports.teaching.elsewhere import Elsewhere
from gradproof.reports.teaching.printed.printed import Number, Printed
from gradproof.reports.teaching.right import expressions
from gradproof.reports.teaching.right.fitting import Exact, aligned, as_float, fits, one_float, pairs, text, truncated
from gradproof.reports.teaching.right.formulas import Points, counterexample
from gradproof.reports.teaching.right.preparing import Prepared, prepared
from gradproof.reports.teaching.right.right import Asked, plain_truth
from gradproof.reports.teaching.right.shapes import judge_shape, sizes


class Judge:
    """The claims of one lesson judged so far."""

    def __init__(self, lesson: Lesson, first: int = 0) -> None:
        self.lesson, self.first = lesson, first
        self.prepared = prepared(lesson, first)
        self.earlier: list[Earlier] = []
        self.followed: dict[int, int | None] = {}
        self.wrong_before: dict[Any, int] = {}
        self.right_formulas: dict[str, list[Quantity]] = {}
        self.points = Points(lesson.network)
        shaped = [(p.shape, p.asked.quantity.shape) for p in self.prepared if p.shape is not None]
        self.sizes = sizes(shaped)
        self.elsewhere = Elsewhere(self.prepared, lesson.network) if shaped else None
        self.decimals = decimals_of([made.printed for made in self.prepared if made.printed is not None])

    def results(self, progress: Callable[[ClaimResult], None] | None = None) -> list[ClaimResult]:
        """The result of every claim, in file order."""
        found = []
        for position, made in enumerate(self.prepared, self.first):
            judge = {NUMBER: self.number, FORMULA: self.formula, SHAPE: self.shape}[made.claim.kind]
            try:
                found.append(judge(position, made))
            except GradproofError as problem:
                raise GradproofError(f"claim {position + 1} ({made.claim.quantity}): {problem}") from None
            if progress:
                progress(found[-1])
        return found

    # Shapes.

    def shape(self, position: int, made: Prepared) -> ClaimResult:
        """A shape claim."""
        assert made.shape is not None
        earlier = self.prepared[: position - self.first]
        before = [p.shape for p in earlier if p.shape is not None and p.claim.quantity == made.claim.quantity]
        result = judge_shape(made.claim, made.shape, made.asked.quantity.shape, self.sizes, before)
        if result.status == OK and self.elsewhere is not None:
            result = self.elsewhere.judged(made) or result
        return result if result.status == OK else self.repeated(position, made, result.computed) or result

    # Formulas.

    def formula(self, position: int, made: Prepared) -> ClaimResult:
        """A formula claim."""
        claim, quantity, formula = made.claim, made.asked.quantity, made.formula
        points = self.points if not claim.at else Points(made.asked.network)
        if formula is None or formula.shape not in ((), quantity.shape):
            message = f"the formula has no value: {made.misfit}"
            if formula is not None:
                message = f"the formula has shape {formula.shape}, {claim.quantity} has shape {quantity.shape}"
            return self.wrong_formula(position, made, points, text(made.asked.right.values, quantity.shape), message)
        difference, constrained = counterexample(points, quantity, formula)
        if difference is None:
            message = "holds where the rows that sum to 1 in this file do so" if constrained else ""
            return ClaimResult(claim, claim.formula or "", OK, message)
        entry = "".join(f"[{i}]" for i in difference.index)
        message = (
            f"not an identity: at {difference.inputs} the formula{entry} gives {difference.claimed:.10g}, "
            f"{claim.quantity}{entry} is {difference.right:.10g}"
        )
        return self.wrong_formula(position, made, points, f"{difference.right:.10g}", message)

    def wrong_formula(self, position: int, made: Prepared, points: Points, computed: str, message: str) -> ClaimResult:
        """A formula that is no identity: one printed before, or a root error."""
        claim, quantity = made.claim, made.asked.quantity
        repeated = self.repeated(position, made, computed)
        if repeated is not None:
            return repeated
        found = explained(quantity, claim.formula or "", made.formula, points)
        if made.formula is not None and made.formula.shape in ((), quantity.shape):
            self.remember_formula(position, made, found.network)
        return ClaimResult(claim, computed, WRONG, message, corrected=found.corrected, diagnosis=found.diagnosis)

    def repeated(self, position: int, made: Prepared, computed: str) -> ClaimResult | None:
        """The result of a claim that says, word for word, what was wrong before."""
        claim = made.claim
        said = f"{claim.quantity} = {claim.formula}" if claim.formula else f"{claim.quantity}: {claim.shape}"
        first = self.wrong_before.setdefault((re.sub(r"\s", "", said), made.asked.at), position)
        if first == position:
            return None
        return ClaimResult(claim, computed, PROPAGATED, f"repeats {said}", follows=first)

    # Numbers.

    def number(self, position: int, made: Prepared) -> ClaimResult:
        """A printed number, against the statuses in their order."""
        claim, asked, printed = made.claim, made.asked, made.printed
        assert printed is not None
        right = asked.right
        computed = text(right.values, right.shape)
        places = aligned(printed, right.shape)
        if places is None:
            message = f"what is printed has shape {printed.shape}, {claim.quantity} has shape {right.shape}"
            return ClaimResult(claim, computed, WRONG, message)
        found = pairs(printed, places, right.values)
        corrected = printed.written([right.values[k] for k in places])
        if right.shape == () and right.values[0] and not any(c in "123456789" for c in corrected):
            corrected = f"{as_float(right.values[0]):.2g}"  # to the printed decimals it would be 0
        slack = [right.slack[k] for k in places if k >= 0]

        def result(status: str, message: str = "", mistaken: Network | None = None, **more: Any) -> ClaimResult:
            self.remember(position, made, status, mistaken)
            self.followed[position] = more.get("follows")
            return ClaimResult(claim, computed, status, message, corrected=corrected, **more)

        given = self.arithmetic_value(made)
        agrees = given is None or holds([n for n, _ in found], given)
        if all(fits(n, v, s) for (n, v), s in zip(found, slack, strict=True)):
            if not agrees:
                shown = text(given or [], right.shape if given and len(given) > 1 else ())
                return result(DIFFERS, f"the number is right, but {claim.expression} is {shown}")
            outside = not all(fits(n, v) or one_float(n, v, claim.dtype) for n, v in found)
            explained = f"the rounding of {claim.dtype} explains the difference from {computed}" if outside else ""
            return result(OK, explained)
        if all(fits(n, v, s) or truncated(n, v) for (n, v), s in zip(found, slack, strict=True)):
            return result(TRUNCATED, f"cut off instead of rounded: {corrected}")
        return self.off(position, made, places, result, given if not agrees else None, agrees and given is not None)

    def wrong(self, position: int, made: Prepared, places: Sequence[int]) -> Wrong:
        """A number that is not right, with what is known about it."""
        asked, printed = made.asked, made.printed
        assert printed is not None
        entries = relevant(asked, self.earlier, self.recipes(made))
        sound = [e for e in self.earlier if not e.failing and e.asked.at == asked.at]
        earlier = [self.prepared[e.position - self.first] for e in sound]
        later = [m for m in self.prepared[position - self.first + 1 :] if m.comparable and m.asked.at == asked.at]
        return Wrong(asked, printed, places, entries, Conflicts(earlier), Support(later))

    def recipes(self, made: Prepared) -> list[Asked]:
        """The formulas that the document rightly gives for what a claim prints: it may have been computed by them."""
        said = re.sub(r"\s", "", made.claim.quantity)
        if made.asked.step is not None or not made.asked.traceable:
            return []
        if said not in self.right_formulas:
            there = [m.formula for m in self.prepared if re.sub(r"\s", "", m.claim.quantity) == said and not m.claim.at]
            shape = made.asked.quantity.shape
            fitting = [formula for formula in there if formula is not None and formula.shape == shape and formula.atoms]
            quantity = made.asked.quantity
            self.right_formulas[said] = [f for f in fitting if counterexample(self.points, quantity, f)[0] is None]
        return [made.asked.about(formula) for formula in self.right_formulas[said]]

    def off(
        self,
        position: int,
        made: Prepared,
        places: Sequence[int],
        result: Callable[..., ClaimResult],
        other: list[Exact] | None,
        arithmetic_holds: bool,
    ) -> ClaimResult:
        """A number that is not right: carried on from earlier ones, or a root error."""
        claim, asked = made.claim, made.asked
        wrong = self.wrong(position, made, places)
        arithmetic = read_arithmetic(made.expression, asked, self.earlier) if made.expression else None
        if arithmetic_holds and arithmetic is not None and arithmetic.rounded_only:
            return result(ROUNDED, f"computed from rounded numbers: {claim.expression}")
        carried = carried_on([asked, *self.recipes(made)], wrong, wrong.entries)
        decimals = None if carried else rounded_throughout(asked, wrong.matches, self.decimals)
        if decimals is not None:
            return result(ROUNDED, f"computed from numbers rounded to {decimals} decimals")
        if carried is None and arithmetic_holds and arithmetic is not None and arithmetic.follows is not None:
            carried = PROPAGATED, [arithmetic.follows]
        if carried is not None:
            status, causes = carried
            named = ", ".join(dict.fromkeys(e.said for e in causes))
            if status == ROUNDED:
                return result(ROUNDED, f"computed from rounded numbers: {named}")
            return result(PROPAGATED, f"follows from {named}", follows=self.root(causes[0].position))
        cause = mistaken_too(asked, wrong.matches, self.earlier)
        if cause is not None:
            message = f"follows from the mistake in {cause.said}"
            return result(PROPAGATED, message, follows=self.root(cause.position))
        if other is not None:
            given = text(other, () if len(other) == 1 else asked.quantity.shape)
            diagnosis = self.not_multiplied_out(claim, given)
            return result(WRONG, f"{claim.expression} is {given}", diagnosis=diagnosis)
        if arithmetic_holds and arithmetic is not None and arithmetic.diagnosis is not None:
            return result(WRONG, diagnosis=arithmetic.diagnosis)
        named_mistake = diagnose(wrong)
        if named_mistake is None:
            return result(WRONG)
        diagnosis, network = named_mistake
        return result(WRONG, diagnosis=diagnosis, mistaken=network)

    @staticmethod
    def not_multiplied_out(claim: Claim, given: str) -> Diagnosis:
        """A number that is not what the arithmetic beside it gives."""
        sentence = "The arithmetic printed beside it gives another number."
        return Diagnosis("arithmetic", sentence, claim.expression or "", given, 0.0)

    def root(self, position: int) -> int:
        """The wrong number that the one at `position` follows from, or that one itself."""
        before = self.followed.get(position)
        return position if before is None else before

    def arithmetic_value(self, made: Prepared) -> list[Exact] | None:
        """What the expression of a claim gives, if it has one."""
        if made.expression is None:
            return None
        return expressions.value(made.expression, made.asked)

    def remember(self, position: int, made: Prepared, status: str, mistaken: Network | None) -> None:
        """Keep a printed number for the claims after it."""
        entry, printed = made.asked.quantity.entry, made.printed
        if printed is None or made.asked.step is not None or None in printed.numbers:
            return
        read = [number for number in printed.numbers if number is not None]
        numbers, half = [as_float(n.value) for n in read], np.array([as_float(n.unit) / 2 for n in read])
        if not all(map(math.isfinite, numbers)) or aligned(printed, made.asked.quantity.shape) is None:
            return
        atom, key = entry or (None, ())
        kept = Earlier(position, made.asked, atom, key, numbers, status, mistaken, printed=numbers, half=half)
        self.earlier.append(kept if entry else solved(kept))
        for slope in derivatives_called(made.asked, self.points):
            self.earlier.append(Earlier(position, made.asked, slope, (), numbers, status, mistaken, half=half))

    def remember_formula(self, position: int, made: Prepared, mistaken: Network | None) -> None:
        """Keep what a wrong formula gives at the numbers of the claim: the author may have computed by it."""
        entry, formula = made.asked.quantity.entry, made.formula
        if entry is None or formula is None:
            return
        try:
            given = made.asked.about(formula).plainly(made.asked.evaluation("plain", plain_truth))
        except (GradproofError, ValueError, ZeroDivisionError):
            return
        numbers = [as_float(x) for x in given] * (math.prod(made.asked.quantity.shape) if formula.shape == () else 1)
        if all(map(math.isfinite, numbers)):
            self.earlier.append(Earlier(position, made.asked, *entry, numbers, WRONG, mistaken))


def decimals_of(printed: Sequence[Printed]) -> list[int]:
    """How many decimals the document prints, the most first."""
    units = {number.unit for each in printed for number in each.numbers if number is not None and number.unit}
    return sorted({round(-math.log10(unit)) for unit in units if 10**-16 < unit < 1}, reverse=True)


def holds(numbers: Sequence[Number], values: Sequence[Exact]) -> bool:
    """Whether numbers were printed that are these values, rounded."""
    return len(numbers) == len(values) and all(fits(n, v) for n, v in zip(numbers, values, strict=True))
