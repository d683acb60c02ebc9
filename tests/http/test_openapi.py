"""The published OpenAPI is correct: every check of schemathesis passes for the whole app."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from fastapi import FastAPI
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from core.http.openapi import examples
from core.settings import Settings
from tests.support.app import Make, whole_app

# Drawn for each route, beside the systematic ones; and the seed that they are drawn with.
DRAWN = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "10"))
SEED = int(os.environ.get("SCHEMATHESIS_SEED", "1"))
TOKEN = "admin-token"
# What an address or a text is worth is not a matter of its form; neither is that of two places one is filled.
BEYOND_FORM = [
    "POST /api/generate",
    "POST /api/estimate",
    "DELETE /api/cache/clear",
    "GET /api/threads/{id}",
    "GET /api/thread",
]
BEYOND_FORM += ["POST /api/threads/{id}/edit"]
# A model that does not write what it should is a 503, when nothing else can be given.
REWRITE, REWRITTEN = "POST /api/threads/{id}/posts/{n}/rewrite", ["2xx", "3xx", "4xx", "503"]
REFUSED = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx"]
ALSO_REFUSED = ["2xx", "3xx", "401", "403", "404", "409", "422", "429", "5xx"]


@pytest.fixture
def app(model_settings: dict[str, Any]) -> FastAPI:
    """In-process store, no limits, a model on this machine, no address that may be fetched."""
    settings = Settings(
        admin_token=TOKEN,
        allowed_domains=("no-host.invalid",),
        daily_budget_usd=0,
        rate_limit_requests=1_000_000,
        **model_settings,
    )
    return whole_app(settings)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return whole_app(Settings()).openapi()


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        yield from ((f"{method.upper()} {path}", operation) for method, operation in methods.items())


def responses(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, operation in operations(schema):
        yield from ((f"{name} {status}", response) for status, response in operation["responses"].items())


def test_no_check_of_schemathesis_fails(app: FastAPI) -> None:
    beyond = {"positive_data_acceptance": {"expected-statuses": ALSO_REFUSED}}
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "checks": {"negative_data_rejection": {"expected-statuses": REFUSED}},  # with 413
            "headers": {"Authorization": f"Bearer {TOKEN}"},
            "generation": {"max-examples": DRAWN, "database": "none"},
            "operations": [
                *({"include-name": name, "checks": beyond} for name in BEYOND_FORM),
                {"include-name": REWRITE, "checks": {"not_a_server_error": {"expected-statuses": REWRITTEN}}},
            ],
        }
    )
    loaded = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    seen = list(from_schema(loaded).execute())
    assert [event for event in seen if isinstance(event, events.NonFatalError | events.FatalError)] == []
    recorders = [event.recorder for event in seen if isinstance(event, events.ScenarioFinished)]
    checks = [check for found in recorders for checked in found.checks.values() for check in checked]
    assert [check.failure_info.failure for check in checks if check.failure_info] == []
    assert {check.name for check in checks} >= set(CHECKS.get_all_names()) - {"max_response_time"}
    assert sum(len(found.interactions) for found in recorders) > 300


def test_every_route_is_described_and_has_a_path_of_its_own(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema):
        assert operation["summary"], name
        assert operation["description"], name
        assert len(operation["tags"]) == 1, name
    shared = {path: {*methods} for path, methods in schema["paths"].items() if len(methods) > 1}
    assert shared == {"/api/threads/{id}": {"get", "delete"}}


def test_every_problem_is_published_as_one_with_an_example(schema: dict[str, Any]) -> None:
    problems = {name: found for name, found in responses(schema) if "problem+json" in str(found)}
    assert len(problems) > 40
    for name, response in problems.items():
        assert list(response["content"]) == ["application/problem+json"]
        content = response["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert {str(example["value"]["status"]) for example in content["examples"].values()} == {name[-3:]}
    unknown = [name for name, found in responses(schema) if name[-3] in "45" and name not in problems]
    assert unknown == ["GET /api/monitor/health 503"]
    assert not {"HTTPValidationError", "ValidationError"} & set(schema["components"]["schemas"])


def test_every_answer_names_its_headers(schema: dict[str, Any]) -> None:
    for name, response in responses(schema):
        references = {header: value["$ref"] for header, value in response["headers"].items()}
        assert references.keys() >= {"X-Request-Id", "Cache-Control"}, name
        assert references.keys() <= schema["components"]["headers"].keys()
    generated = schema["paths"]["/api/generate"]["post"]["responses"]
    limits = {"Cache-Status", "RateLimit", "RateLimit-Policy", "X-RateLimit-Reset"}
    assert generated["200"]["headers"].keys() > limits | {"Age"}
    assert generated["429"]["headers"].keys() > limits | {"Retry-After"}


@pytest.mark.parametrize("name", sorted(examples()))
def test_every_request_and_answer_has_a_valid_example(schema: dict[str, Any], name: str) -> None:
    model = schema["components"]["schemas"][name]
    assert len(model["examples"]) == 1
    validator = jsonschema_rs.validator_for({**model, "components": schema["components"]})
    assert list(validator.iter_errors(model["examples"][0])) == []


def test_every_body_has_an_example(schema: dict[str, Any]) -> None:
    bodies = [operation.get("requestBody", {}) for _, operation in operations(schema)]
    bodies += [response for name, response in responses(schema) if name.endswith(" 200")]
    schemas = str([body.get("content", {}).get("application/json") for body in bodies])
    assert set(re.findall(r"schemas/(\w+)", schemas)) == set(examples())


def test_security_schemes_are_named_where_they_apply(schema: dict[str, Any]) -> None:
    schemes = {name: operation.get("security") for name, operation in operations(schema)}
    assert [name for name, keys in schemes.items() if keys == [{"adminToken": []}]] == [
        "GET /api/cache/stats",
        "DELETE /api/cache/clear",
    ]
    assert schemes["POST /api/generate"] == [{}, {"apiKey": []}]
    assert schemes["GET /debug/startup"] == [{}, {"adminToken": []}]
    assert schema["components"]["securitySchemes"].keys() == {"adminToken", "apiKey", "deleteToken"}


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
async def test_the_documents_are_for_development(client_of: Make, path: str) -> None:
    assert (await client_of().get(path)).status_code == 200
    production = client_of(environment="production", fetch_allow_hosts=())
    assert (await production.get(path)).status_code == 404
