"""What a user gets: the wheel in a new environment, and the image's steps without an engine."""

import json
import os
import re
import shutil
import subprocess
import tomllib
import venv
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl.sandbox import ORGANIZATION_ID, TOKEN
from etl.sandbox.entries import made_up
from etl.sandbox.server import running
from etl.sandbox.source import Source

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.installs


def _environment(**more: str) -> dict[str, str]:
    """This process' environment without anything that would lead back to the checkout."""
    ours = ("ETL_", "PYTHON", "VIRTUAL_ENV", "UV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | more


def _run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd, env=_environment(**environment), capture_output=True, text=True, check=False,
    )  # fmt: skip


def _must(*command: str | Path, cwd: Path) -> str:
    done = _run(*command, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _new_venv(folder: Path) -> Path:
    """A new environment's folder of programs."""
    venv.create(folder, with_pip=True)
    return folder / "bin"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    programs = _new_venv(folder / "builder")
    _must(programs / "pip", "wheel", "--quiet", "--no-deps", "-w", "dist", ROOT, cwd=folder)
    (made,) = (folder / "dist").iterdir()
    return made


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment into which the wheel, and nothing else, was installed."""
    folder = tmp_path_factory.mktemp("installed")
    found = _new_venv(folder / "venv")
    _must(found / "pip", "install", "--quiet", wheel, cwd=folder)
    return found


def test_the_wheel_holds_the_package_and_every_sql_file_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    sql = {f"etl/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "sql").rglob("*.sql")}
    python = {path.relative_to(ROOT).as_posix() for path in (ROOT / "etl").rglob("*.py")}
    assert sql
    assert sql | python <= names
    assert {Path(name).suffix for name in names} <= {".py", ".sql", ".md"}
    assert {name.split("/")[0] for name in names} == {"etl"}


def test_the_demo_runs_from_the_wheel_alone_in_an_empty_folder(
    programs: Path, tmp_path: Path
) -> None:
    done = _run(programs / "etl", "demo", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("proven complete") == 3
    assert {path.name for path in tmp_path.iterdir()} <= {"demo.duckdb", "demo.duckdb.lock"}
    counted = _run(
        programs / "etl", "query", "--warehouse", "demo.duckdb", "--format", "csv",
        "SELECT count(*) AS n FROM audit_log", cwd=tmp_path,
    )  # fmt: skip
    assert counted.stdout == "n\n1000\n"


def test_python_m_etl_is_the_same_program(programs: Path, tmp_path: Path) -> None:
    script = _must(programs / "etl", "--version", cwd=tmp_path)
    assert _must(programs / "python", "-m", "etl", "--version", cwd=tmp_path) == script


def test_a_user_gets_no_package_that_the_lock_file_does_not_name(
    programs: Path, tmp_path: Path
) -> None:
    listed = json.loads(_must(programs / "pip", "list", "--format", "json", cwd=tmp_path))
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = {package["name"] for package in lock["package"]}
    assert {item["name"].replace("_", "-").lower() for item in listed} - {
        "pip",
        "setuptools",
    } <= locked


@dataclass
class Image:
    """The Dockerfile's steps, carried out below a folder that stands for the root of the image."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    cwd: Path = Path("/")
    user: str = "root"
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()

    def build(self, dockerfile: str) -> None:
        for name, rest in _instructions(dockerfile):
            getattr(self, f"_{name.lower()}")(rest)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """What `docker run` does: the entry point with these arguments, or with those of CMD."""
        command = (*self.entrypoint, *(arguments or self.cmd))
        program = shutil.which(command[0], path=self.env["PATH"])
        assert program is not None
        path = self.env["PATH"]
        settings = {name: value for name, value in self.env.items() if name.startswith("ETL_")}
        return _run(program, *command[1:], cwd=self.cwd, **{"PATH": path} | settings | environment)

    def _from(self, rest: str) -> None:
        self.env = {"PATH": f"{self.root / 'python' / 'bin'}:{os.environ['PATH']}"}
        self.cwd, self.user = self.root, "root"
        if not (self.root / "python").exists():
            _new_venv(self.root / "python")

    def _env(self, rest: str) -> None:
        for assignment in rest.split():
            name, value = assignment.split("=", 1)
            self.env[name] = self._inside(value.replace("$PATH", self.env["PATH"]))

    def _workdir(self, rest: str) -> None:
        self.cwd = Path(self._inside(rest))
        self.cwd.mkdir(parents=True, exist_ok=True)

    def _copy(self, rest: str) -> None:
        *sources, target = rest.split()
        if sources[0].startswith("--from="):
            # Same path in both stages, and here one folder stands for the root of both.
            assert sources[1:] == [target]
            assert Path(self._inside(target)).exists()
            return
        for source in sources:
            assert _reaches_the_build(source), f".dockerignore keeps {source} out"
            place = self.cwd / target
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place / source)

    def _run(self, rest: str) -> None:
        ours = rest.replace("-o 10001 -g 10001", f"-o {os.getuid()} -g {os.getgid()}")
        done = subprocess.run(
            ["sh", "-c", self._inside(ours)],
            cwd=self.cwd, env=_environment(**self.env), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def _user(self, rest: str) -> None:
        self.user = rest

    def _volume(self, rest: str) -> None:
        assert Path(self._inside(rest)) == self.cwd

    def _entrypoint(self, rest: str) -> None:
        self.entrypoint = tuple(json.loads(rest))

    def _cmd(self, rest: str) -> None:
        self.cmd = tuple(json.loads(rest))

    def _inside(self, text: str) -> str:
        """The text with the image's own paths moved below our folder."""
        return re.sub(r"(?<![\w./])/(opt|src|data)\b", rf"{self.root}/\1", text)


def _instructions(dockerfile: str) -> list[tuple[str, str]]:
    lines = [line for line in dockerfile.splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(name, rest) for name, rest in (line.split(maxsplit=1) for line in joined.splitlines())]


def _reaches_the_build(source: str) -> bool:
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in rules, ".dockerignore lets through only what it names"
    return f"!{source}" in rules


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    made = Image(tmp_path_factory.mktemp("image"))
    made.build((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    return made


def test_the_image_holds_the_locked_versions_and_no_others(image: Image) -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = {package["name"]: package.get("version") for package in lock["package"]}
    (site,) = (image.root / "opt/etl/lib").glob("python*/site-packages")
    found = [
        folder.name.removesuffix(".dist-info").split("-") for folder in site.glob("*.dist-info")
    ]
    installed = {name.replace("_", "-").lower(): version for name, version in found}
    ours = installed.pop("aitronos-audit-etl")
    assert ours
    assert "pytest" not in installed
    assert installed.items() <= locked.items()


def test_the_image_needs_nothing_of_what_it_was_built_from(image: Image) -> None:
    shutil.rmtree(image.root / "src")
    assert image.run("--version").returncode == 0


def test_the_image_does_not_run_as_root(image: Image) -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image.user)


def test_the_image_syncs_into_its_volume_with_the_token_from_a_secret_file(
    image: Image, tmp_path: Path
) -> None:
    (tmp_path / "etl_api_token").write_text(f"{TOKEN}\n")
    made = made_up(entries=120, days=5, seed=1, end=datetime.now(UTC))
    with running(Source(made)) as sandbox:
        given = {
            "ETL_API_BASE_URL": sandbox.url,
            "ETL_ORGANIZATION_ID": ORGANIZATION_ID,
            "ETL_SECRETS_DIR": str(tmp_path),
        }
        done = image.run(**given)
    assert done.returncode == 0, done.stderr
    assert "120 held here, 120 stated there, proven complete" in done.stdout
    assert TOKEN not in done.stdout + done.stderr
    assert (image.root / "data/warehouse.duckdb").stat().st_mode & 0o777 == 0o600


def test_the_image_without_settings_says_which_ones_it_wants(image: Image) -> None:
    done = image.run()
    assert done.returncode == 3
    assert "ETL_API_TOKEN" in done.stderr
    assert "ETL_ORGANIZATION_ID" in done.stderr
