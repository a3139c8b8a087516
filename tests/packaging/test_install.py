"""What a user gets: the wheel in a new environment, and the image's steps without an engine."""

import json
import os
import re
import shutil
import tomllib
import venv
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from outside import ROOT, output, run

from etl.sandbox import ORGANIZATION_ID, TOKEN
from etl.sandbox.entries import made_up
from etl.sandbox.server import running
from etl.sandbox.source import Source

pytestmark = pytest.mark.installs
Installed = tuple[Path, Path]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, and the programs of a new environment into which only this was installed."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    output(programs / "pip", "wheel", "--quiet", "--no-deps", "-w", "dist", ROOT, cwd=folder)
    (wheel,) = (folder / "dist").iterdir()
    output(programs / "pip", "install", "--quiet", wheel, cwd=folder)
    return wheel, programs


def _locked() -> dict[str, str | None]:
    """The packages of the lock file, and their versions."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    return {package["name"]: package.get("version") for package in lock["package"]}


def test_the_wheel_holds_all_files_and_needs_only_locked_packages(installed: Installed) -> None:
    names = {name for name in zipfile.ZipFile(installed[0]).namelist() if ".dist-info/" not in name}
    sql = {f"etl/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "sql").rglob("*.sql")}
    python = {path.relative_to(ROOT).as_posix() for path in (ROOT / "etl").rglob("*.py")}
    assert sql
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "etl" / "docs").iterdir()}
    assert sql | python | pages | {"etl/py.typed"} <= names
    assert {Path(name).suffix for name in names} <= {".py", ".sql", ".md", ".typed"}
    assert {name.split("/")[0] for name in names} == {"etl"}
    listed = json.loads(output(installed[1] / "pip", "list", "--format", "json", cwd=ROOT))
    packages = {item["name"].replace("_", "-").lower() for item in listed}
    assert packages - {"pip", "setuptools"} <= set(_locked())


def test_the_demo_runs_from_the_wheel_alone(installed: Installed, tmp_path: Path) -> None:
    etl, python = installed[1] / "etl", installed[1] / "python"
    version = output(etl, "--version", cwd=tmp_path)
    assert output(python, "-m", "etl", "--version", cwd=tmp_path) == version
    done = run(etl, "demo", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("proven complete") == 3
    assert {path.name for path in tmp_path.iterdir()} <= {"demo.duckdb", "demo.duckdb.lock"}
    query = ("query", "--warehouse", "demo.duckdb", "--format", "csv")
    count = "SELECT count(*) AS n FROM audit_log"
    assert output(etl, *query, count, cwd=tmp_path) == "n\n1000\n"


@dataclass
class Image:
    """The Dockerfile's steps, carried out below a folder that stands for the root of the image."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    cwd: Path = Path("/")
    user: str = "root"
    words: dict[str, list[str]] = field(default_factory=dict)

    def run(self, *arguments: str, **environment: str) -> CompletedProcess[str]:
        """What `docker run` does: the entry point with these arguments, or with those of CMD."""
        program, *rest = self.words["ENTRYPOINT"] + (list(arguments) or self.words["CMD"])
        found = shutil.which(program, path=self.env["PATH"])
        assert found is not None
        return run(found, *rest, cwd=self.cwd, **self.env | environment)

    def carry_out(self, instruction: str, rest: str) -> None:
        match instruction:
            case "FROM":
                self.env = {"PATH": f"{self.root / 'python' / 'bin'}:{os.environ['PATH']}"}
                self.cwd, self.user = self.root, "root"
            case "ENV":
                for assignment in rest.split():
                    name, value = assignment.split("=", 1)
                    self.env[name] = self._inside(value.replace("$PATH", self.env["PATH"]))
            case "WORKDIR":
                self.cwd = Path(self._inside(rest))
                self.cwd.mkdir(parents=True, exist_ok=True)
            case "COPY":
                self._copy(*rest.split())
            case "RUN":
                owned = rest.replace("-o 10001 -g 10001", f"-o {os.getuid()} -g {os.getgid()}")
                output("sh", "-c", self._inside(owned), cwd=self.cwd, **self.env)
            case "USER":
                self.user = rest
            case "VOLUME":
                assert Path(self._inside(rest)) == self.cwd
            case "ENTRYPOINT" | "CMD":
                self.words[instruction] = json.loads(rest)
            case _:
                pytest.fail(f"nothing here carries out {instruction}")

    def _copy(self, *words: str) -> None:
        *sources, target = words
        if sources[0].startswith("--from="):
            # Same path in both stages, and here one folder stands for the root of both.
            assert sources[1:] == [target]
            assert Path(self._inside(target)).exists()
            return
        reaches = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        assert "*" in reaches, ".dockerignore lets through only what it names"
        for source in sources:
            assert f"!{source}" in reaches, f".dockerignore keeps {source} out"
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, self.cwd / target)
            else:
                shutil.copy(ROOT / source, self.cwd / target / source)

    def _inside(self, text: str) -> str:
        """The text with the image's own paths moved below our folder."""
        return re.sub(r"(?<![\w./])/(opt|src|data)\b", rf"{self.root}/\1", text)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    made = Image(tmp_path_factory.mktemp("image"))
    venv.create(made.root / "python", with_pip=True)
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        made.carry_out(*line.split(maxsplit=1))
    return made


def test_the_image_holds_the_locked_versions_and_needs_no_root_and_no_source(image: Image) -> None:
    (site,) = (image.root / "opt/etl/lib").glob("python*/site-packages")
    found = [path.name.removesuffix(".dist-info").split("-") for path in site.glob("*.dist-info")]
    installed = {name.replace("_", "-").lower(): version for name, version in found}
    assert installed.pop("aitronos-audit-etl")
    assert "pytest" not in installed
    assert installed.items() <= _locked().items()
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image.user)
    shutil.rmtree(image.root / "src")
    done = image.run()
    assert done.returncode == 3
    assert {"ETL_API_TOKEN", "ETL_ORGANIZATION_ID"} <= set(re.findall(r"ETL_\w+", done.stderr))


def test_the_image_syncs_into_its_volume_with_a_secret_file(image: Image, tmp_path: Path) -> None:
    (tmp_path / "etl_api_token").write_text(f"{TOKEN}\n")
    made = made_up(entries=120, days=5, seed=1, end=datetime.now(UTC))
    given = {"ETL_ORGANIZATION_ID": ORGANIZATION_ID, "ETL_SECRETS_DIR": str(tmp_path)}
    with running(Source(made)) as sandbox:
        done = image.run(ETL_API_BASE_URL=sandbox.url, **given)
    assert done.returncode == 0, done.stderr
    assert "local 120, source 120, proven complete" in done.stdout
    assert TOKEN not in done.stdout + done.stderr
    assert (image.root / "data/warehouse.duckdb").stat().st_mode & 0o777 == 0o600
