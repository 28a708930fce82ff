"""What must hold for every file of the house, whoever wrote it."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

from core.words import known_codes

ROOT = Path(settings.BASE_DIR)
ROOMS = ["config", "core", "clinic", "mobile_team", "referrals", "pharmacy", "desk", "reports"]
LONGEST = 500
PLAIN = {"str", "int", "bool", "str | None", "int | None"}
# Written in two parts, so that this file itself names none.
HOSTS = [
    a + b
    for a, b in [
        ("pypi", ".org"), ("pythonhosted", ".org"), ("registry.npmjs", ".org"), ("npmjs", ".com"), ("unpk", "g.com"),
        ("jsdeli", "vr.net"), ("cdnjs.", "cloudflare"), ("fonts.goog", "leapis"), ("fonts.gs", "tatic"),
        ("ghcr", ".io"), ("docker", ".io/"), ("quay", ".io"), ("crates", ".io"), ("kozea.", "github"),
    ]
]  # fmt: skip


@cache
def files(*endings):
    """Return what belongs to the project: what git knows or would take; else every file but the made ones."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.splitlines()]
    else:
        found = [p for p in ROOT.rglob("*") if not {".venv", "var", ".git"} & set(p.relative_to(ROOT).parts)]
    return [p for p in found if p.is_file() and (not endings or p.suffix in endings)]


def code(*, of_rooms=True):
    wanted = [p for p in files(".py") if "migrations" not in p.parts]
    return [p for p in wanted if not of_rooms or p.relative_to(ROOT).parts[0] in ROOMS]


def name_of(path):
    return str(path.relative_to(ROOT))


def test_no_file_is_too_long_to_read():
    texts = [p for p in files(".py", ".js", ".css", ".html") if "migrations" not in p.parts]
    assert {name_of(p): n for p in texts if (n := len(p.read_text(encoding="utf-8").splitlines())) > LONGEST} == {}


def raised_codes():
    """Yield (file, line, code) for every RuleBroken or Conflict that is made with a plain code."""
    for path in code():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in {
                "RuleBroken", "Conflict",
            }:  # fmt: skip
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield name_of(path), node.lineno, first.value


def test_every_rule_that_can_break_has_words():
    raised = list(raised_codes())
    assert len(raised) > 20
    assert [r for r in raised if r[2] not in known_codes()] == []


def test_every_constraint_of_the_database_has_words():
    silent = [
        f"{model._meta.label}: constraint.{constraint.name}"
        for model in apps.get_models()
        if model._meta.app_config.name.partition(".")[0] in ROOMS
        for constraint in model._meta.constraints
        if f"constraint.{constraint.name}" not in known_codes()
        and model._meta.app_label not in {"core", "jobs", "accounts", "audit", "places"}
    ]
    assert silent == []


def test_every_task_takes_plain_ids_and_numbers():
    odd = []
    for path in code():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any("shared_task" in ast.unparse(d) for d in node.decorator_list):
                given = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                kinds = {ast.unparse(a.annotation) if a.annotation else "?" for a in given if a.arg != "self"}
                if not kinds <= PLAIN or node.args.vararg or node.args.kwarg:
                    odd.append((name_of(path), node.name, kinds))
    assert odd == []


@pytest.mark.django_db
def test_models_and_migrations_agree():
    out = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=out)
    except SystemExit:
        pytest.fail(out.getvalue())


@pytest.mark.parametrize("path", [p for p in files(".html") if "templates" in p.parts], ids=name_of)
def test_a_page_holds_no_inline_style_or_script(path):
    text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(encoding="utf-8"), flags=re.S)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son\w+\s*=\s*[\"']", text)
    assert "hx-on" not in text and "javascript:" not in text
    for script in re.findall(r"<script\b[^>]*>", text):
        assert " src=" in script or 'type="application/json"' in script


def test_no_file_names_a_registry_or_a_host_of_others_scripts():
    found = []
    for path in files():
        if path.suffix in {".png", ".woff2", ".ttf", ".xlsx", ".pdf", ".ico"}:
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [(name_of(path), host) for host in HOSTS if host in text]
    assert found == []


def test_nothing_of_others_is_copied_in():
    names = [name_of(p) for p in files()]
    assert [n for n in names if ".min." in n or "node_modules" in n or "vendor" in n.lower()] == []


def test_rooms_keep_to_their_layers():
    lint = [Path(sys.executable).parent / "lint-imports", "--no-cache"]  # in a process of its own: it silences loggers
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def locked(name):
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", (ROOT / name).read_text(), re.M | re.I))


def test_the_locks_hold_what_the_project_asks_for_and_each_file_has_its_hash():
    run, test = locked("requirements.lock"), locked("requirements-test.lock")
    assert run.items() <= test.items()
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for lock, wanted in ((run, asked["project"]["dependencies"]), (test, asked["dependency-groups"]["test"])):
        for want in wanted:
            name, version = re.match(r"([\w.-]+)(?:\[\w+\])?==(\S+?)(?:;|$|\s)", want + " ").groups()
            assert lock[name.lower()] == version
    for name in ("requirements.lock", "requirements-test.lock"):
        blocks = re.split(r"(?m)^(?=\S)", (ROOT / name).read_text())
        assert all("--hash=sha256:" in block for block in blocks if "==" in block)
