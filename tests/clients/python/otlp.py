"""Reads a run as OpenTelemetry's own definition has it, and fails at what that does not know."""
import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

with open(sys.argv[1], encoding="utf-8") as file:
    export = json.load(file)
for resource in export["resourceSpans"]:
    for scope in resource["scopeSpans"]:
        for span in scope["spans"]:
            # OTLP writes ids in hexadecimal digits, where JSON of protocol buffers has base64.
            for name in {"traceId", "spanId", "parentSpanId"} & span.keys():
                span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
data = json_format.ParseDict(export, TracesData())
spans = [span for resource in data.resource_spans for scope in resource.scope_spans for span in scope.spans]
assert all(len(span.trace_id) == 16 and len(span.span_id) == 8 and any(span.span_id) for span in spans)
assert all(0 < span.start_time_unix_nano < span.end_time_unix_nano for span in spans)
roots = [span for span in spans if not span.parent_span_id]
assert len(roots) == 1 and all(span.parent_span_id == roots[0].span_id for span in spans if span not in roots)
assert roots[0].end_time_unix_nano == max(span.end_time_unix_nano for span in spans)
services = {attribute.value.string_value for resource in data.resource_spans
            for attribute in resource.resource.attributes if attribute.key == "service.name"}
print(len(spans), len({span.trace_id for span in spans}), len(services), sum(len(span.events) for span in spans))
