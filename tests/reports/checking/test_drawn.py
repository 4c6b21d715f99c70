"""What was drawn of each operation, in a check's report of random networks."""

from gradproof.reports.checking.rendering.drawn import coverage_section, drawn

REPORT = {
    "coverage": {
        "operations": {
            "relu": [
                {"attributes": {}, "networks": 3, "points": {"a tie": 1, "0": 2}},
                {"attributes": {"slope": "a number"}, "networks": 2, "points": {"0": 1}},
            ],
            "tanh": [{"attributes": {}, "networks": 4, "points": {}}],
        },
        "never": ["abs"],
    }
}


def test_the_sentence_names_the_rarest_and_what_is_missing() -> None:
    assert drawn(REPORT) == [
        "drawn: 2 of 3 operations; tanh in 4 networks and the others in as many or more; "
        "2 pairs of an operation and a special point; never operation abs"
    ]
    assert drawn({"coverage": {"operations": {}, "never": ["abs", "exp"]}}) == [
        "drawn: 0 of 2 operations; 0 pairs of an operation and a special point; never operations abs, exp"
    ]


def test_the_section_has_a_row_for_each_choice_of_attributes() -> None:
    rows = [line.split("|")[1:-1] for line in coverage_section(REPORT) if line.startswith("| `")]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["`relu`", "-", "3", "0 (2); a tie (1)"],
        ["`relu`", "slope=a number", "2", "0 (1)"],
        ["`tanh`", "-", "4", "-"],
    ]


def test_networks_that_were_given_are_not_counted() -> None:
    assert (drawn({}), coverage_section({})) == ([], [])
