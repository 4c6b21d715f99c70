"""The draft as a lesson in TOML, with what could not be placed as comments at its end."""

import json
from dataclasses import dataclass, field
from typing import Any

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.language.parsing import check_name
from gradproof.reference.network import Network
from gradproof.reports.drafting.meaning.interpretation import Meaning
from gradproof.reports.drafting.meaning.placement import DraftClaim, parameters
from gradproof.reports.drafting.meaning.version_expressions import keys, written
from gradproof.reports.drafting.meaning.versions import Version
from gradproof.reports.drafting.pieces.pieces import place
from gradproof.reports.teaching.claims.quantity import read_quantity

MAX_LISTED = 2_000
HEAD = """\
# Drafted by gradproof from {source}: a starting point, not a verdict.
# Read every statement and every claim, correct what was misunderstood, add what is listed at the end.
# Nothing of the document was executed.
"""
EMPTY = """\
# No computation was recognised in the document: put the real one in place of this one.
[network]
statements = '''
L = x**2
'''

[inputs]
x = 1.0
"""


@dataclass
class Draft:
    """What was made of a document: claims, and what could not be placed: line, text, why."""

    title: str
    source: str
    meaning: Meaning
    claims: list[DraftClaim]
    unplaced: list[tuple[int, str, str]] = field(default_factory=list)


def write(draft: Draft) -> str:
    """The draft as the text of a TOML file; what could not be placed stands in comments at its end."""
    parts = [
        HEAD.format(source=one_line(draft.source)),
        f"title = {quoted(draft.title)}\nsource = {quoted(draft.source)}\n",
    ]
    drafted = 0
    if draft.meaning.network is None or draft.meaning.loss is None:
        parts.append(EMPTY)
    else:
        network, used, names = chosen(draft)
        parts += [network_table(draft.meaning, used, names), inputs_table(draft.meaning, used, names)]
        for claim in draft.claims:
            try:
                parts.append(claim_table(draft.meaning, claim, names, network))
            except GradproofError as problem:
                draft.unplaced.append((claim.line, claim.printed or "a formula", str(problem)))
                continue
            drafted += 1
    parts.append(listed(draft, drafted))
    return "\n".join(parts)


def chosen(draft: Draft) -> tuple[Network, list[Version], dict[str, str]]:
    """The network of what the claims need, its versions in order, and the names that they get."""
    meaning = draft.meaning
    roots = {meaning.loss, *parameters(meaning)} - {None}
    for claim in draft.claims:
        for tree in (claim.about, claim.formula):
            for key in keys(meaning.inlined(tree)) if tree is not None else ():
                if key in meaning.versions.all:
                    roots.add(meaning.versions.all[key].real)
    needed: set[Version] = set()
    for root in roots:
        needed |= meaning.versions.ancestors(root) if root is not None else set()
    used = [v for v in meaning.order if v in needed and v.now is not None]
    counts: dict[Version, int] = {}
    for claim in draft.claims:
        for tree in (claim.about, claim.formula):
            for key in keys(meaning.inlined(tree)) if tree is not None else ():
                if key in meaning.versions.all:
                    one = meaning.versions.all[key].real
                    counts[one] = counts.get(one, 0) + 1
    names: dict[str, str] = {}
    taken: set[str] = set()
    for version in sorted(used, key=lambda v: -counts.get(v, 0)):
        spelled = version.name if check_name(version.name) is None else "value"
        if spelled in taken or clashes(spelled, used):
            spelled = f"{spelled}_line{place(version.line).line}"
        while spelled in taken:
            spelled += "b"
        taken.add(spelled)
        names[version.key] = spelled
    return network_of(meaning, used, names), used, names


def clashes(spelled: str, used: list[Version]) -> bool:
    """Whether a name reads like an updated value of another."""
    return spelled.endswith("_new") and any(v.name == spelled.removesuffix("_new") for v in used)


def network_of(meaning: Meaning, used: list[Version], names: dict[str, str]) -> Network:
    """The network that the draft describes."""
    weights = parameters(meaning)
    return build(
        "\n".join(statements(meaning, used, names)),
        {names[v.key]: v.number for v in used if v.tree is None},
        loss=names[meaning.loss.key] if meaning.loss else None,
        parameters=[names[v.key] for v in weights] or None,
        learning_rate=float(meaning.rate.number) if meaning.rate is not None else None,
    )


def statements(meaning: Meaning, used: list[Version], names: dict[str, str]) -> list[str]:
    """The statements of the versions that are computed, in order, as text."""
    return [f"{names[v.key]} = {written(meaning.real(v.tree), names)}" for v in used if v.tree is not None]


def network_table(meaning: Meaning, used: list[Version], names: dict[str, str]) -> str:
    """The text of the TOML table [network]."""
    lines = ["[network]", 'statements = """', *statements(meaning, used, names), '"""']
    if meaning.loss is not None:
        lines.append(f"loss = {quoted(names[meaning.loss.key])}")
    weights = [names[v.key] for v in parameters(meaning)]
    if weights:
        lines.append(f"parameters = {json.dumps(weights)}")
    if weights and meaning.rate is not None:
        lines += [f"updated = {json.dumps(weights)}", f"learning_rate = {float(meaning.rate.number)!r}"]
    return "\n".join([*lines, ""])


def inputs_table(meaning: Meaning, used: list[Version], names: dict[str, str]) -> str:
    """The text of the TOML table [inputs]."""
    lines = ["[inputs]"]
    for version in used:
        if version.tree is None:
            note = "  # not printed in the document: any number, for formulas alone" if version.placeholder else ""
            lines.append(f"{names[version.key]} = {toml_number(version.number)}{note}")
    return "\n".join([*lines, ""])


def toml_number(value: Any) -> str:
    """A number, or nested lists of them, in TOML."""
    return f"[{', '.join(map(toml_number, value))}]" if isinstance(value, list) else repr(float(value))


def claim_table(meaning: Meaning, claim: DraftClaim, names: dict[str, str], network: Network) -> str:
    """The text of one claim in TOML. Raises GradproofError where the language has no way to say it."""
    quantity = written(meaning.inlined(claim.about), names)
    read_quantity(quantity, network)
    lines = ["[[claim]]", f"line = {place(claim.line).line}"]
    if claim.where:
        lines.append(f"where = {quoted(claim.where)}")
    lines.append(f"quantity = {quoted(quantity)}" + ("  # placed by its value" if claim.by_value else ""))
    if claim.formula is not None:
        formula = written(meaning.inlined(claim.formula), names)
        read_quantity(formula, network)
        lines.append(f"formula = {quoted(formula)}")
    elif claim.shape is not None:
        lines.append(f"shape = {quoted(claim.shape)}")
    else:
        lines.append(f"printed = {quoted(claim.printed or '')}")
    if claim.expression:
        lines.append(f"expression = {quoted(claim.expression)}")
    if claim.dtype:
        lines.append(f"dtype = {quoted(claim.dtype)}")
    return "\n".join([*lines, ""])


def listed(draft: Draft, drafted: int) -> str:
    """What could not be placed, as comments."""
    found = sorted(dict.fromkeys(one for one in draft.unplaced if one[1].strip()))
    lines = [f"# {place(line)}: {one_line(text)}: {one_line(why)}" for line, text, why in found[:MAX_LISTED]]
    if len(found) > MAX_LISTED:
        lines.append(f"# and {len(found) - MAX_LISTED} more")
    head = f"# {drafted} claims drafted; {len(found)} formulas and numbers could not be placed"
    return "\n".join([head + (":" if lines else "."), *lines, ""])


def one_line(text: str, longest: int = 90) -> str:
    """A text of the document within a comment: on one line, without control characters."""
    bare = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return bare if len(bare) <= longest else bare[: longest - 3] + "..."


def quoted(text: str) -> str:
    """A TOML string on one line."""
    clean = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    return json.dumps(clean, ensure_ascii=False)
