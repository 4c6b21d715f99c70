"""What an adapter says about its framework: data and text. Neither a framework nor NumPy is imported for it.

A framework is one file of this folder, its words in the files `*_words.py` beside it, and its line in
`gradproof.adapters.registry`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from gradproof.reference.readings.cuts import Cuts

if TYPE_CHECKING:
    from gradproof.reference.readings.accuracy import Accuracy


@dataclass(frozen=True)
class Applied:
    """An operation where it is applied: its attributes, and the shapes of its operands.

    `mode` and `dtype` are those that it runs in, where that is asked: an algorithm may depend on them, a text does not.
    """

    attributes: Mapping[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    mode: str = ""
    dtype: str = ""

    @property
    def ranks(self) -> tuple[int, ...]:
        """The rank of each operand, its number of axes, in order."""
        return tuple(map(len, self.shapes))

    def __getitem__(self, attribute: str) -> Any:
        """The value of the attribute of that name. Raises KeyError where the operation has none."""
        return self.attributes[attribute]

    def filled(self, template: "Template | None") -> str | None:
        """The text of a template for this application; None where there is no template, or it gives none."""
        return template if template is None or isinstance(template, str) else template(self)


Template = str | Callable[[Applied], str | None]
"""A Python expression over the operation's own operand and attribute names, such as `"torch.mean(x, dim=axis)"`, or a
function that gives one, or None where what is inherited will do.
"""


class Definition(NamedTuple):
    """A function that a program defines for an operation, and calls by its name; several results are a tuple.

    `before` are the functions that it calls, and `imports` the lines that it needs. `prepared` is what has to be run
    before the operation is applied.
    """

    text: str
    before: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    prepared: Callable[[Applied], str] | None = None


@dataclass(frozen=True)
class Differentiation:
    """What the lines that differentiate are written from: names as they stand in the program.

    `arguments` are those of `loss`, in order; `parameters` those whose gradients are wanted, in order;
    `unused` are the parameters that the loss does not depend on, `gathered` those out of which rows are taken: some
    frameworks give just the gradients of these rows.
    """

    arguments: tuple[str, ...]
    parameters: tuple[str, ...]
    unused: frozenset[str]
    gathered: frozenset[str] = frozenset()

    @property
    def call(self) -> str:
        """The arguments of `loss` as a call passes them: their names with commas between."""
        return ", ".join(self.arguments)

    @property
    def argnums(self) -> str:
        """The positions of the parameters among the arguments, as the text of a tuple."""
        return repr(tuple(map(self.arguments.index, self.parameters)))


@dataclass(frozen=True)
class Mode:
    """A way to run and differentiate.

    `gradients` writes the lines that define `value_and_gradients(*arguments)`, which gives the loss, and the gradients
    in the order of the parameters. `decorator` compiles a function as the mode does, if it compiles. Kernels are
    `measured` in a mode unless another runs the same ones. `cuts` says how long sums are cut, in the version that the
    framework is `declared_of`, where one compiler makes all of them (see `gradproof.reference.readings.compiled_sums`).
    """

    gradients: Callable[[Differentiation], str]
    decorator: str = ""
    measured: bool = True
    cuts: Cuts | None = None

    @property
    def recomputes(self) -> bool:
        """Whether a value may be computed more than once, and not alike: a compiler does that that fuses operations."""
        return bool(self.decorator)


@dataclass(frozen=True)
class Checker:
    """A framework's own gradient checker, with its own defaults.

    `call` checks `function` at the `{parameters}`; it raises `complaint` where it takes the gradient for wrong.
    `imports` are the lines that it needs.
    """

    title: str
    call: str
    imports: str = ""
    complaint: str = "AssertionError"


@dataclass(frozen=True)
class Framework:
    """A framework as gradproof sees it.

    It is called `key` on the command line and in data, and `title` in prose; `colour` is its own in figures, legible on
    white and on black. `module` is imported; the first of `distributions` that is installed tells its version.
    `tensors` are other modules that the classes of its tensors are in. `modes` come with the default first.

    Text of programs: `imports` head every program, and the line of its dtype in `setup`; `names` are those that a
    program uses besides. `templates` say how operations of the table are written, where the words that all frameworks
    share do not fit (see `gradproof.adapters.plain_words`); an operation that neither names is the function of its name
    in `namespace`, which takes a list where gradproof's language takes several arrays. `definitions` are of operations
    that take more than an expression. `algorithms` names, by operation, the algorithm of the operation table that the
    framework runs where that is not the stable form; its source stands beside it, a file of the framework's repository
    at the version `declared_of`. `shipped` are texts, over x, of kernels that run inside other functions only, or in a
    part of what their own word does, by the statement that the catalogue has for them. `constant` makes a tensor of
    `{value}` in `{dtype}`, and `integers` are those of a program, by its dtype, where they are not int64; `number`, a
    template, makes one of a plain number, with the dtype of the input `like`; `cast` converts `{tensor}` to `{dtype}`,
    and `detached` is `{tensor}` as a constant; `to_list` makes Python numbers of the tensor `gradient`.

    `environment` is set in the worker before the framework is imported; `portable` besides, under the profile of that
    name (see `gradproof.adapters.running.profiles`). `flushes_subnormals` says whether results below the smallest
    normal number become 0.
    """

    key: str
    title: str
    colour: str
    module: str
    distributions: tuple[str, ...]
    imports: tuple[str, ...]
    modes: Mapping[str, Mode]
    namespace: str
    templates: Mapping[str, Template]
    algorithms: Mapping[str, Template]
    constant: str
    number: str
    cast: str
    detached: str
    flushes_subnormals: bool
    to_list: str = "gradient.tolist()"
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    shipped: Mapping[str, str] = field(default_factory=dict)
    setup: Mapping[str, str] = field(default_factory=dict)
    integers: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    tensors: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    portable: Mapping[str, str] = field(default_factory=dict)
    checkers: tuple[Checker, ...] = ()
    declared_of: str = ""
    measured: "Mapping[str, Mapping[str, Accuracy]] | None" = None

    def head(self, imports: Iterable[str], dtype: str) -> list[str]:
        """What a program of a dtype begins with: the lines that import, and those that set the framework up."""
        narrow = dtype if dtype in self.setup else "float32"
        return ["\n".join(imports), *([self.setup[narrow]] if self.setup else [])]

    def tensor(self, value: str, kind: str, dtype: str) -> str:
        """The text that makes a tensor of the text `value`, an array of the dtype `kind`, in a program of `dtype`."""
        return self.constant.format(value=value, dtype=self.integers.get(dtype, kind) if kind == "int64" else kind)

    def tensors_of(self, dtype: str) -> dict[str, str]:
        """The texts that make a tensor of `value` in a program of `dtype`, by the dtype of the array."""
        return {kind: self.tensor("value", kind, dtype) for kind in (dtype, "int64", "bool")}

    @property
    def install(self) -> str:
        """The shell command that installs the framework with gradproof."""
        return f"pip install 'gradproof[{self.key}]'"

    @property
    def default_mode(self) -> str:
        """The mode that runs unless another is asked for."""
        return next(iter(self.modes))

    @property
    def measured_modes(self) -> tuple[str, ...]:
        """The modes whose kernels are measured."""
        return tuple(name for name, mode in self.modes.items() if mode.measured)

    @property
    def imported(self) -> frozenset[str]:
        """The names that `imports` bind, so that no value of a program is called so."""
        return frozenset(line.split()[-1] for line in self.imports)

    @property
    def accuracies(self) -> "Mapping[str, Mapping[str, Accuracy]]":
        """By dtype and kernel, the largest error in ulp: as `measured`, or as it is committed for all machines."""
        from gradproof.adapters.figures import accuracies  # which imports NumPy

        return accuracies(self.key) if self.measured is None else self.measured
