"""What Docker and Kubernetes are handed: whole, bounded, without rights, of known settings."""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml  # type: ignore[import-untyped]  # ships no types; in the lock by schemathesis

from kensho.platform import environment

ROOT: Final = Path(__file__).parents[2]
PROFILES: Final = {
    "default": {"kensho"},
    "server": {"surrealdb", "server-user", "redis", "server-1", "server-2", "server-front"},
    "portal": {"portal", "edge"},
    "observe": {"prometheus", "alertmanager", "grafana", "jaeger"},
    "cluster": {
        *(f"{name}-{n}" for name in ("pd", "tikv", "graph", "cluster") for n in (1, 2, 3)),
        *("cluster-user", "redis", "cluster-front"),
    },
}
KUBERNETES: Final = "1.32"
LOOPBACK: Final = re.compile(r"127\.0\.0\.1:")


@functools.cache
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return found


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def of_profile(profile: str) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in services().items() if profile in one["profiles"]}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_is_whole_by_itself(profile: str) -> None:
    """All that its services wait for is of it, and all that they mount and read is declared."""
    found, whole = of_profile(profile), compose()
    assert set(found) == PROFILES[profile]
    for name, one in found.items():
        assert set(one.get("depends_on", ())) <= set(found), name
        assert set(one.get("secrets", ())) <= set(whole["secrets"]), name
        volumes = {volume.partition(":")[0] for volume in one.get("volumes", ())}
        assert {v for v in volumes if not v.startswith(".")} <= set(whole["volumes"]), name
        for path in (v for v in volumes if v.startswith(".")):
            assert (ROOT / path).exists(), path
        target = one.get("build", {}).get("target")
        stages = re.findall(r"^FROM .* AS (\w+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
        assert target is None or target in stages


def test_every_service_and_volume_belongs_to_a_profile() -> None:
    assert set(services()) == set().union(*PROFILES.values())
    used = {v.partition(":")[0] for one in services().values() for v in one.get("volumes", ())}
    assert set(compose()["volumes"]) == {one for one in used if not one.startswith(".")}


@pytest.mark.parametrize("name", list(services()))
def test_a_container_is_bounded_and_holds_no_rights_that_it_does_not_need(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] <= 512
    assert service["cpus"] <= 2
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert all(LOOPBACK.match(port) for port in service.get("ports", []))
    assert "healthcheck" in service
    of_kensho = service["image"].startswith("kensho:")  # whose image names its user
    assert of_kensho or service["user"].partition(":")[0] not in {"", "0", "root"}


def test_images_of_ours_run_as_nobody_of_rights() -> None:
    """The last user that each target of the Dockerfile that is run has named is not the root."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    stages = dict(
        re.findall(r"^FROM \S+ AS (\w+)\n(.*?)(?=^FROM |\Z)", text, re.MULTILINE | re.DOTALL)
    )
    run = {one["build"]["target"] for one in services().values() if "build" in one}
    assert run == {"kensho", "store", "front", "edge", "placement", "rows"}
    for target in run:
        users = re.findall(r"^USER (\S+)$", stages[target], re.MULTILINE)
        assert users, target
        assert users[-1] in {"kensho", "10001:10001"}, target


def test_secrets_come_from_files_and_only_one_step_beside_the_store_knows_the_root() -> None:
    knowing = {name for name, one in services().items() if "env_file" in one}
    assert knowing == {
        *("surrealdb", "server-user", "cluster-user"),
        *(f"graph-{n}" for n in (1, 2, 3)),
    }
    for one in services().values():
        for variable, value in one.get("environment", {}).items():
            is_secret = re.search("PASS|SECRET|TOKEN|KEY", variable) is not None
            assert not is_secret or value.startswith(("/run/secrets/", "/var/lib/")), variable


def test_the_example_of_settings_names_what_compose_reads_and_no_secret() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    read = dict(
        re.findall(r"\$\{([A-Z_]+):-(\w+)\}", (ROOT / "docker-compose.yml").read_text("utf-8"))
    )
    assert {name: given[name] for name in read} == read
    assert set(given) - set(read) == {"COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES"}
    assert given["COMPOSE_PROFILES"] in PROFILES


def settings_told() -> Iterator[tuple[str, Mapping[str, str]]]:
    for name, one in services().items():
        told = one.get("environment", {})
        if one["image"].startswith("kensho:"):
            shown = {key: re.sub(r"\$\{\w+:-(\w+)\}", r"\1", value) for key, value in told.items()}
            yield name, shown
    for document in manifests():
        if document["kind"] == "ConfigMap":
            yield "kubernetes", document["data"]


@functools.cache
def manifests() -> Sequence[dict[str, Any]]:
    folder = ROOT / "deploy" / "kubernetes"
    return [
        document
        for name in yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
        for document in yaml.safe_load_all((folder / name).read_text("utf-8"))
    ]


@pytest.mark.parametrize(("name", "told"), list(settings_told()))
def test_the_settings_of_the_containers_are_settings(
    tmp_path: Path, name: str, told: Mapping[str, str]
) -> None:
    (tmp_path / "secret").write_text("a secret of its own\n")
    files = {key: str(tmp_path / "secret") for key in told if key.endswith("_FILE")}
    assert environment.load({**told, **files}).store.sign_in == "database"


@pytest.mark.parametrize("profile", PROFILES)
def test_compose_itself_takes_the_file(tmp_path: Path, profile: str) -> None:
    """Asks the binary that there is; it needs no engine. Of version 1 it shows all profiles."""
    command = compose_command()
    if command is None:
        pytest.skip("no docker compose on this machine")
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "store_root.env").write_text("SURREAL_USER=root\n")
    for name in compose()["secrets"]:
        (tmp_path / "secrets" / name).write_text("x")
    example = (ROOT / ".env.example").read_text("utf-8")
    (tmp_path / ".env").write_text(
        example.replace("COMPOSE_PROFILES=default", f"COMPOSE_PROFILES={profile}")
    )
    ended = subprocess.run(
        [*command, "config"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    shown = yaml.safe_load(ended.stdout)["services"]
    assert set(shown) >= PROFILES[profile]
    assert command[0] == "docker-compose" or set(shown) == PROFILES[profile]


def compose_command() -> list[str] | None:
    if shutil.which("docker"):
        asked = ["docker", "compose", "version"]
        if subprocess.run(asked, capture_output=True, check=False, timeout=60).returncode == 0:
            return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


def test_nginx_takes_the_files_of_the_front(tmp_path: Path) -> None:
    """The stage `front` of the Dockerfile, laid out in a folder and asked by `nginx -t`."""
    for name in ("conf.d", "body"):
        (tmp_path / name).mkdir()
    (tmp_path / "kensho.upstream").write_text("server 127.0.0.1:1;\nserver 127.0.0.1:2;\n")
    for name, target in (("nginx.conf", "nginx.conf"), ("kensho.conf", "conf.d/kensho.conf")):
        text = (ROOT / "deploy" / "nginx" / name).read_text("utf-8")
        text = text.replace("/etc/nginx/", f"{tmp_path}/").replace("/tmp/", f"{tmp_path}/")
        text = text.replace("load_module modules/", "load_module /usr/lib/nginx/modules/")
        (tmp_path / target).write_text(text.replace("listen 80;", "listen 127.0.0.1:8089;"))
    command = ["/usr/sbin/nginx", "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    "document", manifests(), ids=lambda one: f"{one['kind']}-{one['metadata']['name']}"
)
def test_a_manifest_is_of_its_schema(document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, KUBERNETES, strict=True)


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    for document in manifests():
        spec = document.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            yield document["metadata"]["name"], spec["template"]


@pytest.mark.parametrize(("name", "pod"), list(pods()))
def test_a_pod_is_bounded_and_holds_no_rights(name: str, pod: dict[str, Any]) -> None:
    spec = pod["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    mountable = {volume["name"] for volume in spec.get("volumes", ())} | {"data"}
    for container in (*spec["containers"], *spec.get("initContainers", ())):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}
        assert {mount["name"] for mount in container["volumeMounts"]} <= mountable
        assert not container["image"].endswith(":latest")
        assert ":" in container["image"]
    lasts = spec.get("restartPolicy") != "Never"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert not lasts or all(probe in container for container in spec["containers"])


def test_what_points_at_pods_finds_some() -> None:
    labels = [pod["metadata"]["labels"] for _, pod in pods()]

    def found(selector: Mapping[str, str]) -> bool:
        return any(selector.items() <= one.items() for one in labels)

    kinds = {document["kind"] for document in manifests()}
    assert kinds >= {"PodDisruptionBudget", "HorizontalPodAutoscaler", "NetworkPolicy", "CronJob"}
    for document in manifests():
        spec = document.get("spec", {})
        if document["kind"] == "Service":
            assert found(spec["selector"]), document
        if document["kind"] in {"PodDisruptionBudget", "Deployment", "StatefulSet"}:
            assert found(spec["selector"]["matchLabels"]), document
        if document["kind"] == "NetworkPolicy":
            sides = (*spec.get("ingress", ()), *spec.get("egress", ()))
            peers = [one for side in sides for key in ("from", "to") for one in side.get(key, ())]
            for selector in (spec["podSelector"], *(p.get("podSelector", {}) for p in peers)):
                assert found(selector.get("matchLabels", {})), document
    policed = [d["spec"]["podSelector"] for d in manifests() if d["kind"] == "NetworkPolicy"]
    assert {} in policed


def test_kustomize_takes_the_folder() -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("no kubectl on this machine")
    command = ["kubectl", "kustomize", str(ROOT / "deploy" / "kubernetes")]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ)
    )
    assert ended.returncode == 0, ended.stderr
    documents = list(yaml.safe_load_all(ended.stdout))
    assert len(documents) == len(manifests())
    assert {one["metadata"].get("namespace", "kensho") for one in documents} == {"kensho"}
