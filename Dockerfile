# All routes in one process, for containers and Railway. On Lambda the bundle of `make package` is used.
FROM python:3.13-slim

# Without configuration the admin and debug routes stay closed.
ENV ENVIRONMENT=production \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

RUN groupadd --system --gid 10001 threadr && useradd --system --uid 10001 --gid 10001 threadr
WORKDIR /srv

# Before the code, so that a change of code does not install everything again. The project itself is
# not a package: only what it depends on is installed, and only files with the hashes that were locked.
COPY pyproject.toml constraints.txt ./
COPY tools/requirements.py tools/
RUN python tools/requirements.py serve > /tmp/requirements.txt \
    && pip install --require-hashes --requirement /tmp/requirements.txt \
    && rm /tmp/requirements.txt

COPY core core
COPY functions functions
COPY web web
RUN python -m compileall -q core functions  # the disk is read-only where it can be

# By number: Kubernetes' runAsNonRoot knows no names.
USER 10001:10001
EXPOSE 8001
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT', '8001')}/health\", timeout=2)"]

# A shell for FRONT_DOOR; exec, so that the server is the one that gets the stop signal. It ends 30 s after
# that at the latest, which is longer than a request may take; allow it some more.
# Railway's one proxy is trusted where Railway is: elsewhere a caller could write X-Forwarded-For itself.
CMD ["sh", "-c", "export FRONT_DOOR=${FRONT_DOOR:-${RAILWAY_PROJECT_ID:+proxy:1}}; exec python -m core.cli serve --host 0.0.0.0"]
