"""CloudWatch metrics as members of a request's own log line: the Embedded Metric Format.

aws-lambda-powertools is the convention, but importing its metrics takes some 40 ms (python -X importtime)
of every cold start, and it would write lines of its own. The format is one member beside the facts:
docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Mapping

NAMESPACE = "Threadr"
UNITS = {
    **dict.fromkeys(("hits", "misses", "collapsed", "stale_served", "degraded", "store_errors"), "Count"),
    **dict.fromkeys(("tokens_in", "tokens_out"), "Count"),
    "cost_usd": "None",  # no unit of the format is money
    **dict.fromkeys(("milliseconds", "store_ms", "article_ms", "writing_ms"), "Milliseconds"),
}


def metrics(facts: Mapping[str, object], *, function: str, now: float) -> dict[str, object]:
    """The members that make metrics of these facts, at `now` (epoch seconds); one dimension, few values."""
    told = [{"Name": name, "Unit": unit} for name, unit in UNITS.items() if facts.get(name) is not None]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["function"]], "Metrics": told}
    return {"function": function, "_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]}}
