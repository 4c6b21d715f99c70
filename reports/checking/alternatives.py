"""What to write instead of an operation that is wrong: another spelling of it, run before it is recommended."""

from gradproof.adapters.framework import Applied, Framework
from gradproof.adapters.plain_words import CAREFUL, COMPOSED
from gradproof.adapters.programs.statements import expression
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.attributes import is_discrete
from gradproof.reports.checking.explaining.localising import VALUE
from gradproof.reports.checking.results.grouping import Finding
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.tolerance import agree, assess


def instead(finding: Finding, framework: Framework, workers: Workers) -> str | None:
    """What agrees in the framework's words where the operation of the finding does not; None if nothing is known to."""
    if finding.shows is None or finding.key.operation is None:
        return None
    network = finding.shows
    node = network.nodes[network.index("y")]
    shapes = [network.nodes[k].shape for k in node.operands]
    names = OPERATIONS[node.operation].operands[: len(shapes)]
    applied = Applied(node.attributes, tuple(shapes))
    for spellings in (CAREFUL, COMPOSED):
        template = applied.filled(spellings.get(node.operation))
        if template is None:
            continue
        statement = template.format(**node.attributes)
        inputs = {name: network.inputs[f"x{k}"] for k, name in enumerate(names)}
        text = f"value = {statement}\nL = sum(value * cotangent)"
        floats = [name for name, array in inputs.items() if not is_discrete(array)]
        other = build(text, {**inputs, "cotangent": network.inputs[VALUE]}, parameters=["cotangent", *floats])
        if all(agrees(other, finding, dtype, framework, workers) for dtype in finding.dtypes):
            return expression(statement, framework, dict(zip(names, shapes, strict=True)))
    return None


def agrees(network: Network, finding: Finding, dtype: str, framework: Framework, workers: Workers) -> bool:
    """Whether a network agrees in the framework and mode of a finding."""
    found = workers.gradients(network, framework.key, finding.key.mode, dtype).result()
    if isinstance(found, Failed):
        return False
    return agree(assess(Case("instead", network, framework, finding.key.mode, dtype), found[0]))
