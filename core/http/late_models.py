"""Imports FastAPI so that its own models are built when they are first used, for /openapi.json."""

from pydantic import BaseModel

# docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.defer_build; a tenth of a start.
BaseModel.model_config["defer_build"] = True
import fastapi  # noqa: E402, F401

# Ours are built in the init, which has a whole CPU, and in which FastAPI keeps pydantic's warnings quiet.
del BaseModel.model_config["defer_build"]
