"""Imports FastAPI so that its own models are built when they are first used, for /openapi.json."""

import sys

from pydantic import BaseModel

# To FastAPI there is no version 1 of pydantic, which it imports only to refuse its models: a twentieth of a
# start. docs.python.org/3/reference/import.html#the-module-cache
sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]
# docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.defer_build; a tenth of a start.
BaseModel.model_config["defer_build"] = True
import fastapi  # noqa: E402, F401

# Ours are built in the init, which has a whole CPU, and in which FastAPI keeps pydantic's warnings quiet.
del BaseModel.model_config["defer_build"]
