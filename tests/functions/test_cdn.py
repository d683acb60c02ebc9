"""A CDN in front: Debian's nginx with a cache. Without nginx conftest.py leaves this out."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.support.loopback import closed_port
from tests.support.service import backstage, service

CONFIG = """
daemon off; master_process off; error_log stderr crit; pid {folder}/pid;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  proxy_cache_path {folder}/cache keys_zone=all:1m;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {origin}; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache all; proxy_cache_lock on; proxy_cache_revalidate on;
      proxy_cache_background_update on; proxy_set_header X-Forwarded-For $remote_addr;
      add_header X-Cache $upstream_cache_status always;
    }}
  }}
}}
"""


@contextlib.contextmanager
def nginx(origin: str, folder: Path) -> Iterator[str]:
    """The address of an nginx that caches what the origin's answers let it."""
    program, port = shutil.which("nginx"), closed_port()
    assert program
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, origin=origin, port=port))
    with subprocess.Popen([program, "-p", str(folder), "-c", str(config)]) as process:  # noqa: S603
        try:
            for _ in range(100):
                with contextlib.suppress(httpx.HTTPError):
                    httpx.head(f"http://127.0.0.1:{port}/health", trust_env=False)
                    break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def test_a_thousand_requests_are_one_at_the_origin_and_a_purge_reaches_them_in_time(tmp_path: Path) -> None:
    with (
        backstage() as behind,
        service(behind, LOCAL_CACHE_SECONDS="1") as origin,
        nginx(origin.url, tmp_path) as cdn,
        httpx.Client(base_url=cdn, trust_env=False, timeout=30, params={"url": f"{behind}/warm"}) as client,
    ):
        made = client.post("/api/generate", json=dict(client.params), params={}).json()
        addresses = ["/api/thread", f"/api/threads/{made['id']}"]
        for address in addresses:
            answers = [client.get(address) for _ in range(1_000)]
            assert len({(each.status_code, each.content) for each in answers}) == 1
            assert answers[0].status_code == 200
            assert sum(each.headers["x-cache"] == "HIT" for each in answers) == 999
        answer = client.delete(f"{origin.url}/api/cache/clear").json()
        assert (answer["removed"], answer["gone_everywhere_in_seconds"]) == (1, 51)
        ends_at = time.monotonic() + answer["gone_everywhere_in_seconds"]
        while {client.get(address).status_code for address in addresses} != {404}:
            assert time.monotonic() < ends_at
            time.sleep(0.2)
