"""Lints template.yaml as written and as CloudFormation will see it, and reads serverless.yml.

SAM's own lint, and cfn-lint on the raw file, let a serverless resource say anything (`Runtime: python9.9`,
`Timeout: 9999`). The translated template has plain Lambda functions and event rules, which are checked.
Runs in a virtual environment of its own: the translator's pins do not fit the app's.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import yaml
from cfnlint.api import lint
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

REGION = "us-east-1"
ROOT = Path(__file__).resolve().parent.parent


class NoManagedPolicies:
    """Used instead of the translator's loader, which asks AWS: the template names no managed policy."""

    def load(self) -> dict[str, str]:
        return {}


def translated(source: str) -> str:
    """The CloudFormation template, as JSON. Raises InvalidDocumentException."""
    os.environ["AWS_DEFAULT_REGION"] = REGION  # boto3 wants one to name ARNs
    template = yaml_parse(source)
    # A local path is uploaded before AWS translates, so the translator accepts only S3 addresses.
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/bundle.zip"
    defaults = {name: str(rules.get("Default", "x")) for name, rules in template["Parameters"].items()}
    return json.dumps(transform(template, defaults, NoManagedPolicies()), indent=2)


def findings(template: str) -> list[str]:
    return [
        f"{match.rule.id} {'/'.join(map(str, getattr(match, 'path', None) or ()))}: {match.message}"
        for match in lint(template, regions=[REGION])
    ]


def translation_findings(source: str) -> list[str]:
    try:
        return findings(translated(source))
    except InvalidDocumentException as error:
        return [str(cause.message) for cause in error.causes] or [error.message]
    except yaml.YAMLError as error:
        return [str(error)]


def serverless_findings(source: str) -> list[str]:
    try:
        document: Any = yaml.safe_load(source)
    except yaml.YAMLError as error:
        return [str(error)]
    return [] if isinstance(document, dict) and document.get("functions") else ["names no functions"]


def main() -> int:
    sam = (ROOT / "template.yaml").read_text(encoding="utf-8")
    serverless = (ROOT / "serverless.yml").read_text(encoding="utf-8")
    checks = {
        "template.yaml, as written": findings(sam),
        "template.yaml, translated": translation_findings(sam),
        "serverless.yml": serverless_findings(serverless),
    }
    for name, problems in checks.items():
        print(f"{name}: {f'{len(problems)} finding(s)' if problems else 'ok'}")
        for problem in problems:
            print(f"  {problem}")
    return 1 if any(checks.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
