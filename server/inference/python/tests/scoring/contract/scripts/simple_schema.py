"""One parameter, decorated, and the headers."""

from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema


def init():
    pass


@input_schema(param_name="data", param_type=StandardPythonParameterType([1, 2]))
@input_schema(param_name="factor", param_type=StandardPythonParameterType(2.0), optional=True)
@output_schema(output_type=StandardPythonParameterType([2.0]))
def run(data, request_headers, factor=10, extra="more"):
    return {"data": data, "factor": factor, "extra": extra, "agent": request_headers.get("X-Agent")}
