"""A FastAPI POST that does nothing: the unit of CPU."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Body(BaseModel):
    text: str


@app.post("/api/generate")
async def generate(body: Body) -> dict[str, str]:
    return {"message": "hello"}
