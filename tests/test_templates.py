"""template.yaml, serverless.yml and functions/ agree."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import subprocess
from dataclasses import dataclass, fields
from typing import Any

import pytest
import yaml
from fastapi.routing import iter_route_contexts

import functions
from core.settings import Settings
from tests.support.paths import ROOT

UNDEPLOYED_PATHS = ("/docs", "/redoc", "/openapi.json")
IMPLIED_METHODS = {"HEAD", "OPTIONS"}


class CloudFormationLoader(yaml.SafeLoader):
    """Reads `!Ref Name` and its kin as the text `Name`, lists and mappings as themselves."""


def _plain(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


CloudFormationLoader.add_multi_constructor("!", _plain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """One function as a template describes it; routes look like `GET /static/{}`."""

    handler: str
    routes: frozenset[str]
    schedules: frozenset[str]
    variables: frozenset[str]
    runtime: str
    architecture: str
    memory_mb: int
    timeout_seconds: int
    bundle: str


def route(method: str, path: str) -> str:
    return f"{method} {re.sub(r'{[^}]*}', '{}', path)}"


def read_sam() -> dict[str, Any]:
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    template: dict[str, Any] = yaml.load(text, CloudFormationLoader)  # noqa: S506 (a SafeLoader)
    return template


def variables(properties: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = properties.get("Environment", {}).get("Variables", {})
    return found


def sam_function(common: dict[str, Any], own: dict[str, Any]) -> Deployed:
    properties = common | own
    events = [(event["Type"], event["Properties"]) for event in properties["Events"].values()]
    return Deployed(
        handler=properties["Handler"],
        routes=frozenset(route(at["Method"], at["Path"]) for kind, at in events if kind == "HttpApi"),
        schedules=frozenset(at["Schedule"] for kind, at in events if kind == "Schedule"),
        variables=frozenset(variables(common) | variables(own)),
        runtime=properties["Runtime"],
        architecture=properties["Architectures"][0],
        memory_mb=properties["MemorySize"],
        timeout_seconds=properties["Timeout"],
        bundle=properties["CodeUri"],
    )


def sam_functions() -> dict[str, Deployed]:
    template = read_sam()
    common = template["Globals"]["Function"]
    resources = template["Resources"].values()
    owns = [item["Properties"] for item in resources if item["Type"] == "AWS::Serverless::Function"]
    return {own["Handler"].split(".")[1]: sam_function(common, own) for own in owns}


def serverless_function(service: dict[str, Any], own: dict[str, Any]) -> Deployed:
    properties = service["provider"] | own
    events = properties["events"]
    return Deployed(
        handler=properties["handler"].replace("/", "."),
        routes=frozenset(route(*event["httpApi"].split()) for event in events if "httpApi" in event),
        schedules=frozenset(event["schedule"] for event in events if "schedule" in event),
        variables=frozenset(service["provider"]["environment"] | own.get("environment", {})),
        runtime=properties["runtime"],
        architecture=properties["architecture"],
        memory_mb=properties["memorySize"],
        timeout_seconds=properties["timeout"],
        bundle=service["package"]["artifact"],
    )


def serverless_functions() -> dict[str, Deployed]:
    service = yaml.safe_load((ROOT / "serverless.yml").read_text(encoding="utf-8"))
    return {name: serverless_function(service, own) for name, own in service["functions"].items()}


def written_functions() -> dict[str, Any]:
    names = [module.name for module in pkgutil.iter_modules(functions.__path__)]
    modules = {name: importlib.import_module(f"functions.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "handler")}


def written_routes(module: Any) -> set[str]:
    if not hasattr(module, "app"):
        return set()
    found = [(at.path or "", at.methods) for at in iter_route_contexts(module.app.routes)]
    kept = [(path, methods) for path, methods in found if not path.startswith(UNDEPLOYED_PATHS)]
    mounts = {route("GET", f"{path}/{{path}}") for path, methods in kept if methods is None}
    return mounts | {route(method, path) for path, methods in kept for method in (methods or set())}


def setting_names(*, secret: bool) -> set[str]:
    return {item.name.upper() for item in fields(Settings) if item.metadata["secret"] or not secret}


SAM = sam_functions()


def test_both_templates_deploy_the_same_function_modules() -> None:
    assert SAM.keys() == serverless_functions().keys() == written_functions().keys()


@pytest.mark.parametrize("name", SAM)
def test_both_templates_say_the_same_of_a_function(name: str) -> None:
    assert SAM[name] == serverless_functions()[name]


@pytest.mark.parametrize("name", SAM)
def test_a_functions_handler_is_its_modules(name: str) -> None:
    assert SAM[name].handler == f"functions.{name}.handler"
    assert callable(written_functions()[name].handler)


@pytest.mark.parametrize("name", SAM)
def test_the_deployed_routes_are_the_apps_routes(name: str) -> None:
    deployed = {at for at in SAM[name].routes if at.split()[0] not in IMPLIED_METHODS}
    written = {at for at in written_routes(written_functions()[name]) if at.split()[0] not in IMPLIED_METHODS}
    assert deployed == written


@pytest.mark.parametrize("name", SAM)
def test_preflights_of_every_api_path_reach_the_app(name: str) -> None:
    paths = {at.split()[1] for at in SAM[name].routes}
    assert {f"OPTIONS {path}" for path in paths if path.startswith("/api/")} <= SAM[name].routes


def test_no_route_has_two_functions() -> None:
    routes = [at for function in SAM.values() for at in function.routes]
    assert len(routes) == len(set(routes))


def test_only_the_health_check_runs_on_a_schedule() -> None:
    assert {name: set(function.schedules) for name, function in SAM.items() if function.schedules} == {
        "health_check": {"rate(5 minutes)"}
    }


def test_only_generate_gets_the_openai_key() -> None:
    assert [name for name, function in SAM.items() if "OPENAI_API_KEY" in function.variables] == ["generate"]


def test_pages_get_no_secret() -> None:
    assert not SAM["pages"].variables & setting_names(secret=True)


@pytest.mark.parametrize("name", SAM)
def test_every_variable_is_a_setting(name: str) -> None:
    assert SAM[name].variables <= setting_names(secret=False)


def test_secret_parameters_are_never_echoed() -> None:
    template = read_sam()
    properties = [resource["Properties"] for resource in template["Resources"].values()]
    values = [item for own in properties for item in variables(own).items()]
    given = [value for variable, value in values if variable in setting_names(secret=True)]
    # One that depends on a condition is a list: the condition and its two values.
    secret = {each for value in given for each in (value[1:] if isinstance(value, list) else [value])}
    assert secret
    assert all(template["Parameters"][parameter].get("NoEcho") for parameter in secret)


def test_the_function_that_only_reads_gets_no_token_that_writes() -> None:
    assert "UPSTASH_REDIS_REST_READONLY_TOKEN" in SAM["threads"].variables
    assert "UPSTASH_REDIS_REST_TOKEN" not in SAM["threads"].variables


def test_every_function_has_a_sample_event() -> None:
    events = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in ROOT.glob("events/*.json")}
    assert SAM.keys() <= events.keys()


def test_both_templates_save_the_same_query_over_the_log_of_generate() -> None:
    service = yaml.safe_load((ROOT / "serverless.yml").read_text(encoding="utf-8"))
    sam = read_sam()["Resources"]["HitRateQuery"]["Properties"]
    serverless = service["resources"]["Resources"]["HitRateQuery"]["Properties"]
    assert sam["QueryString"] == serverless["QueryString"]
    # Serverless names a function's log group so.
    assert serverless["LogGroupNames"] == [{"Ref": "GenerateLogGroup"}]
    assert sam["LogGroupNames"] == ["GenerateLogs"]
    assert read_sam()["Resources"]["GenerateLogs"]["Properties"]["LogGroupName"].endswith("/generate")


def test_both_templates_throttle_the_whole_api_alike() -> None:
    service = yaml.safe_load((ROOT / "serverless.yml").read_text(encoding="utf-8"))
    stage = service["resources"]["extensions"]["HttpApiStage"]["Properties"]
    settings = read_sam()["Globals"]["HttpApi"]["DefaultRouteSettings"]
    assert stage["DefaultRouteSettings"] == settings
    assert settings == {"ThrottlingBurstLimit": 200, "ThrottlingRateLimit": 100}


def test_the_container_starts_as_make_run_does() -> None:
    (flags,) = re.findall(r"^SERVE := (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert f" {flags}" in (ROOT / "Dockerfile").read_text()
    (grace,) = re.findall(r"--timeout-graceful-shutdown (\d+)", flags)
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    stop = int(compose["services"]["app"]["stop_grace_period"].removesuffix("s"))
    assert Settings().generate_deadline_seconds < int(grace) < stop


@pytest.mark.parametrize(
    ("environment", "front_door"),
    [
        ({}, ""),
        ({"RAILWAY_PROJECT_ID": "a"}, "proxy:1"),
        ({"RAILWAY_PROJECT_ID": "a", "FRONT_DOOR": "alb"}, "alb"),
    ],
    ids=["directly", "on-railway", "as-set"],
)
def test_the_image_trusts_a_proxy_only_where_one_is_in_front(
    environment: dict[str, str], front_door: str
) -> None:
    (line,) = re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    *shell, command = json.loads(line)
    shown = [*shell, command.partition("exec ")[0] + 'printf %s "$FRONT_DOOR"']
    done = subprocess.run(shown, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == front_door


def test_compose_trusts_none() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert compose["services"]["app"]["environment"]["FRONT_DOOR"] == "gateway"
