"""What an adapter says about its framework: data and text, nothing imported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gradproof.reference.language.writing import Applied, Templates
from gradproof.reference.operations.products import ROWS
from gradproof.reference.readings.accuracy import Accuracy


@dataclass(frozen=True)
class Differentiation:
    """What the lines that differentiate are written from: names as they stand in the program.

    `arguments` are those of `loss`, in order; `parameters` those whose gradients are wanted, in order;
    `unused` are the parameters that the loss does not depend on.
    """

    arguments: tuple[str, ...]
    parameters: tuple[str, ...]
    unused: frozenset[str]

    @property
    def call(self) -> str:
        """The arguments as they are passed."""
        return ", ".join(self.arguments)

    @property
    def argnums(self) -> str:
        """The positions of the parameters among the arguments, as the text of a tuple."""
        return repr(tuple(map(self.arguments.index, self.parameters)))


@dataclass(frozen=True)
class Framework:
    """A framework as gradproof sees it.

    `modes` are the ways to run and differentiate, the default first; each writes the lines that define
    `gradients(*arguments)`. `imports` and `setup` head every program; `names` are those a program uses
    besides. `templates` says which public function each operation of the table is. `constant` makes a tensor
    of `{value}` in `{dtype}`; `number`, a template, makes one of a plain number, with the dtype of the input
    `like`; `to_list` makes Python numbers of the tensor `gradient`. `environment` is set in the worker
    before the framework is imported. `accuracies` maps dtype and kernel to its largest measured error in ulp
    (see `gradproof.adapters.figures`); `flushes_subnormals` says whether results below the smallest normal
    number become 0.
    """

    key: str
    title: str
    module: str
    distributions: tuple[str, ...]
    imports: tuple[str, ...]
    modes: Mapping[str, Callable[[Differentiation], str]]
    templates: Templates
    constant: str
    number: str
    accuracies: Mapping[str, Mapping[str, Accuracy]]
    flushes_subnormals: bool
    to_list: str = "gradient.tolist()"
    setup: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def install(self) -> str:
        """The command that installs it."""
        return f"pip install 'gradproof[{self.key}]'"

    @property
    def default_mode(self) -> str:
        """The mode that runs unless another is asked for."""
        return next(iter(self.modes))


def plus_bias(applied: Applied, product: str) -> str:
    """`product`, a template of a layer's W applied to x, plus its bias if it has one.

    The bias is a column where samples are the columns of x.
    """
    if len(applied.shapes) < 3:
        return product
    columns = applied.ranks[0] == 2 and applied.ranks[2] == 1 and applied["layout"] not in ROWS
    return f"{product} + b[:, None]" if columns else f"{product} + b"


def affine(applied: Applied, normalised: str) -> str:
    """`normalised`, a template of x normalised, times gamma and plus beta as far as they are given."""
    return normalised + "".join((" * gamma", " + beta")[: len(applied.shapes) - 1])
