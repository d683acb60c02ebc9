"""template.yaml, serverless.yml, functions/, the settings and events/ agree."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import tomllib
from dataclasses import dataclass, fields
from typing import Any

import pytest
import yaml
from fastapi.routing import iter_route_contexts

import functions
from core.log import UNITS
from core.settings import Settings
from tests.support.paths import ROOT
from tools import package

DELETES = ("functions.cache", "/api/threads/{id}")  # the other methods are another function's
UNDEPLOYED_PATHS = ("/docs", "/redoc", "/openapi.json")
# What follows from the place, and what is for other places.
NOT_PARAMETERS = {"ENVIRONMENT", "FRONT_DOOR", "REDIS_URL", "FETCH_ALLOW_HOSTS"}
REQUIRED = {"UpstashRedisRestUrl", "UpstashRedisRestToken"}
Table = dict[str, Any]


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


def flat(value: Any) -> Any:
    """`{Ref: Name}` and its kin as the loader above reads them."""
    if isinstance(value, list):
        return [flat(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and re.match("Ref$|Fn::", next(iter(value))):
        return flat(next(iter(value.values())))
    return {name: flat(each) for name, each in value.items()}


SAM: Table = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), CloudFormationLoader)  # noqa: S506
_YAML: Table = yaml.safe_load((ROOT / "serverless.yml").read_text(encoding="utf-8"))
# As the other template names what both have.
_NAMES = {"GenerateLambdaFunction": "GenerateFunction", "HttpApi": "ServerlessHttpApi"}
_NAMES |= {"GenerateLogGroup": "GenerateLogs", "McpLogGroup": "McpLogs"}
SERVERLESS: Table = json.loads(
    re.sub(
        r"(?<!\w)(GenerateLambdaFunction|HttpApi|GenerateLogGroup|McpLogGroup)(?=[\"}])",
        lambda name: _NAMES[name[1]],
        json.dumps(flat(_YAML)),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """One function as a template describes it; routes look like `ANY /static/{}`."""

    handler: str
    routes: frozenset[str]
    schedules: frozenset[str]
    variables: frozenset[tuple[str, str]]
    runtime: str
    architecture: str
    memory_mb: int
    timeout_seconds: int
    retries: int | None
    tags: frozenset[tuple[str, str]]
    bundle: str


def route(method: str, path: str) -> str:
    return f"{method} {re.sub(r'{[^}]*}', '{}', path)}"


def variables(properties: Table) -> dict[str, Any]:
    found: dict[str, Any] = properties.get("Environment", {}).get("Variables", {})
    return found


def sam_function(own: Table) -> Deployed:
    common = SAM["Globals"]["Function"]
    properties = common | own
    events = [(event["Type"], event["Properties"]) for event in properties["Events"].values()]
    given = variables(common) | variables(own)
    return Deployed(
        handler=properties["Handler"],
        routes=frozenset(route(at["Method"], at["Path"]) for kind, at in events if kind == "HttpApi"),
        schedules=frozenset(at["Schedule"] for kind, at in events if kind == "Schedule"),
        variables=frozenset((name, str(value)) for name, value in given.items()),
        runtime=properties["Runtime"],
        architecture=properties["Architectures"][0],
        memory_mb=properties["MemorySize"],
        timeout_seconds=properties["Timeout"],
        retries=properties.get("EventInvokeConfig", {}).get("MaximumRetryAttempts"),
        tags=frozenset(properties["Tags"].items()),
        bundle=properties["CodeUri"],
    )


def _as_parameter(name: str, value: str) -> str:
    """The parameter that SAM has for a value that Serverless takes from the environment, with its default."""
    match = re.fullmatch(r"\$\{env:(\w+), '(.*)'\}", str(value))
    if not match:
        return str(value)
    parameter = SAM["Parameters"][parameter_of(match[1])]
    assert (match[1], match[2]) == (name, str(parameter["Default"]))
    return parameter_of(name)


def serverless_function(own: Table) -> Deployed:
    provider = SERVERLESS["provider"]
    properties = provider | own
    events = properties["events"]
    given = provider["environment"] | own.get("environment", {})
    return Deployed(
        handler=properties["handler"].replace("/", "."),
        routes=frozenset(route(*event["httpApi"].split()) for event in events if "httpApi" in event),
        schedules=frozenset(event["schedule"] for event in events if "schedule" in event),
        variables=frozenset((name, _as_parameter(name, value)) for name, value in given.items()),
        runtime=properties["runtime"],
        architecture=properties["architecture"],
        memory_mb=properties["memorySize"],
        timeout_seconds=properties["timeout"],
        retries=properties.get("maximumRetryAttempts"),
        tags=frozenset(properties["tags"].items()),
        bundle=SERVERLESS["package"]["artifact"],
    )


def parameter_of(variable: str) -> str:
    return "".join(word.capitalize() for word in variable.split("_"))


def of_type(kind: str) -> dict[str, Table]:
    found = SAM["Resources"].items()
    return {name: resource["Properties"] for name, resource in found if resource["Type"] == kind}


OWN = {own["Handler"].split(".")[1]: own for own in of_type("AWS::Serverless::Function").values()}
FUNCTIONS = {name: sam_function(own) for name, own in OWN.items()}
SETTINGS = {each.name.upper(): each for each in fields(Settings)}
SECRETS = {name for name, setting in SETTINGS.items() if setting.metadata["secret"]}


def written_functions() -> dict[str, Any]:
    names = [module.name for module in pkgutil.iter_modules(functions.__path__)]
    modules = {name: importlib.import_module(f"functions.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "handler")}


def written_paths(module: Any) -> set[str]:
    paths = [at.path or "" for at in iter_route_contexts(getattr(module, "app", module).routes)]
    methods = {path: "DELETE" for path in paths if (module.__name__, path) == DELETES}
    return {route(methods.get(path, "ANY"), path) for path in paths if not path.startswith(UNDEPLOYED_PATHS)}


def named(name: str) -> set[str]:
    return {variable for variable, _ in FUNCTIONS[name].variables}


def test_both_templates_deploy_the_same_function_modules() -> None:
    assert FUNCTIONS.keys() == SERVERLESS["functions"].keys() == written_functions().keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_templates_say_the_same_of_a_function(name: str) -> None:
    assert FUNCTIONS[name] == serverless_function(SERVERLESS["functions"][name])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_handler_is_its_modules(name: str) -> None:
    assert FUNCTIONS[name].handler == f"functions.{name}.handler"
    assert callable(written_functions()[name].handler)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "health_check"])
def test_the_app_gets_every_method_of_its_paths(name: str) -> None:
    assert FUNCTIONS[name].routes == written_paths(written_functions()[name])


def test_no_route_has_two_functions() -> None:
    routes = [at for function in FUNCTIONS.values() for at in function.routes]
    assert len(routes) == len(set(routes))


def test_only_the_health_check_runs_on_a_schedule_and_once_each_time() -> None:
    scheduled = {
        name: (set(each.schedules), each.retries) for name, each in FUNCTIONS.items() if each.schedules
    }
    assert scheduled == {"health_check": ({"rate(5 minutes)"}, 0)}


@pytest.mark.parametrize("name", ["generate", "mcp"])
def test_what_makes_threads_ends_before_the_gateway_and_after_the_app(name: str) -> None:
    assert Settings().generate_deadline_seconds < FUNCTIONS[name].timeout_seconds == 29
    longest = SAM["Parameters"]["GenerateDeadlineSeconds"]["MaxValue"]
    assert longest < FUNCTIONS[name].timeout_seconds


def test_the_bundle_is_built_for_the_functions_runtime() -> None:
    runtimes = {(each.runtime, each.architecture, each.bundle) for each in FUNCTIONS.values()}
    assert runtimes == {(f"python{package.RUNTIME}", "arm64", "dist/bundle.zip")}


def test_every_setting_that_makes_sense_here_is_a_parameter() -> None:
    of_the_deployment = {"AlertEmail", "ReservedConcurrency", "SnapStart", "Release"}
    wanted = {parameter_of(name) for name in SETTINGS.keys() - NOT_PARAMETERS}
    assert SAM["Parameters"].keys() == wanted | of_the_deployment
    assert {name for name, rules in SAM["Parameters"].items() if "Default" not in rules} == REQUIRED
    reaches = set().union(*map(named, FUNCTIONS))
    assert reaches == SETTINGS.keys() - {"REDIS_URL", "FETCH_ALLOW_HOSTS"}


@pytest.mark.parametrize("name", sorted(SETTINGS.keys() - NOT_PARAMETERS))
def test_a_parameter_has_the_settings_default_and_bounds(name: str) -> None:
    rules, setting = SAM["Parameters"][parameter_of(name)], SETTINGS[name]
    bounds = setting.metadata["parse"].keywords
    if "Default" in rules:
        given = Settings.from_env({name: str(rules["Default"])})
        assert getattr(given, setting.name) == setting.default
    assert ("lowest" in bounds and setting.default is not None) == (rules["Type"] == "Number")
    if rules["Type"] == "Number":
        assert bounds["lowest"] <= rules["MinValue"] <= rules["MaxValue"] <= bounds["highest"]
    assert list(bounds.get("choices", ())) == rules.get("AllowedValues", [])


def test_secrets_are_never_echoed_and_reach_serverless_as_parameters() -> None:
    hidden = {name for name, rules in SAM["Parameters"].items() if rules.get("NoEcho")}
    assert hidden == {parameter_of(name) for name in SECRETS | {"OPENAI_BASE_URL"} if name != "REDIS_URL"}
    given = SERVERLESS["resources"]["Parameters"]
    assert hidden <= given.keys()
    assert {name: SAM["Parameters"][name] for name in given} == given
    text = (ROOT / "serverless.yml").read_text()
    assert not {name for name in SECRETS if f"env:{name}" in text}
    assert {name for name, rules in given.items() if "Default" not in rules} == REQUIRED


def test_secrets_go_where_they_are_needed() -> None:
    holders = {
        secret: {name for name in FUNCTIONS if secret in named(name)}
        for secret in SECRETS | {"OPENAI_BASE_URL"}
    }
    assert holders["OPENAI_API_KEY"] == {"generate", "mcp"}
    assert holders["OPENAI_BASE_URL"] == {"generate", "mcp", "health_check"}
    assert holders["UPSTASH_REDIS_REST_READONLY_TOKEN"] == {"threads"}
    assert "threads" not in holders["UPSTASH_REDIS_REST_TOKEN"]
    assert not named("pages") & SECRETS


def test_roles_are_those_that_only_write_logs() -> None:
    """SAM's and Serverless's own; tests/deploy/test_tools.py looks into them."""
    assert not any(name in own for own in OWN.values() for name in ("Role", "Policies"))
    assert not any("iam" in each for each in (SERVERLESS["provider"], *SERVERLESS["functions"].values()))


def test_concurrency_is_reserved_for_generate_alone_and_not_by_default() -> None:
    wanted = ["HasReservedConcurrency", "ReservedConcurrency", "AWS::NoValue"]
    reserved = {name: own.get("ReservedConcurrentExecutions") for name, own in OWN.items()}
    assert {name: value for name, value in reserved.items() if value} == {"generate": wanted}
    extension = SERVERLESS["resources"]["extensions"]["GenerateFunction"]["Properties"]
    assert extension == {"ReservedConcurrentExecutions": wanted}
    assert SAM["Parameters"]["ReservedConcurrency"]["Default"] == ""


def test_snap_start_is_off_by_default() -> None:
    assert SAM["Parameters"]["SnapStart"]["Default"] == "false"
    ways = {each["snapStart"] for each in SERVERLESS["functions"].values()}
    assert ways == {"${self:custom.snapStart}"}
    assert SERVERLESS["custom"]["snapStart"] == "${strToBool(${env:SNAP_START, 'false'})}"


def test_every_value_that_all_functions_have_moves_the_aliases() -> None:
    common = SAM["Globals"]["Function"]
    condition, (separator, seen), _ = common["SourceKMSKeyArn"]
    assert (condition, separator) == ("Never", ",")
    fixed = {"production", "gateway"}
    assert set(seen) == {"Release", *variables(common).values()} - fixed
    # A secret would stand in the translation, so that only the Release, which is keyed, tells of one.
    assert not {name for name in seen if SAM["Parameters"][name].get("NoEcho")}


def test_logs_are_json_and_end_after_a_month() -> None:
    groups = of_type("AWS::Logs::LogGroup")
    for own in OWN.values():
        assert own["LoggingConfig"]["LogFormat"] == "JSON"
        assert own["LoggingConfig"]["LogGroup"] in groups
    assert {group["RetentionInDays"] for group in groups.values()} == {30}
    provider = SERVERLESS["provider"]
    assert (provider["logs"]["lambda"], provider["logRetentionInDays"]) == ({"logFormat": "JSON"}, 30)


def test_the_access_log_has_no_addresses_and_no_paths() -> None:
    settings = SAM["Globals"]["HttpApi"]["AccessLogSettings"]
    assert settings["DestinationArn"] == "AccessLogs.Arn"
    assert settings["Format"] == SERVERLESS["provider"]["logs"]["httpApi"]["format"]
    shown = set(re.findall(r"\$context\.([\w.]+)", settings["Format"]))
    assert shown == {
        *("requestTime", "requestId", "routeKey", "status", "responseLength", "responseLatency"),
        *("error.message", "integrationErrorMessage"),
    }


def test_both_templates_throttle_the_whole_api_alike() -> None:
    stage = SERVERLESS["resources"]["extensions"]["HttpApiStage"]["Properties"]
    settings = SAM["Globals"]["HttpApi"]["DefaultRouteSettings"]
    assert stage["DefaultRouteSettings"] == settings
    assert settings == {"ThrottlingBurstLimit": 200, "ThrottlingRateLimit": 100}


def test_both_templates_have_the_same_alarms_query_and_outputs() -> None:
    resources = SERVERLESS["resources"]["Resources"]
    own = {name: resource for name, resource in SAM["Resources"].items() if name in resources}
    serverless = json.loads(
        json.dumps(resources).replace("${self:service}-${sls:stage}", "${AWS::StackName}")
    )
    assert own == serverless
    assert SAM["Outputs"] == SERVERLESS["resources"]["Outputs"]
    assert SAM["Conditions"].items() >= SERVERLESS["resources"]["Conditions"].items()
    assert all(output["Value"].startswith("https://") for output in SAM["Outputs"].values())


def test_alarms_and_metrics_are_few_enough_to_be_free() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) <= 10
    assert len(UNITS) <= 10
    watched = {name: (alarm["MetricName"], alarm["TreatMissingData"]) for name, alarm in alarms.items()}
    assert watched == {
        "ServerErrors": ("5xx", "notBreaching"),
        "GenerateErrors": ("Errors", "notBreaching"),
        "GenerateThrottles": ("Throttles", "notBreaching"),
        "GenerateSlow": ("Duration", "notBreaching"),
        "Unhealthy": ("unhealthy", "breaching"),  # silence is bad, too
    }
    assert all(alarm["AlarmActions"][0] == "HasAlertEmail" for alarm in alarms.values())
    assert watched["Unhealthy"][0] in UNITS


def test_a_functions_name_begins_with_the_stack_which_is_its_metrics_dimension() -> None:
    """Serverless names a function <service>-<stage>-<function>, and its stack <service>-<stage>."""
    assert {own["FunctionName"] for own in OWN.values()} == {f"${{AWS::StackName}}-{name}" for name in OWN}
    assert of_type("AWS::CloudWatch::Alarm")["Unhealthy"]["Dimensions"] == [
        {"Name": "stack", "Value": "AWS::StackName"}
    ]


def test_sam_deploys_without_a_question() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())["default"]["deploy"]["parameters"]
    tags = config.pop("tags")
    assert config == {
        "stack_name": "threadr",
        "resolve_s3": True,
        "capabilities": "CAPABILITY_IAM",
        "confirm_changeset": False,
        "fail_on_empty_changeset": False,
    }
    assert tags == "service=threadr"
    assert SERVERLESS["provider"]["stackTags"] == {"service": "threadr"}


def test_every_route_and_the_schedule_have_a_sample_event() -> None:
    paths = sorted((ROOT / "events").glob("*.json"))
    events = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    of_route = {
        (name.partition(".")[0], route(*event["routeKey"].split()))
        for name, event in events.items()
        if event.get("routeKey", "$default") != "$default"
    }
    assert of_route == {(name, at) for name, each in FUNCTIONS.items() for at in each.routes}
    assert events["health_check.json"]["source"] == "aws.events"
    others = {"generate.alb.json", "generate.function-url.json", "generate.rest.json"}
    assert events.keys() - {"health_check.json"} >= others
