"""As much of S3 and CloudFormation as `sam deploy` uses for a first deployment; one endpoint for both."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

API_URL = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
_ARN = "arn:aws:cloudformation:us-east-1:123456789012:stack/threadr/1"
_STACK = f"""<Stacks><member><StackName>threadr</StackName><StackId>{_ARN}</StackId>
<StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-24T10:15:00Z</CreationTime>
<Tags>{{tags}}</Tags><Outputs>{{outputs}}</Outputs></member></Stacks>"""
_TAG = "<member><Key>{}</Key><Value>{}</Value></member>"
_OUTPUT = "<member><OutputKey>{}</OutputKey><OutputValue>{}</OutputValue></member>"
_EVENT = f"""<StackEvents><member><EventId>{{second}}</EventId>
<StackName>threadr</StackName><StackId>{_ARN}</StackId>
<LogicalResourceId>threadr</LogicalResourceId><PhysicalResourceId>{_ARN}</PhysicalResourceId>
<ResourceType>AWS::CloudFormation::Stack</ResourceType><ResourceStatus>{{status}}</ResourceStatus>
<Timestamp>2026-11-24T10:15:0{{second}}Z</Timestamp></member></StackEvents>"""


class FakeAws:
    """`objects` are S3's by their keys; `parameters` are those with which the stack was asked for."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parameters: dict[str, str] = {}
        self._is_deployed = False
        methods = ["GET", "HEAD", "PUT", "POST"]
        self.app = Starlette(routes=[Route("/{key:path}", self._answer, methods=methods)])

    async def _answer(self, request: Request) -> Response:
        key, body = request.path_params["key"], await request.body()
        if request.method == "POST":
            return self._stacks(dict(parse_qsl(body.decode(), keep_blank_values=True)))
        if request.method == "PUT":
            self.objects[key] = body
            return Response(headers={"ETag": '"1"'})
        return Response(self.objects[key]) if key in self.objects else Response(status_code=404)

    def _stacks(self, given: dict[str, str]) -> Response:
        match action := given["Action"]:
            case "DescribeStacks" if "managed" in given["StackName"]:  # of the bucket
                tags, outputs = _TAG.format("ManagedStackSource", "AwsSamCli"), ("SourceBucket", "bucket")
                result = _STACK.format(tags=tags, outputs=_OUTPUT.format(*outputs))
            case "DescribeStacks" if self._is_deployed:
                result = _STACK.format(tags="", outputs=_OUTPUT.format("ApiUrl", API_URL))
            case "DescribeStacks":
                error = "<Code>ValidationError</Code><Message>Stack with id threadr does not exist</Message>"
                return Response(f"<ErrorResponse><Error>{error}</Error></ErrorResponse>", 400)
            case "CreateChangeSet":
                names = [name for name in given if name.endswith(".ParameterKey")]
                self.parameters = {given[name]: given.get(name.replace("Key", "Value"), "") for name in names}
                result = f"<Id>{_ARN}</Id><StackId>{_ARN}</StackId>"
            case "DescribeChangeSet":
                result = "<Status>CREATE_COMPLETE</Status><Changes/>"
            case "DescribeStackEvents" if self._is_deployed:
                result = _EVENT.format(second=2, status="CREATE_COMPLETE")
            case "DescribeStackEvents":
                result = _EVENT.format(second=1, status="REVIEW_IN_PROGRESS")
            case _:
                self._is_deployed |= action == "ExecuteChangeSet"
                result = ""
        return Response(f"<{action}Response><{action}Result>{result}</{action}Result></{action}Response>")
