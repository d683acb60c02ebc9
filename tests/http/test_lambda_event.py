"""No event makes a handler raise, and every answer has the shape that its front door takes."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI, Request
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from core.http.app import create_app
from core.http.event_loop import on_process_loop
from core.http.lambda_handler import Handler, lambda_handler
from core.rate_limit import Client
from core.services import Services
from core.settings import Settings
from functions import generate
from tests.support.app import whole_app
from tests.support.fake_openai import FakeOpenAI
from tests.support.lambda_events import Context, Shape, alb, call, v1, v2
from tests.support.site import ARTICLE

Event = dict[str, Any]
Make = Callable[..., tuple[Handler, Services]]
FUNCTIONS = ["generate", "threads", "pages", "cache", "monitor"]
SHAPES = [pytest.param(v2, id="v2"), pytest.param(v1, id="v1"), pytest.param(alb, id="alb")]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(autouse=True, scope="module")
def own_limit() -> Iterator[None]:
    """Requests of these tests do not count against other tests of the function."""
    services = generate.app.state.services
    generate.app.state.services = Services(Settings(rate_limit_requests=1_000_000))
    yield
    generate.app.state.services = services


def assert_valid(answer: Event, *, event: object) -> None:
    """The formats of API Gateway (v1, v2), Function URLs and ALBs, as their developer guides give them."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    kept = json.loads(json.dumps(answer))
    assert isinstance(kept["statusCode"], int)
    assert 200 <= kept["statusCode"] < 600
    assert isinstance(kept["body"], str)
    assert isinstance(kept["isBase64Encoded"], bool)
    values = kept.get("headers") or {name: "".join(many) for name, many in kept["multiValueHeaders"].items()}
    assert all(isinstance(value, str) for value in values.values())
    assert values["content-type"] or not kept["body"]
    is_alb = isinstance(context, dict) and "elb" in context
    assert ("statusDescription" in kept) == is_alb
    assert set(kept) <= {
        *("statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"),
        *("cookies", "statusDescription"),
    }


def body_of(answer: Event) -> Any:
    return json.loads(answer["body"])


@pytest.fixture
def handler_of() -> Iterator[Make]:
    """Makes handlers of the whole app with the given settings."""
    made: list[Services] = []

    def make(**values: Any) -> tuple[Handler, Services]:
        app = whole_app(Settings(**values))
        made.append(app.state.services)
        return lambda_handler(app), app.state.services

    yield make
    for services in made:
        on_process_loop(lambda loop, services=services: loop.run_until_complete(services.close()))  # type: ignore[misc]


def bucket_used(services: Services, client: str) -> int:
    return on_process_loop(
        lambda loop: loop.run_until_complete(services.tiers.status(Client(client, services.settings.window)))
    ).used


def test_fifty_invocations_are_answered_alike_also_from_another_thread(handler_of: Make) -> None:
    handler, _ = handler_of()
    event = v2("GET", "/api/rate-limit-status")
    assert {handler(event, Context())["statusCode"] for _ in range(50)} == {200}
    with ThreadPoolExecutor(1) as elsewhere:
        assert elsewhere.submit(handler, event, Context()).result()["statusCode"] == 200
    assert on_process_loop(asyncio.all_tasks) == set()


# What front doors, consoles and others send


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "event",
    [
        pytest.param(None, id="nothing"),
        pytest.param({}, id="empty"),
        pytest.param([], id="a-list"),
        pytest.param("warm", id="text"),
        pytest.param(7, id="a-number"),
        pytest.param({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}, id="schedule"),
        pytest.param({"source": "serverless-plugin-warmup"}, id="warm-up"),
        pytest.param({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]}, id="sqs"),
        pytest.param({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "m"}}]}, id="sns"),
        pytest.param({"Records": [{"cf": {"request": {"uri": "/"}}}]}, id="lambda-at-edge"),
        pytest.param({"Records": []}, id="no-records"),
        pytest.param({"key1": "value1", "key2": "value2"}, id="the-consoles-test-event"),
        pytest.param({"requestContext": {"eventType": "CONNECT", "routeKey": "$connect"}}, id="websocket"),
        pytest.param({"version": "2.0", "requestContext": {"http": {}}}, id="v2-without-a-method"),
        pytest.param({"version": "2.0", "requestContext": {"http": {"method": 7}}}, id="v2-odd-method"),
        pytest.param({"requestContext": {"elb": {}}}, id="alb-without-a-method"),
        pytest.param({"requestContext": {"elb": None}, "httpMethod": None}, id="alb-of-nothing"),
    ],
)
def test_an_event_that_is_not_an_http_request_is_refused_in_a_valid_answer(
    function: str, event: object
) -> None:
    answer = call(function, event)  # type: ignore[arg-type]
    assert_valid(answer, event=event)
    assert (answer["statusCode"], body_of(answer)["type"]) == (400, "/problems/validation")
    assert "HTTP requests" in body_of(answer)["detail"]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"headers": None, "multiValueHeaders": None}, id="headers-null"),
        pytest.param({"headers": []}, id="headers-a-list"),
        pytest.param({"headers": "host: h"}, id="headers-text"),
        pytest.param({"headers": {}}, id="headers-empty"),
        pytest.param({"headers": {"host": None, "accept": 7, "x": ["a"]}}, id="header-values-odd"),
        pytest.param({"headers": {"": "x", "é": "ü", "\ud800": "\udfff"}}, id="header-names-odd"),
        pytest.param({"headers": {"host": "a:b:c"}}, id="host-two-colons"),
        pytest.param({"headers": {"Host": "h:notaport"}}, id="host-port-no-number"),
        pytest.param({"headers": {"host": "[::1]:443"}}, id="host-ipv6"),
        pytest.param({"headers": {"host": "[::1"}}, id="host-open-bracket"),
        pytest.param({"headers": {"host": "h:"}}, id="host-port-empty"),
        pytest.param({"headers": {"host": ""}}, id="host-empty"),
        pytest.param({"headers": {"host": "h/../?#@"}}, id="host-of-a-url"),
        pytest.param({"headers": {"host": "h:" + "9" * 5_000}}, id="host-port-endless"),
        pytest.param({"headers": {"x-forwarded-port": "abc"}}, id="port-no-number"),
        pytest.param({"headers": {"x-forwarded-port": ""}}, id="port-empty"),
        pytest.param({"headers": {"X-Forwarded-Port": "443, 80"}}, id="port-list"),
        pytest.param({"headers": {"x-forwarded-port": "²"}}, id="port-superscript"),
        pytest.param({"headers": {"x-forwarded-proto": "java script:"}}, id="proto-odd"),
        pytest.param({"headers": {"content-length": "-1", "transfer-encoding": "x"}}, id="length-odd"),
        pytest.param({"multiValueHeaders": {"Host": None}}, id="many-null"),
        pytest.param({"multiValueHeaders": {"Host": []}}, id="many-empty"),
        pytest.param({"multiValueHeaders": {"Host": ["a", 1, None]}}, id="many-odd"),
        pytest.param({"multiValueHeaders": {"Host": "a"}}, id="many-text"),
        pytest.param({"multiValueHeaders": []}, id="many-a-list"),
        pytest.param({"queryStringParameters": []}, id="query-a-list"),
        pytest.param({"queryStringParameters": "a=b"}, id="query-text"),
        pytest.param({"queryStringParameters": {"a": None, "b": 7}}, id="query-values-odd"),
        pytest.param({"queryStringParameters": {"a": "%", "%zz": "\ud800"}}, id="query-broken-percent"),
        pytest.param({"multiValueQueryStringParameters": {"a": None}}, id="query-many-null"),
        pytest.param({"multiValueQueryStringParameters": {"a": [None, {}]}}, id="query-many-odd"),
        pytest.param({"rawQueryString": None}, id="raw-query-null"),
        pytest.param({"rawQueryString": "\ud800&&=%"}, id="raw-query-odd"),
        pytest.param({"body": {"text": "x"}}, id="body-a-table"),
        pytest.param({"body": 7}, id="body-a-number"),
        pytest.param({"body": "\ud800"}, id="body-lone-surrogate"),
        pytest.param({"isBase64Encoded": None}, id="base64-null"),
        pytest.param({"cookies": ["a=1", "b=2"]}, id="cookies"),
        pytest.param({"cookies": [1, None]}, id="cookies-odd"),
        pytest.param({"cookies": "a=b"}, id="cookies-text"),
        pytest.param({"stageVariables": None, "pathParameters": 7, "unheard": {}}, id="unheard-members"),
    ],
)
def test_an_odd_part_does_not_hide_the_request(shape: Shape, parts: Event) -> None:
    event = shape("GET", "/health") | parts
    answer = call("monitor", event)
    assert_valid(answer, event=event)
    body = body_of(answer)
    assert (answer["statusCode"], body["status"]) == (200, "healthy")


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({"http": {"method": "GET", "path": None}}, id="v2-path-null"),
        pytest.param({"http": {"method": "GET"}, "stage": None}, id="v2-bare"),
        pytest.param({"http": {"method": "GET", "sourceIp": 7}, "authorizer": []}, id="v2-address-odd"),
    ],
)
def test_a_context_with_gaps_does_not_hide_the_request(context: Event) -> None:
    assert call("monitor", v2("GET", "/health") | {"requestContext": context})["statusCode"] == 200


@pytest.mark.parametrize("context", [None, [], {}, {"identity": None}, {"identity": {"sourceIp": None}}])
def test_a_rest_event_needs_no_context(context: Any) -> None:
    assert call("monitor", v1("GET", "/health") | {"requestContext": context})["statusCode"] == 200


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("body", ["!!!notb64", "eyJ0ZXh0Ijo", "a", "é", "e30=\n!"])
def test_broken_base64_is_the_callers_fault(shape: Shape, body: str) -> None:
    event = shape("POST", "/api/generate", body) | {"isBase64Encoded": True}
    answer = call("generate", event)
    assert_valid(answer, event=event)
    assert (answer["statusCode"], body_of(answer)["type"]) == (400, "/problems/validation")
    assert body_of(answer)["instance"] == "/api/generate"
    assert answer["headers"]["x-request-id"]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "get", "BREW", "G\nET"])
def test_every_method_gets_a_valid_answer(shape: Shape, method: str) -> None:
    event = shape(method, "/api/generate")
    answer = call("generate", event)
    assert_valid(answer, event=event)
    assert answer["statusCode"] == 405


@pytest.mark.parametrize("shape", SHAPES)
def test_the_largest_body_that_lambda_takes_is_refused_with_a_detail(shape: Shape) -> None:
    event = shape("POST", "/api/generate", json.dumps({"text": "a" * 5_900_000}))
    answer = call("generate", event)
    assert answer["statusCode"] in (413, 422)
    assert len(answer["body"]) < 2_048


@settings(max_examples=40, deadline=None)
@given(event=JSON)
@pytest.mark.parametrize("function", [*FUNCTIONS, "health_check"])
def test_no_json_at_all_makes_a_handler_raise(function: str, event: Any) -> None:
    answer = call(function, event)
    if function != "health_check":  # its answer is the check's result, for an operator who invokes it
        assert_valid(answer, event=event)


def places(event: Event) -> list[tuple[str, ...]]:
    inner = [(name, *rest) for name, part in event.items() if isinstance(part, dict) for rest in places(part)]
    return [*((name,) for name in event), *inner]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), value=JSON)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("function", ["generate", "pages"])
def test_no_part_of_an_event_makes_a_handler_raise(
    function: str, shape: Shape, data: st.DataObject, value: Any
) -> None:
    event = shape("POST", "/api/generate", '{"text": "Hello world."}')
    *outer, last = data.draw(st.sampled_from(places(event)))
    part = event
    for name in outer:
        part = part[name]
    part[last] = value
    assert_valid(call(function, event), event=event)


# What reaches the app, and how it leaves


def echo() -> Handler:
    app = FastAPI()

    @app.post("/{path:path}")
    async def route(path: str, request: Request) -> dict[str, Any]:
        return {
            "path": path,
            "query": request.query_params.multi_items(),
            "headers": dict(request.headers),
            "body": (await request.body()).decode(),
            "peer": request.client.host if request.client else None,
        }

    return lambda_handler(app)


def echoed(event: Event) -> Any:
    return body_of(echo()(event, Context()))


PAIRS = [["q", "a b&c"], ["q", "ü"], ["empty", ""]]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(v2("POST", "/x") | {"rawQueryString": "q=a+b%26c&q=%C3%BC&empty="}, id="v2"),
        pytest.param(
            v1("POST", "/x") | {"multiValueQueryStringParameters": {"q": ["a b&c", "ü"], "empty": [""]}},
            id="v1-decodes",
        ),
        pytest.param(
            alb("POST", "/x")
            | {"multiValueQueryStringParameters": {"q": ["a+b%26c", "%C3%BC"], "empty": [""]}},
            id="alb-does-not",
        ),
    ],
)
def test_a_query_arrives_as_it_was_sent(event: Event) -> None:
    assert echoed(event)["query"] == PAIRS


@pytest.mark.parametrize(
    ("event", "path"),
    [
        pytest.param(v2("POST", "/a%20b/%C3%BC"), "a b/ü", id="v2-encoded"),
        pytest.param(v2("POST", "/a%zz%ff"), "a%zz\ufffd", id="v2-broken-encoding"),
        pytest.param(alb("POST", "/a%20b/%C3%BC"), "a b/ü", id="alb-encoded"),
        pytest.param(v1("POST", "/a%20b"), "a b", id="v1-encoded"),
        pytest.param(v1("POST", "/prod/x"), "prod/x", id="v1-is-without-its-stage"),
        pytest.param(alb("POST", ""), "", id="alb-empty"),
        pytest.param(v2("POST", ""), "", id="v2-empty"),
    ],
)
def test_a_path_arrives_decoded_once(event: Event, path: str) -> None:
    assert echoed(event)["path"] == path


@pytest.mark.parametrize(
    ("stage", "sent", "path"),
    [
        pytest.param("prod", "/prod/api/x", "api/x", id="named"),
        pytest.param("prod", "/api/x", "api/x", id="behind-a-domain-of-its-own"),
        pytest.param("prod", "/production/x", "production/x", id="only-begins-so"),
        pytest.param("prod", "/prod", "", id="nothing-behind"),
        pytest.param("prod", "/prod/prod/x", "prod/x", id="only-once"),
        pytest.param("$default", "/$default/x", "$default/x", id="default-has-no-prefix"),
        pytest.param("", "//x", "x", id="no-stage"),
        pytest.param(7, "/7/x", "7/x", id="no-name"),
    ],
)
def test_a_stages_name_is_taken_off_at_its_boundary(stage: Any, sent: str, path: str) -> None:
    event = v2("POST", sent)
    event["requestContext"]["stage"] = stage
    assert echoed(event)["path"] == path


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param({"headers": {"X-One": "a"}}, "a", id="upper-case"),
        pytest.param({"multiValueHeaders": {"x-one": ["a", "b"]}}, "a, b", id="several"),
        pytest.param(
            {"headers": {"x-one": "b"}, "multiValueHeaders": {"X-One": ["a", "b"]}}, "a, b", id="two"
        ),
        pytest.param({"headers": {"X-One": "a", "x-one": "b"}}, "a, b", id="two-cases"),
    ],
)
@pytest.mark.parametrize("shape", SHAPES)
def test_headers_arrive_whatever_their_case_and_number(shape: Shape, parts: Event, expected: str) -> None:
    assert echoed(shape("POST", "/x") | parts)["headers"]["x-one"] == expected


def test_a_base64_body_arrives_decoded() -> None:
    body = base64.b64encode("ü\n".encode()).decode()
    assert echoed(v2("POST", "/x", body, isBase64Encoded=True))["body"] == "ü\n"


@pytest.mark.parametrize(("shape", "peer"), [(v2, "203.0.113.9"), (v1, "203.0.113.9"), (alb, "")])
def test_the_peer_is_that_of_the_context_and_unknown_behind_an_alb(shape: Shape, peer: str) -> None:
    assert echoed(shape("POST", "/x"))["peer"] == peer


def test_an_alb_with_many_values_gets_its_headers_in_lists() -> None:
    event = alb("GET", "/health") | {"multiValueHeaders": {"host": ["h"]}}
    del event["headers"]
    answer = call("monitor", event)
    assert "headers" not in answer
    assert answer["multiValueHeaders"]["content-type"] == ["application/json"]
    assert answer["statusDescription"] == "200 OK"


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(ValueError("canary"), id="error"),
        pytest.param(SystemExit("canary"), id="exit"),
        pytest.param(KeyboardInterrupt("canary"), id="interrupt"),
        pytest.param(asyncio.CancelledError("canary"), id="cancelled"),
        pytest.param(None, id="no-answer"),
    ],
)
def test_an_app_that_raises_is_answered_with_a_problem(
    shape: Shape,
    fault: BaseException | None,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        if fault:
            raise fault

    event = shape("GET", "/canary")
    answer = lambda_handler(broken)(event, Context())
    assert_valid(answer, event=event)
    assert (answer["statusCode"], body_of(answer)["type"]) == (500, "/problems/internal")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["request_id"] in body_of(answer)["detail"]
    assert "canary" not in line + answer["body"]
    assert {record.name for record in caplog.records} <= {"threadr"}  # not Mangum's, which logs everything


# Identity and time, through the handler


@pytest.mark.parametrize(
    ("front_door", "event", "client"),
    [
        pytest.param("gateway", v2("POST", "/api/generate"), "203.0.113.9", id="gateway-v2"),
        pytest.param("gateway", v1("POST", "/api/generate"), "203.0.113.9", id="gateway-v1"),
        pytest.param("function-url", v2("POST", "/api/generate"), "203.0.113.9", id="function-url"),
        pytest.param("alb", alb("POST", "/api/generate"), "7.7.7.7", id="alb"),
        pytest.param("gateway", alb("POST", "/api/generate"), "unknown", id="alb-that-is-not-set"),
    ],
)
def test_forged_headers_do_not_change_the_bucket(
    front_door: str, event: Event, client: str, handler_of: Make
) -> None:
    handler, services = handler_of(front_door=front_door)
    for number in range(3):
        forged = {
            "x-forwarded-for": f"6.6.6.{number}, 7.7.7.7",
            **dict.fromkeys(("x-real-ip", "cf-connecting-ip", "true-client-ip"), f"6.6.6.{number}"),
            "forwarded": f"for=6.6.6.{number}",
            "x-api-key": f"guess-{number}",
        }
        request = event | {"headers": event["headers"] | forged, "body": '{"text": "Hello world."}'}
        assert handler(request, Context())["statusCode"] == 200
    assert bucket_used(services, client) == 3


def test_a_model_that_hangs_times_out_before_lambda_does(
    openai: FakeOpenAI, model_settings: dict[str, Any], handler_of: Make
) -> None:
    handler, _ = handler_of(**model_settings)
    first = handler(v2("POST", "/api/generate", json.dumps({"text": "Hello world."})), Context())
    assert body_of(first)["generator"] == "openai"
    openai.delay_seconds = 30  # waited for, it would answer: that it did not write shows the deadline
    answer = handler(v2("POST", "/api/generate", json.dumps({"text": ARTICLE})), Context(2_500))
    assert answer["statusCode"] == 200
    assert (body_of(answer)["degraded"], body_of(answer)["generator"]) == (True, "extractive")
    assert len(openai.requests) == 2


def test_a_site_that_hangs_times_out_before_lambda_does(handler_of: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections, and never answers
        authority = f"127.0.0.1:{silent.getsockname()[1]}"
        handler, _ = handler_of(fetch_allow_hosts=(authority,))
        event = v2("POST", "/api/generate", json.dumps({"url": f"http://{authority}/article"}))
        answer = handler(event, Context(1_500))
    assert (answer["statusCode"], body_of(answer)["type"]) == (422, "/problems/article-timeout")


@pytest.mark.parametrize(("milliseconds", "seconds"), [(3_000, 2.0), (30_000, 25.0), (500, 0.0), (-1, 0.0)])
def test_a_request_has_what_lambda_leaves_less_a_second(milliseconds: int, seconds: float) -> None:
    app = create_app(settings=Settings())

    @app.get("/time")
    async def time(request: Request) -> float:
        left: float = request.state.record.seconds
        return left

    assert body_of(lambda_handler(app)(v2("GET", "/time"), Context(milliseconds))) == seconds
