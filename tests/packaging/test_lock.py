"""The lock file: what the image and the scheduled workflow install."""

import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
IMAGE_PYTHON = "cp313"
NAME = "aitronos-audit-etl"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK: dict[str, Any] = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
PACKAGES: dict[str, dict[str, Any]] = {package["name"]: package for package in LOCK["package"]}


def test_the_lock_file_was_made_from_the_requirements_as_they_stand() -> None:
    project, locked = PROJECT["project"], {False: set[str](), True: set[str]()}
    for item in PACKAGES[NAME]["metadata"]["requires-dist"]:
        test = item.get("marker") == "extra == 'test'"
        locked[test].add(f"{item['name']}{item.get('specifier', '')}")
    assert locked[False] == set(project["dependencies"])
    assert locked[True] == set(project["optional-dependencies"]["test"])
    assert LOCK["requires-python"] == project["requires-python"]


def test_the_lock_file_names_the_public_index_and_no_other_host() -> None:
    others = [package for name, package in PACKAGES.items() if name != NAME]
    assert {package["source"]["registry"] for package in others} == {"https://pypi.org/simple"}
    files = [file for package in others for file in (*package["wheels"], package.get("sdist"))]
    assert {urlsplit(file["url"]).netloc for file in files if file} == {"files.pythonhosted.org"}
    assert all(file["hash"].startswith("sha256:") for file in files if file)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_everything_the_image_needs_is_there_as_a_wheel_for_its_python(machine: str) -> None:
    needed, todo = set[str](), [NAME]
    while todo:
        name = todo.pop()
        if name not in needed:
            needed.add(name)
            todo += [other["name"] for other in PACKAGES[name].get("dependencies", ())]
    wheels = {name: PACKAGES[name].get("wheels", ()) for name in needed - {NAME}}
    assert "duckdb" in wheels
    fitting = {name for name, of in wheels.items() if any(_fits(w["url"], machine) for w in of)}
    assert fitting == set(wheels)
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    bases = {line.split()[1] for line in text.splitlines() if line.startswith("FROM")}
    assert bases == {f"python:3.{IMAGE_PYTHON.removeprefix('cp3')}-slim"}


def _fits(url: str, machine: str) -> bool:
    """Whether a wheel runs on the image's Python, on glibc and this kind of machine."""
    *_, python, abi, platform = Path(urlsplit(url).path).stem.split("-")
    if platform == "any":
        return python in ("py3", "py2.py3")
    built = (python == IMAGE_PYTHON and abi == IMAGE_PYTHON) or abi == "abi3"
    return built and "manylinux" in platform and platform.endswith(machine)
