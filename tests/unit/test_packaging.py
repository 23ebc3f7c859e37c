"""The distribution holds what the folders hold: a forgotten package or data file would be missing from the wheel only."""

import fnmatch
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points, version
from importlib.resources import files
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS: dict[str, Any] = PROJECT["tool"]["setuptools"]

NOT_PACKAGED = frozenset({"__pycache__", "tests", "docs", "editors", "notebooks", "benchmarks", "build", "dist"})
"""Top-level folders that are no part of the library."""


def folders() -> dict[str, Path]:
    """Package name -> folder, for every folder of the library that holds files Python or its users read."""
    found = {"einfold": ROOT}
    for top in ROOT.iterdir():
        ours = not top.name.startswith(".") and not top.name.endswith(".egg-info") and not (top / "pyvenv.cfg").exists()
        if top.is_dir() and ours and top.name not in NOT_PACKAGED:
            for folder in (top, *(p for p in top.rglob("*") if p.is_dir() and p.name != "__pycache__")):
                if any(p.is_file() for p in folder.iterdir()):
                    found[".".join(["einfold", *folder.relative_to(ROOT).parts])] = folder
    return found


def test_every_folder_of_the_library_is_a_package_that_is_installed():
    expected = {name: folder.relative_to(ROOT).as_posix() for name, folder in folders().items()}
    assert dict(SETUPTOOLS["package-dir"]) == expected
    assert sorted(SETUPTOOLS["packages"]) == sorted(expected)


def test_every_file_of_the_library_is_a_module_or_listed_as_data():
    data: dict[str, list[str]] = SETUPTOOLS["package-data"]
    for name, folder in folders().items():
        if folder == ROOT:
            continue
        others = [p.name for p in folder.iterdir() if p.is_file() and p.suffix not in {".py", ".pyc"}]
        assert [o for o in others if not any(fnmatch.fnmatch(o, pattern) for pattern in data.get(name, []))] == []
        if not others:
            assert name not in data
    assert data["einfold"] == ["py.typed"]
    assert (ROOT / "py.typed").is_file()


def test_the_root_holds_one_module_that_imports_none_of_the_library_so_that_tools_start_fast():
    assert [p.name for p in ROOT.glob("*.py")] == ["__init__.py"]
    imported = "import sys, einfold; print(*sorted(m for m in sys.modules if m.startswith(('einfold', 'xdsl', 'numpy'))))"
    done = subprocess.run([sys.executable, "-c", imported], capture_output=True, text=True, cwd="/", check=True)
    assert done.stdout.split() == ["einfold"]


def test_packages_that_hold_modules_have_an_init():
    for name, folder in folders().items():
        if folder != ROOT and any(folder.glob("*.py")):
            assert (folder / "__init__.py").is_file(), name


def test_the_type_checker_finds_the_package_through_its_link():
    link = ROOT / ".typing" / "einfold"
    assert link.is_symlink()
    assert link.resolve() == ROOT
    assert PROJECT["tool"]["basedpyright"]["extraPaths"] == [".typing"]
    library = {folder.relative_to(ROOT).parts[0] for folder in folders().values() if folder != ROOT and any(folder.glob("*.py"))}
    assert set(PROJECT["tool"]["basedpyright"]["include"]) >= library - {"examples"}


def test_the_environment_runs_this_project():
    assert version("einfold") == PROJECT["project"]["version"]
    scripts = {e.name: e.value for e in entry_points(group="console_scripts") if e.value.startswith("einfold.")}
    assert scripts == PROJECT["project"]["scripts"]
    assert [e.value for e in entry_points(group="xdsl.universe", name="einfold")] == ["einfold.tools.universe:EINFOLD_UNIVERSE"]
    for script in scripts.values():
        module, function = script.split(":")
        assert callable(getattr(__import__(module, fromlist=[function]), function))


def test_data_is_found_where_the_package_is_installed():
    patterns: dict[str, list[str]] = {name: p for name, p in SETUPTOOLS["package-data"].items() if name != "einfold"}
    for name, globs in patterns.items():
        found = [entry.name for entry in files(name).iterdir()]
        assert any(fnmatch.fnmatch(f, pattern) for f in found for pattern in globs), name


def test_the_licence_is_the_declared_one_in_full():
    assert PROJECT["project"]["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_changelog_knows_the_version():
    assert f"## {PROJECT['project']['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
