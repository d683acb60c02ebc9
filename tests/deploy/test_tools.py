"""What the tools that deploy make of the templates, the bundle and the image; run by `make check-deploy`."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.settings import Settings
from tests.support.checkout import Checkout
from tests.support.fake_aws import API_URL, FakeAws
from tests.support.loopback import closed_port, serving
from tests.support.paths import ROOT
from tools.requirements import pinned

pytestmark = pytest.mark.deploy

OSLS = str(ROOT / "node_modules" / ".bin" / "osls")
LINT = [str(ROOT / ".venv-lint" / "bin" / "python"), "tools/lint_templates.py"]
STORE = {
    "UPSTASH_REDIS_REST_URL": "https://threadr.upstash.io",
    "UPSTASH_REDIS_REST_TOKEN": "canary-token",
}
SECRETS = STORE | {
    "UPSTASH_REDIS_REST_READONLY_TOKEN": "canary-readonly",
    "OPENAI_API_KEY": "canary-openai",
    "OPENAI_BASE_URL": "https://canary:canary@model.example/v1",
    "ADMIN_TOKEN": "canary-admin",
    "API_KEYS": "canary-key-1,canary-key-2",
    "ALERT_WEBHOOK_URL": "https://hooks.example/canary",
}
AWS = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_REGION": "us-east-1",
    "SAM_CLI_TELEMETRY": "0",
}
AWS |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true"}
Table = dict[str, Any]


def run(*command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """With a closed stdin, so that a question ends it, and no store but one that is given."""
    inherited = {name: value for name, value in os.environ.items() if name not in SECRETS}
    return subprocess.run(  # noqa: S603
        command,
        cwd=ROOT,
        env=inherited | AWS | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def printed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@functools.cache
def sam(*values: str) -> Table:
    template: Table = json.loads(printed(run(*LINT, "translate", *values)))
    return template


@functools.cache
def packaged(**environ: str) -> dict[str, str]:
    """All that `osls package` writes, by the names of the files."""
    folder = ROOT / "dist" / "serverless"
    shutil.rmtree(folder, ignore_errors=True)
    printed(run(OSLS, "package", "--package", str(folder), **{**SECRETS, **environ}))
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix == ".json"}


def serverless(**environ: str) -> Table:
    template: Table = json.loads(packaged(**environ)["cloudformation-template-update-stack.json"])
    return template


def of_type(template: Table, kind: str) -> dict[str, Table]:
    found = template["Resources"].items()
    return {name: resource["Properties"] for name, resource in found if resource["Type"] == f"AWS::{kind}"}


def functions(template: Table) -> dict[str, Table]:
    """By the names of their modules, with what both templates have to say alike."""
    alike = ("Runtime", "MemorySize", "Timeout", "Architectures")
    found = {}
    for own in of_type(template, "Lambda::Function").values():
        found[re.split(r"[./]", own["Handler"])[1]] = {name: own[name] for name in alike} | {
            "variables": set(own["Environment"]["Variables"]),
            "format": own["LoggingConfig"]["LogFormat"],
            "reserved": own.get("ReservedConcurrentExecutions"),
        }
    return found


def test_both_translations_have_the_same_functions() -> None:
    assert functions(sam()) == functions(serverless())
    assert len(functions(sam())) == 6


def test_both_translations_have_the_same_routes() -> None:
    (api,) = of_type(sam(), "ApiGatewayV2::Api").values()
    paths = {
        path for path, methods in api["Body"]["paths"].items() if "x-amazon-apigateway-any-method" in methods
    }
    routes = {own["RouteKey"] for own in of_type(serverless(), "ApiGatewayV2::Route").values()}
    assert routes == {f"ANY {path}" for path in paths}
    assert paths == set(api["Body"]["paths"])


def test_both_translations_have_the_same_stage_schedule_and_alarms() -> None:
    for kind, own in [
        (
            "ApiGatewayV2::Stage",
            lambda each: (each["DefaultRouteSettings"], each["AccessLogSettings"]["Format"]),
        ),
        ("Events::Rule", lambda each: each["ScheduleExpression"]),
        ("Lambda::EventInvokeConfig", lambda each: each["MaximumRetryAttempts"]),
        ("CloudWatch::Alarm", lambda each: (each["AlarmName"], each["MetricName"], each["Threshold"])),
        ("Logs::LogGroup", lambda each: each["RetentionInDays"]),
    ]:
        both = [list(map(own, of_type(template, kind).values())) for template in (sam(), serverless())]
        assert sorted(both[0], key=str) == sorted(both[1], key=str), kind
        assert both[0]
    assert sam()["Outputs"].keys() <= serverless()["Outputs"].keys()


def test_roles_may_write_logs_and_nothing_else() -> None:
    roles = [*of_type(sam(), "IAM::Role").values(), *of_type(serverless(), "IAM::Role").values()]
    managed = {arn for role in roles for arn in role.get("ManagedPolicyArns", [])}
    assert managed == {"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}
    statements = [
        each
        for role in roles
        for policy in role.get("Policies", [])
        for each in policy["PolicyDocument"]["Statement"]
    ]
    assert {action.partition(":")[0] for each in statements for action in each["Action"]} == {"logs"}


def test_no_secret_stands_in_what_serverless_writes() -> None:
    secrets = {setting.name.upper() for setting in fields(Settings) if setting.metadata["secret"]}
    assert secrets - {"REDIS_URL"} <= SECRETS.keys()
    assert [name for name, text in packaged().items() if "canary" in text] == []
    parameters = serverless()["Parameters"]
    assert all(rules["NoEcho"] for name, rules in parameters.items() if re.search("Token|Key", name))


def versions(template: Table) -> set[str]:
    return set(of_type(template, "Lambda::Version"))


@pytest.mark.parametrize("value", ["CacheTtlHours=3", "CorsOrigins=https://a.example", "Release=0a1b2c"])
def test_every_alias_of_sam_moves_when_only_a_parameter_changed(value: str) -> None:
    assert versions(sam(value)) == versions(sam(value))
    assert len(versions(sam())) == 6
    assert not versions(sam()) & versions(sam(value))
    aliases = of_type(sam(value), "Lambda::Alias").values()
    assert {each["FunctionVersion"]["Fn::GetAtt"][0] for each in aliases} == versions(sam(value))
    # What makes it move never reaches the function.
    codes = [each["Code"]["SourceKMSKeyArn"] for each in of_type(sam(value), "Lambda::Function").values()]
    assert all(code["Fn::If"][0] == "Never" for code in codes)
    assert "canary" not in json.dumps(sam("AdminToken=canary", "OpenaiApiKey=canary", "ApiKeys=canary"))


def test_every_alias_of_serverless_moves_with_each_deployment() -> None:
    assert versions(serverless()) == set()
    on, again = serverless(SNAP_START="true"), serverless(SNAP_START="true", ADMIN_TOKEN="canary-another")
    assert len(versions(on)) == len(of_type(on, "Lambda::Alias")) == 6
    assert not versions(on) & versions(again)
    snap_starts = [own["SnapStart"]["ApplyOn"] for own in of_type(on, "Lambda::Function").values()]
    assert snap_starts == ["PublishedVersions"] * 6


def test_lint_passes_on_both_translations(tmp_path: Path) -> None:
    (tmp_path / "serverless.json").write_text(json.dumps(serverless()))
    printed(run(*LINT))
    printed(run(*LINT, "lint", str(tmp_path / "serverless.json")))
    printed(run("sam", "validate", "--lint", "--template-file", "template.yaml"))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Runtime: python3.13", "Runtime: python9.9"),
        ("Timeout: 29", "Timeout: 9999"),
        ("[arm64]", "[arm65]"),
        ("rate(5 minutes)", "rate(5 lightyears)"),
        ("RetentionInDays: 30", "RetentionInDays: 31"),
    ],
)
def test_lint_of_the_translation_refuses_nonsense(tmp_path: Path, right: str, wrong: str) -> None:
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    shutil.copy(ROOT / "serverless.yml", tmp_path)
    text = (ROOT / "template.yaml").read_text()
    assert right in text
    (tmp_path / "template.yaml").write_text(text.replace(right, wrong))
    done = run(LINT[0], str(tmp_path / "tools" / "lint_templates.py"))
    assert (done.returncode, "translated: ok" in done.stdout) == (1, False)


def test_checkov_passes_on_both_translations(tmp_path: Path) -> None:
    for name, template in (("sam.json", sam()), ("serverless.json", serverless())):
        (tmp_path / name).write_text(json.dumps(template))
    out = printed(run("checkov", "--directory", str(tmp_path), "--config-file", ".checkov.yaml"))
    (passed,) = re.findall(r"Passed checks: (\d+), Failed checks: 0, Skipped checks: 0", out)
    assert int(passed) > 100


def test_sam_build_takes_the_bundle_as_it_is(tmp_path: Path) -> None:
    printed(run("sam", "build", "--build-dir", str(tmp_path)))
    built = (tmp_path / "template.yaml").read_text()
    paths = {(tmp_path / path).resolve() for path in re.findall(r"CodeUri: (.*)", built)}
    assert paths == {ROOT / "dist" / "bundle.zip"}


def test_two_bundles_are_equal_to_the_byte(tmp_path: Path) -> None:
    first = (ROOT / "dist" / "bundle.zip").read_bytes()
    command = (sys.executable, "tools/package.py", "--output", str(tmp_path))
    assert "Bytecode: compiled by" in printed(run(*command))
    assert (tmp_path / "bundle.zip").read_bytes() == first
    assert len(list((tmp_path / "build").glob("*.dist-info"))) <= len(pinned())


@pytest.mark.parametrize("command", [["make", "deploy"], [OSLS, "deploy"]], ids=["sam", "serverless"])
def test_a_deployment_asks_nothing_until_it_connects(command: list[str]) -> None:
    port = closed_port()
    done = run(*command, AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}", **STORE)
    assert done.returncode != 0
    assert re.search(f"connect.*127.0.0.1:{port}", done.stdout + done.stderr)


@pytest.mark.parametrize(
    "command", [["make", "package", "deploy"], [OSLS, "deploy"]], ids=["sam", "serverless"]
)
@pytest.mark.parametrize("missing", STORE)
def test_a_missing_store_stops_a_deployment_by_name_before_all_else(command: list[str], missing: str) -> None:
    given = {name: value for name, value in STORE.items() if name != missing}
    done = run(*command, AWS_ENDPOINT_URL=f"http://127.0.0.1:{closed_port()}", **given)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert f"{missing} must be set" in said
    assert not re.search("connect|Bytecode|Packaging", said, re.IGNORECASE)


def test_a_deployment_ends_with_the_address_and_a_curl(tmp_path: Path) -> None:
    aws, found = FakeAws(), shutil.which("sam")
    assert found
    with serving(aws.app) as url:
        done = Checkout(tmp_path, Path(found)).deploy(**AWS, **SECRETS, AWS_ENDPOINT_URL=url)
    assert f"curl -s {API_URL}/api/generate" in printed(done).splitlines()[-3]
    given = {name: value for name, value in aws.parameters.items() if name != "Release"}
    assert sorted(given.values()) == sorted(SECRETS.values())
    assert not [key for key, content in aws.objects.items() if b"canary" in content]
    assert "canary" not in done.stdout + done.stderr


class Offline:
    """`make offline`, with the schedule at its shortest."""

    def __init__(self, folder: Path) -> None:
        for name in ("core", "functions", "web", "tools", "node_modules", "package.json"):
            (folder / name).symlink_to(ROOT / name)
        text = (ROOT / "serverless.yml").read_text()
        (folder / "serverless.yml").write_text(text.replace("rate(5 minutes)", "rate(1 minute)"))
        self.port, self.log = closed_port(), folder / "log"
        environ = {**os.environ, **AWS, "PORT": str(self.port), "VIRTUAL_ENV": str(ROOT / ".venv")}
        environ |= {"ADMIN_TOKEN": "canary-admin"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(  # noqa: S603
                [OSLS, "offline"], cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def wait_for(self, text: str, seconds: int) -> None:
        for _ in range(seconds * 10):
            if text in self.log.read_text():
                return
            time.sleep(0.1)
        raise AssertionError(f"no {text!r} in\n{self.log.read_text()}")


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offline]:
    offline = Offline(tmp_path_factory.mktemp("offline"))
    offline.wait_for("Server ready", 60)
    yield offline
    offline.process.terminate()
    offline.process.wait()


def test_offline_answers_every_method_with_the_secrets_that_are_set(
    offline: Offline, capsys: pytest.CaptureFixture[str]
) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{offline.port}", timeout=30) as client:
        started = time.perf_counter()
        made = client.post("/api/generate", json={"text": "A text that is short."})
        with capsys.disabled():
            print(f"the first request took {time.perf_counter() - started:.2f} s")  # noqa: T201
        assert (made.status_code, made.json()["success"]) == (200, True)
        assert client.head("/").status_code == 200
        assert client.put("/api/generate").headers["allow"]
        headers = {"Authorization": "Bearer canary-admin"}
        startup = client.get("/debug/startup", headers=headers).json()
        assert startup["settings"]["ADMIN_TOKEN"] is True
        assert (startup["environment"], startup["settings"]["UPSTASH_REDIS_REST_URL"]) == (
            "production",
            False,
        )
        assert client.get("/debug/startup").status_code == 404


def test_offline_runs_the_schedule(offline: Offline) -> None:
    offline.wait_for("Scheduled health check", 150)


def test_hadolint_passes() -> None:
    assert printed(run("hadolint", "Dockerfile")) == ""


def test_compose_is_valid() -> None:
    compose = shutil.which("docker-compose")
    if not compose:
        pytest.skip("docker-compose is not here")
    assert run(compose, "--profile", "rest", "config", "--quiet").stderr == ""
