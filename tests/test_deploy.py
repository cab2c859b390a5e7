"""What deploy/ holds is understood by those who are to run it, and runs commands that there are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from briefqa.cli.program import main
from briefqa.config import Config, load_config

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOY = Path(__file__).parent.parent / "deploy"
MANIFESTS = DEPLOY / "kubernetes" / "briefqa.yaml"
COMPOSE = DEPLOY / "compose.yaml"
COMPOSE_POSTGRES = DEPLOY / "compose.postgres.yaml"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


@pytest.mark.skipif(
    not (shutil.which("systemd-analyze") or os.environ.get("BRIEFQA_REQUIRE_SYSTEMD")), reason="no systemd here"
)
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/briefqa/bin/briefqa", sys.executable)
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    units = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / UNITS[0].name).write_text("[Service]\nType=nonsense\nExecStart=/nowhere/briefqa\n", encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", units[0]], capture_output=True, text=True, check=False
    )
    assert done.returncode, "it tells what is wrong"


def test_kubernetes_understands_the_manifests() -> None:
    command = [str(Path(sys.executable).with_name("kubernetes-validate")), "--strict"]
    done = subprocess.run([*command, str(MANIFESTS)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count(" passed ") == 7


def test_compose_understands_its_file() -> None:
    command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, str(COMPOSE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"].values()
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in services)


def test_the_index_can_lie_in_a_database() -> None:
    command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, str(COMPOSE_POSTGRES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    files = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in (COMPOSE, COMPOSE_POSTGRES)]
    changed = files[1]["services"]
    assert changed.keys() - files[0]["services"].keys() == {"database"}
    mounts = {name: service["volumes"] for name, service in files[0]["services"].items()}
    for name, mounted in mounts.items():
        config = settings(changed[name]["environment"])
        assert config.index == "postgresql://briefqa@database/briefqa"
        assert f"index:{config.folder}" in mounted
    said = dict(re.findall(r"--from-literal=(\w+)=(\S+)", MANIFESTS.read_text(encoding="utf-8")))
    assert said.keys() == {"BRIEFQA_INDEX", "BRIEFQA_WORK", "PGPASSWORD"}
    assert settings(said).folder == "/srv/briefqa/index"


def settings(environment: dict[str, str]) -> Config:
    return load_config(environ={name: value for name, value in environment.items() if name.startswith("BRIEFQA_")})


def test_the_manifests_fit_together() -> None:
    parts = {(part["kind"], part["metadata"]["name"]): part for part in yaml.safe_load_all(MANIFESTS.read_text())}
    claims = {name for kind, name in parts if kind == "PersistentVolumeClaim"}
    serving = parts["Deployment", "briefqa"]["spec"]["template"]["spec"]
    nightly = parts["CronJob", "briefqa-reindex"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    for pod in (serving, nightly):
        named = {volume["name"]: volume for volume in pod["volumes"]}
        mounts = pod["containers"][0]["volumeMounts"]
        assert {mount["name"] for mount in mounts} == named.keys()
        assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": "briefqa", "optional": True}}]
        assert {v["persistentVolumeClaim"]["claimName"] for v in named.values() if "emptyDir" not in v} == claims
    read_only = {mount["name"]: mount.get("readOnly", False) for mount in serving["containers"][0]["volumeMounts"]}
    assert read_only["index"], "servers only read the index"
    labels = parts["Deployment", "briefqa"]["spec"]["template"]["metadata"]["labels"]
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert parts[kind, "briefqa"]["spec"]["selector"]["matchLabels"] == labels
    assert parts["Service", "briefqa"]["spec"]["selector"] == labels
    scaled = parts["HorizontalPodAutoscaler", "briefqa"]["spec"]["scaleTargetRef"]
    assert (scaled["kind"], scaled["name"]) in parts


def commands() -> Iterator[str]:
    for file in (*UNITS, DEPLOY / "briefqa.cron", MANIFESTS):
        yield from re.findall(r"(?:bin/|\")briefqa ([a-z]+[^\n>;\"]*)", file.read_text(encoding="utf-8"))
    for file in (MANIFESTS, COMPOSE):
        yield from re.findall(r"(?:args|command): \[(\w+)\]", file.read_text(encoding="utf-8"))


def test_every_command_exists(capsys: pytest.CaptureFixture[str]) -> None:
    found = [command.split() for command in commands()]
    assert sorted(command[0] for command in found) == ["reindex"] * 4 + ["serve"] * 3
    for command in found:
        with pytest.raises(SystemExit) as ended:
            main([*command, "--help"])
        assert ended.value.code == 0
    capsys.readouterr()


def test_the_line_for_cron_is_one() -> None:
    [line] = [
        line for line in (DEPLOY / "briefqa.cron").read_text(encoding="utf-8").splitlines() if re.match(r"[\d*]", line)
    ]
    minute, hour, day, month, weekday, user, rest = line.split(maxsplit=6)
    assert (0 <= int(minute) < 60, 0 <= int(hour) < 24, day, month, weekday) == (True, True, "*", "*", "*")
    assert user == "briefqa"
    assert "%" not in rest, "cron makes line ends of them"
