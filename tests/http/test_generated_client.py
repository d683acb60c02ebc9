"""A client that openapi-python-client makes of the document is complete, and works against a real server."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from core.settings import Settings
from tests.support.app import whole_app
from tests.support.loopback import serving
from tests.support.site import ARTICLE

TOKEN = "admin-token"


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return whole_app(Settings(admin_token=TOKEN, rate_limit_requests=1_000))


@pytest.fixture(scope="module")
def client(app: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The generated package, connected: `client.call(tag, operation, …)` gives status, headers and answer."""
    folder = tmp_path_factory.mktemp("generated")
    with serving(app) as url:
        _generate(f"{url}/openapi.json", folder)
        sys.path.insert(0, str(folder))
        try:
            made = importlib.import_module("threadr_client").AuthenticatedClient(base_url=url, token=TOKEN)
            with made:
                yield made
        finally:
            sys.path.remove(str(folder))


def _generate(url: str, folder: Path) -> None:
    (folder / "config.yml").write_text("post_hooks: []\n")  # formatting is a matter of taste
    package = ["--meta", "none", "--output-path", "threadr_client"]
    command = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--url", url]
    command += [*package, "--config", "config.yml", "--fail-on-warning"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)  # noqa: S603


def ask(client: Any, operation: str, *arguments: Any, **more: Any) -> Any:
    tag, name = operation.split(".")
    module = importlib.import_module(f"threadr_client.api.{tag}.{name}")
    return module.sync_detailed(*arguments, client=client, **more)


def models() -> Any:
    return importlib.import_module("threadr_client.models")


def test_operations_have_names_that_people_would_write(app: FastAPI) -> None:
    operations = [operation for path in app.openapi()["paths"].values() for operation in path.values()]
    assert sorted(f"{each['tags'][0]}.{each['operationId']}" for each in operations) == [
        *("admin.clear_cache", "admin.get_cache_stats"),
        *("health.get_health", "health.get_service_health", "health.get_startup_report"),
        *("threads.delete_thread", "threads.estimate_thread", "threads.get_kept_thread"),
        *("threads.get_rate_limit", "threads.get_thread", "threads.get_usage", "threads.make_thread"),
        *("threads.rewrite_post", "threads.save_edited", "threads.validate_thread"),
    ]


def test_a_thread_is_made_with_options_and_read_again(client: Any) -> None:
    body = models().GenerateRequest(
        text=ARTICLE,
        platform=models().GenerateRequestPlatform.BLUESKY,
        max_posts=3,
        numbering=models().GenerateRequestNumbering.NONE,
        hooks=1,
        generator=models().GenerateRequestGenerator.EXTRACTIVE,
    )
    made = ask(client, "threads.make_thread", body=body)
    assert (made.status_code, made.parsed.platform, len(made.parsed.hooks)) == (200, "bluesky", 1)
    assert 1 < len(made.parsed.thread) <= 3
    assert not made.parsed.thread[0].content.endswith(f"1/{len(made.parsed.thread)}")
    assert made.headers["cache-status"].startswith("threadr")
    kept = ask(client, "threads.get_thread", made.parsed.id).parsed
    assert kept.to_dict()["thread"] == made.parsed.to_dict()["thread"]
    posts = ask(
        client, "threads.get_thread", made.parsed.id, format_=models().GetThreadFormat.JSON
    ).parsed.posts
    assert [post.text for post in posts] == [post.content for post in kept.thread]


def test_one_field_is_enough(client: Any) -> None:
    made = ask(client, "threads.make_thread", body=models().GenerateRequest(text="The pool opens on Monday."))
    assert [post.content for post in made.parsed.thread] == ["The pool opens on Monday."]
    assert made.parsed.platform == "x"


def test_posts_are_validated_as_texts_and_as_objects(client: Any) -> None:
    posts = ["x" * 300, models().EditedPost(content="Short.")]
    answer = ask(client, "threads.validate_thread", body=models().ValidateRequest(thread=posts)).parsed
    assert (answer.valid, answer.limit, [post.remaining for post in answer.thread]) == (
        False,
        280,
        [-20, 274],
    )


def test_errors_are_typed_problems(client: Any) -> None:
    refused = ask(client, "threads.make_thread", body=models().GenerateRequest())
    gone = ask(client, "threads.rewrite_post", "AAAAAAAAAAAAAAAAAAAAAA", 1)
    for answer, status, kind in [(refused, 422, "validation"), (gone, 404, "not-found")]:
        assert isinstance(answer.parsed, models().Problem)
        assert (answer.status_code, answer.parsed.status) == (status, status)
        assert answer.parsed.type_.endswith(f"/{kind}")
    assert refused.parsed.detail == "Give exactly one of url and text: both are missing."


def test_the_operator_gets_types_too(client: Any) -> None:
    assert ask(client, "threads.get_rate_limit").parsed.total_limit == 1_000
    assert ask(client, "health.get_health").parsed.status == "healthy"
    assert ask(client, "health.get_service_health").parsed.services["redis"].status == "not_configured"
    assert ask(client, "health.get_startup_report").parsed.settings["ADMIN_TOKEN"] is True
    assert ask(client, "admin.get_cache_stats").parsed.available is True
    assert ask(client, "admin.clear_cache", url_query="https://example.com/none").parsed.success is False
    body = models().ClearRequest(text="None.")
    assert ask(client, "admin.clear_cache", body=body).parsed.message == "No answer was kept for this."


def test_files_have_their_own_media_types(client: Any, app: FastAPI) -> None:
    made = ask(client, "threads.make_thread", body=models().GenerateRequest(text="The pool opens on Monday."))
    content = app.openapi()["paths"]["/api/threads/{id}"]["get"]["responses"]["200"]["content"]
    for form, media_type in [("md", "text/markdown; charset=utf-8"), ("txt", "text/plain; charset=utf-8")]:
        answer = client.get_httpx_client().get(f"/api/threads/{made.parsed.id}", params={"format": form})
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        assert content[media_type] == {"schema": {"type": "string"}}
    assert next(iter(content)) == "application/json"  # generators take the first
