"""Every page for readers: short lines, links that lead somewhere, names that exist."""

import json
import re
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from jsonschema import Draft202012Validator

from face_gender.__main__ import _parser
from tests.conftest import ROOT
from train import settings
from train.score.capacity import CapacitySettings

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "space" / "README.md"])
TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
LONGEST = 100  # columns
GENERATED = {"docs/benchmarks.md", "docs/capacity.md"}  # whose rows commands write, a line each
OF_OTHERS = {"depth", "multi_gpu", "num_processes", "config_file", "nproc_per_node"} | {
    "num_machines", "machine_rank", "main_process_ip", "main_process_port", "no-deps"
}  # fmt: skip
RENAMED = {"CHANGELOG.md", "docs/glossary.md"}  # which name what is gone too


def names_in(text: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, text))


def known_flags() -> set[str]:
    names = [f"train.settings.{each.name}" for each in iter_modules(settings.__path__)]
    values = [value for name in names for value in vars(import_module(name)).values()]
    kinds = filter(is_dataclass, [*values, CapacitySettings])
    names = {field.name for kind in kinds for field in fields(kind)} | {"recipe"}
    ours = {word.lstrip("-") for word in _parser()._option_string_actions}
    return names | {f"no_{name}" for name in names} | ours


@pytest.mark.parametrize("name", TEXTS)
def test_lines_are_short(name):
    long = [line for line in TEXTS[name].splitlines() if len(line) > LONGEST]
    assert [line for line in long if not (name in GENERATED and line.startswith("|"))] == []


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name):
    page = ROOT / name
    for target in names_in(TEXTS[name], r"\]\((?!https?:)([^)]+)\)"):
        path, _, anchor = target.partition("#")
        linked = page if not path else (page.parent / path).resolve()
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", TEXTS)
def test_named_files_exist(name):
    named = names_in(TEXTS[name], r"`((?:tests|train|docs|space)/[\w./-]+)`")
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", sorted(TEXTS.keys() - RENAMED))
def test_named_targets_exist(name):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = names_in(TEXTS[name], r"(?:`| {4}|^)make ((?:[a-z-]+ )*[a-z-]+)(?=[ `\n])")
    for target in " ".join(targets).split():
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("name", sorted(TEXTS.keys() - RENAMED))
def test_named_flags_exist(name):
    assert names_in(TEXTS[name], r"--(\w[\w-]*)") - known_flags() - OF_OTHERS == set()


def test_the_sample_answer_follows_the_schema():
    schema = (ROOT / "space" / "face_gender" / "result.schema.json").read_text(encoding="utf-8")
    sample = re.search(r"```json\n(\{\n.*?)```", TEXTS["docs/api.md"], re.DOTALL)
    assert sample is not None
    Draft202012Validator(json.loads(schema)).validate(json.loads(sample[1]))


def test_changes_are_said_in_twelve_words():
    changes = re.findall(r"^- (.*(?:\n  .*)*)", TEXTS["CHANGELOG.md"], re.MULTILINE)
    assert len(changes) > 20
    assert [change for change in changes if len(change.split()) > 12] == []


def test_the_change_log_has_the_sections_of_keep_a_changelog():
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert names_in(TEXTS["CHANGELOG.md"], r"(?m)^### (.*)$") <= kinds
    assert re.search(r"^## \[Unreleased\]$", TEXTS["CHANGELOG.md"], re.MULTILINE)
    assert re.search(r"^## \[0\.1\.0\] - \d{4}-\d\d-\d\d$", TEXTS["CHANGELOG.md"], re.MULTILINE)
