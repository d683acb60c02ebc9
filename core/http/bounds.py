"""What a request may have before anything reads it, in figures."""

import re

_TEXT = 6 * 1024 * 1024  # Lambda's own limit: 1 MB of text may be six times that in JSON escapes
MCP_PATH = "/mcp"
# By route; a body of any other is small. 30,000 characters, which validate takes, may be 12 bytes each.
MAX_BODY_BYTES = dict.fromkeys(
    ("/api/generate", "/api/estimate", MCP_PATH, "/api/cache/clear", "/compose"), _TEXT
)
MAX_BODY_BYTES["/api/validate"] = MAX_BODY_BYTES["/api/threads/{id}/edit"] = 512 * 1024
MAX_SMALL_BODY_BYTES = 16 * 1024
MAX_READ_BYTES = 8 * 1024 * 1024  # of a body that is too large; who sends more may miss the answer
MAX_BODY_SECONDS = 10.0
# Bodies of all requests under way; one client may have a third, so that it cannot keep out the others.
MAX_HELD_BYTES = 48 * 1024 * 1024

# Parts, and objects and lists among them. 100 posts of 4 fields are 102, and with their strings, colons and
# commas 1,400 parts; as an answer has them, with 12,000 characters of quotes as evidence, up to 11 a quote.
MAX_PARTS = 2_000, 200
MAX_PARTS_OF_THREAD = dict.fromkeys(("/api/validate", "/api/threads/{id}/edit", MCP_PATH), (16_000, 1_500))
NO_MARK = bytes(set(range(256)) - set(b'{[,:"'))
PART = re.compile(rb'[{\[,:]|"(?:[^"\\]++|\\.)*+"?', re.DOTALL)  # a string may lack its end: no second try

MAX_HEAD_BYTES = 64 * 1024  # address and headers; API Gateway allows 10 KB, an ALB 64 KB
MAX_FIELDS = 128  # headers, and parameters of the query

# By RATE_LIMIT_REQUESTS, known before the store is asked; /compose is not: it answers with a page.
LIMITED_PATH = re.compile("/api/generate|/api/threads/[^/]+/(?:edit|posts/[^/]+/rewrite)")
# One client's calls of all routes of this process; a larger RATE_LIMIT_REQUESTS raises both.
BURST_CALLS = 120
CALLS_PER_SECOND = 2.0
MAX_CLIENTS = 20_000  # that a process knows; the one that called longest ago is forgotten
