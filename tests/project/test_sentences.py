"""Every sentence that a person is told stands in one place: no two causes share it."""

import ast
from collections import Counter

from tests.conftest import ROOT

SAME_CAUSE = {  # the system's own reason, and missing columns, in two kinds of source
    "The file * cannot be read: *.",
    "* should have the columns *, got *.",
}
ERRORS = ("PhotoError", "StageError")


def sentence_of(call: ast.Call) -> str:
    """An error's first argument -> its words, a star for what is filled in; empty for a name."""
    words = call.args[0] if call.args else None
    if isinstance(words, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "*" for part in words.values]
        return "".join(map(str, parts))
    return str(words.value) if isinstance(words, ast.Constant) else ""


def test_no_two_causes_share_a_sentence():
    found: Counter[str] = Counter()
    for path in sorted((*ROOT.glob("space/**/*.py"), *ROOT.glob("train/**/*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS:
                found[sentence_of(node)] += 1
    said = {sentence: count for sentence, count in found.items() if sentence.strip("*. ")}
    assert len(said) > 60
    assert {sentence for sentence, count in said.items() if count > 1} == SAME_CAUSE
