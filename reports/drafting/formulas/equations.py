r"""Equations in a text: `A = B = 0.61 - 0.1 = 0.51` says that A is B, and that A is 0.51 by that arithmetic.

Rows of displayed math that begin with an equals sign go on with the row before. The line of a claim is that of its
equals sign.
"""

import ast
import re
from dataclasses import dataclass, field

from gradproof.reference.errors import GradproofError
from gradproof.reports.drafting.code import translation
from gradproof.reports.drafting.code.code_statements import Code
from gradproof.reports.drafting.formulas.equation_chains import Part, chains
from gradproof.reports.drafting.formulas.latex_formulas import MAX_TEXT, Unclear, is_matrix, read_formula
from gradproof.reports.drafting.formulas.table_cells import cells, head
from gradproof.reports.drafting.meaning.said import Said
from gradproof.reports.drafting.meaning.version_expressions import SLOPE, STEP, calls, keys, name, put
from gradproof.reports.drafting.meaning.versions import DISPLAYED, INLINE, Versions
from gradproof.reports.drafting.pieces.lines import is_numbers, parsed
from gradproof.reports.drafting.pieces.pieces import INLINE as INLINE_PIECE
from gradproof.reports.drafting.pieces.pieces import SPAN, TABLE, TEXT, Piece
from gradproof.reports.teaching.printed.beside import arithmetic
from gradproof.reports.teaching.printed.trailing import NUMBER
from gradproof.reports.teaching.right.shapes import read_shape

MAX_SAID = 1_000
"""Equations and numbers that are looked at; a text with more is read in parts."""

MAX_ROW = 5_000
"""Characters of a row of a table."""

SPACE = re.compile(r"\\mathbb\s*(?:\{\s*R\s*\}|R)\s*\^\s*(?:\{(.{1,200})\}|(\w))\Z")
IN_TEXT = re.compile(rf"(?<![\w.=\\])([A-Za-z]\w{{0,30}})\s*(?:=|≈)\s*([-−+]?{NUMBER})(?![\w(*/^+=-])", re.VERBOSE)


@dataclass
class Equations:
    """The reader of what is no code, into `said`; what it cannot read goes to `unread`: line, text, why."""

    versions: Versions
    said: list[Said]
    code: Code
    unread: list[tuple[int, str, str]]
    numbers: list[tuple[str, str, int]] = field(default_factory=list)
    before: ast.expr | None = None

    def read(self, piece: Piece) -> None:
        """Read one piece of a text."""
        if piece.kind == TABLE:
            self.table(piece)
        elif piece.kind == SPAN:
            self.span(piece)
        elif piece.kind == TEXT:
            line, counted = piece.line, 0
            for found in IN_TEXT.finditer(piece.text):
                if self.full():
                    break
                line, counted = line + piece.text.count("\n", counted, found.start()), found.start()
                self.number(ast.Name(found[1], ast.Load()), found[2], line, piece.where, None, INLINE)
        else:
            origin = INLINE if piece.kind == INLINE_PIECE else DISPLAYED
            self.before = None
            for chain in chains(piece.text, piece.line):
                if self.full():
                    break
                self.chain(chain, piece.where, origin)

    def full(self) -> bool:
        """Whether as much has been read as will be: MAX_SAID things."""
        return len(self.said) >= MAX_SAID or len(self.unread) >= MAX_SAID

    def chain(self, parts: list[Part], where: str, origin: str) -> None:
        """Read a chain of equations: everything in it is what stands at its beginning.

        Formulas that are Unclear raise nothing: they go to `unread`, with the reason.
        """
        first = parts[0].text
        if first:
            try:
                self.before = read_formula(first)
                if not isinstance(self.before, ast.Name | ast.Call):
                    raise Unclear("more than a name on the left")
            except Unclear as problem:
                self.before = None
                if not parts[1].member and not self.pair(parts, where):
                    self.unread.append((parts[1].line, f"{first} = {parts[1].text}", str(problem)))
                return
        if self.before is None:
            return
        for i, part in enumerate(parts[1:], 1):
            if self.full():
                break
            if part.member:
                self.member(self.before, part, where, origin)
            elif is_numbers(part.text, MAX_ROW):
                self.number(
                    self.before, part.text, part.line, where, arithmetic(parts[i - 1].text) if i > 1 else None, origin
                )
            elif arithmetic(part.text) is None:
                try:
                    self.formula(self.before, read_formula(part.text), part.line, where, origin)
                except Unclear as problem:
                    self.unread.append((part.line, f"{first} = {part.text}", str(problem)))
            elif i + 1 == len(parts) or not is_numbers(parts[i + 1].text, MAX_ROW):
                self.unread.append((part.line, part.text, "arithmetic whose result is not printed"))

    def pair(self, parts: list[Part], where: str) -> bool:
        """`(x, t) = (4, 8)`: several names with their numbers."""
        sides = [re.fullmatch(r"\s*\((.*)\)\s*", part.text) for part in parts[:2]]
        if len(parts) != 2 or not sides[0] or not sides[1]:
            return False
        names, numbers = sides[0][1].split(","), sides[1][1].split(",")
        if len(names) != len(numbers) or not all(is_numbers(number, MAX_ROW) for number in numbers):
            return False
        for one, number in zip(names, numbers, strict=True):
            try:
                self.number(read_formula(one), number.strip(), parts[1].line, where, None, INLINE)
            except Unclear:
                return False
        return True

    def number(self, about: ast.expr, printed: str, line: int, where: str, expression: str | None, origin: str) -> None:
        """Note that a number is printed for `about`, if that names anything, perhaps with the arithmetic beside it.

        `line` is as a piece's, `origin` where in the text the number stands.
        """
        if not any(keys(about)):
            return
        if isinstance(about, ast.Name):
            self.numbers.append((about.id, printed, line))
        meant = self.tied(about, line, origin)
        self.said.append(Said(line, where, meant, printed=printed.strip(" .,;"), expression=expression))

    def formula(self, about: ast.expr, tree: ast.expr, line: int, where: str, origin: str) -> None:
        """A formula for something: its definition, if it has none so far, and a claim."""
        sides = [calls(side, SLOPE)[:1] for side in (about, tree)]
        if sides == [[about], [tree]] and not isinstance(sides[1][0].args[0], ast.Name):
            (about, by), (tree, same) = (side[0].args for side in sides)
            if ast.dump(by) != ast.dump(same):
                self.unread.append((line, ast.unparse(tree), "a derivative by something else than on the left"))
                return
        if not any(keys(about)):
            return
        if isinstance(about, ast.Name) and isinstance(tree, ast.Call) and not any(keys(tree)):
            return  # a function of a number: the result, if it is printed, is claimed
        meant = self.tied(tree, line, origin)
        self.shape(meant)
        if isinstance(about, ast.Name) and not calls(tree, SLOPE, STEP) and self.is_new(about.id, meant, line):
            version = self.versions.define(about.id, meant, line, origin)
            self.versions.bind(about.id, version)
        self.said.append(Said(line, where, self.tied(about, line, origin), formula=meant))

    def member(self, about: ast.expr, space: Part, where: str, origin: str) -> None:
        r"""A shape: `W \in \mathbb{R}^{m \times n}`."""
        found = SPACE.match(space.text)
        if found is None:
            return
        shape = "(" + re.sub(r"[{}\s]|\\,", "", found[1] or found[2]).replace(r"\times", ", ").replace("×", ", ") + ")"
        try:
            sizes = read_shape(shape)
        except GradproofError:
            return
        meant = self.tied(about, space.line, origin)
        if isinstance(meant, ast.Name):
            version = self.versions.all[meant.id]
            version.axes = max(version.axes, min(len(sizes), 2))
        self.said.append(Said(space.line, where, meant, shape=shape))

    def shape(self, tree: ast.expr) -> None:
        """Note which names are matrices, and which vectors, should their numbers not be printed."""
        products = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)]
        left = {key for node in products for key in keys(node.left)}
        for key in keys(tree) if left else ():
            version = self.versions.all[key]
            version.axes = max(version.axes, 2 if key in left and is_matrix(name(version.name)) else 1)

    def is_new(self, name: str, tree: ast.expr, line: int) -> bool:
        """Whether a formula defines a name: the first one does, and one that is about other things altogether."""
        known = self.versions.known(name)
        if known is None:
            return True
        if known.tree is None or known.line == line:
            return False
        before = self.versions.inputs(known)
        now = frozenset().union(*(self.versions.inputs(one) for one in self.versions.reads(tree)))
        return bool(now) and known not in now and not now & before

    def tied(self, tree: ast.expr, line: int, origin: str) -> ast.expr:
        """The expression over versions instead of names."""
        return put(tree, lambda one: name(self.versions.named(one, line, origin).key))

    def span(self, piece: Piece) -> None:
        """A code span: `y1_out = 0.7319`, or a statement."""
        tree = parsed(piece.text.strip()) if "=" in piece.text and len(piece.text) <= MAX_TEXT else None
        if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Assign):
            return
        target, value = tree.body[0].targets[0], tree.body[0].value
        if not isinstance(target, ast.Name):
            return
        if translation.literal(value) is not None:
            self.number(target, piece.text.partition("=")[2], piece.line, piece.where, None, INLINE)
            return
        found = self.code.value(value, self.code.names)
        if isinstance(found, ast.expr):
            about = ast.Name(self.versions.named(target.id, piece.line, INLINE).key, ast.Load())
            self.said.append(Said(piece.line, piece.where, about, formula=found))

    def table(self, piece: Piece) -> None:
        """The numbers of a table, by the first cell of its row where the heading of its column is not known."""
        rows = [cells(line[:MAX_ROW]) for line in piece.text.split("\n")[:MAX_SAID]]
        heads = [head(cell) for cell in rows[0]]
        for offset, row in enumerate(rows[1:], 1):
            if self.full():
                break
            label = head(row[0]) if row else None
            for i, cell in enumerate(row):
                column = heads[i] if i < len(heads) else None
                about = label if i and label is not None and not self.is_known(column) else column
                if not is_numbers(cell, MAX_ROW):
                    continue
                line = piece.line + offset
                if about is None:
                    self.unread.append((line, cell, "its column has no name that is understood"))
                    continue
                meant, where = self.tied(about, line, INLINE), f"{piece.where}, table"
                self.said.append(Said(line, where, meant, printed=cell, table=True))

    def is_known(self, about: ast.expr | None) -> bool:
        """Whether the heading of a column is of something that the document has named before."""
        names = [node.id for node in ast.walk(about) if isinstance(node, ast.Name)] if about is not None else []
        return any(self.versions.known(name) is not None for name in names)
