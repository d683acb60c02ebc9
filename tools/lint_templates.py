"""Lints template.yaml as written and as CloudFormation will see it, and reads serverless.yml.

    lint_templates.py                            # what `make check` runs
    lint_templates.py translate [Name=value …]   # prints template.yaml's translation with these parameters
    lint_templates.py lint FILE …                # other templates, such as the one that `osls package` writes

SAM's own lint, and cfn-lint on the raw file, accept any value in a serverless resource (`Runtime: python9.9`,
`Timeout: 9999`). The translated template has plain Lambda functions and event rules, which are checked.
Runs in a virtual environment of its own: the translator's pins do not fit the app's.
"""

from __future__ import annotations

import json
import os
import re
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
UNAVOIDABLE = (
    # The translator puts the Release's value into the versions' names, so that nothing refers to it.
    "W2001 Parameter Release not used",
    # Serverless names what it refers to.
    "W3005 .* dependency already enforced",
)


class NoManagedPolicies:
    """Replaces the translator's loader, which calls AWS: the template names no managed policy."""

    def load(self) -> dict[str, str]:
        return {}


def translated(source: str, values: dict[str, str] | None = None) -> str:
    """The CloudFormation template, as JSON. Raises InvalidDocumentException."""
    os.environ["AWS_DEFAULT_REGION"] = REGION  # boto3 wants one to name ARNs
    template = yaml_parse(source)
    # A local path is uploaded before AWS translates, so the translator accepts only S3 addresses.
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/bundle.zip"
    defaults = {name: str(rules.get("Default", "x")) for name, rules in template["Parameters"].items()}
    return json.dumps(transform(template, defaults | (values or {}), NoManagedPolicies()), indent=2)


def findings(template: str) -> list[str]:
    return [
        f"{match.rule.id} {'/'.join(map(str, getattr(match, 'path', None) or ()))}: {match.message}"
        for match in lint(template, regions=[REGION])
        if not re.match("|".join(UNAVOIDABLE), f"{match.rule.id} {match.message}")
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


def report(checks: dict[str, list[str]]) -> int:
    for name, problems in checks.items():
        print(f"{name}: {f'{len(problems)} finding(s)' if problems else 'ok'}")
        for problem in problems:
            print(f"  {problem}")
    return 1 if any(checks.values()) else 0


def main() -> int:
    sam = (ROOT / "template.yaml").read_text(encoding="utf-8")
    serverless = (ROOT / "serverless.yml").read_text(encoding="utf-8")
    match sys.argv[1:]:
        case ["translate", *pairs]:
            print(translated(sam, dict(pair.split("=", 1) for pair in pairs)))
            return 0
        case ["lint", *files]:
            return report({file: findings(Path(file).read_text(encoding="utf-8")) for file in files})
        case _:
            return report(
                {
                    "template.yaml, as written": findings(sam),
                    "template.yaml, translated": translation_findings(sam),
                    "serverless.yml": serverless_findings(serverless),
                }
            )


if __name__ == "__main__":
    sys.exit(main())
