"""The OpenAPI 3.1 description of a model's scoring routes, made from its signature."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .serving_model import ServingModel
from .signature import ColumnSpec, ParamSpec, Signature, Spec, TensorSpec

Schema = Dict[str, Any]

_COLUMN_SCHEMAS: Dict[str, Schema] = {
    "double": {"type": "number", "format": "double"},
    "float": {"type": "number", "format": "float"},
    "long": {"type": "integer", "format": "int64"},
    "integer": {"type": "integer", "format": "int32"},
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
    "binary": {"type": "string", "contentEncoding": "base64"},
    "datetime": {"type": "string", "format": "date-time"},
    "array": {"type": "array", "items": {}},
    "object": {"type": "object"},
    "map": {"type": "object"},
}


def describe_api(model: ServingModel) -> Schema:
    """The document of `/swagger.json`."""
    content = _content_schema(model.signature)
    return {
        "openapi": "3.1.0",
        "info": {"title": model.name, "version": model.version, "description": f"Model {model.name}, version {model.version}."},
        "paths": {
            "/score": _operation("score", "Predict", "input_data", content, model, _output_schema(model.signature)),
            "/invocations": _operation(
                "invocations",
                "Predict, as MLflow's own server does",
                "dataframe_split" if model.signature.columns else "inputs",
                content,
                model,
                {"type": "object", "required": ["predictions"], "properties": {"predictions": _output_schema(model.signature)}},
            ),
        },
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }


def sample_request(model: ServingModel, envelope: str) -> Optional[Dict[str, Any]]:
    """The example that came with the model, in the envelope of a route."""
    if not model.examples:
        return None
    example = model.examples[0]
    for name in ("dataframe_split", "dataframe_records", "inputs", "instances"):
        if name in example:
            rest = {"params": example["params"]} if example.get("params") else {}
            return {envelope if envelope == "input_data" else name: example[name], **rest}
    return None


def _operation(name: str, summary: str, envelope: str, content: Schema, model: ServingModel, answer: Schema) -> Schema:
    properties: Schema = {envelope: content}
    if model.signature.params:
        properties["params"] = {"type": "object", "properties": {param.name: _param_schema(param) for param in model.signature.params}}
    body: Schema = {"schema": {"type": "object", "required": [envelope], "properties": properties}}
    example = sample_request(model, envelope)
    if example is not None:
        body["example"] = example
    return {
        "post": {
            "operationId": name,
            "summary": summary,
            "security": [{"key": []}],
            "requestBody": {"required": True, "content": {"application/json": body}},
            "responses": {
                "200": {"description": "The predictions", "content": {"application/json": {"schema": answer}}},
                "400": {"description": "The input does not fit the model"},
                "503": {"description": "Too many requests are waiting"},
            },
        }
    }


def _content_schema(signature: Signature) -> Schema:
    if signature.columns:
        return {"anyOf": [_split_schema(signature.columns), _records_schema(signature.columns)]}
    tensors = signature.tensors
    if not tensors:
        return {}
    if len(tensors) == 1 and tensors[0].name is None:
        return _tensor_schema(tensors[0])
    named = {str(tensor.name): _tensor_schema(tensor) for tensor in tensors}
    return {"type": "object", "required": list(named), "properties": named}


def _split_schema(columns: List[ColumnSpec]) -> Schema:
    row = {"type": "array", "prefixItems": [_column_schema(column) for column in columns], "minItems": len(columns)}
    names = [column.name for column in columns if column.name is not None]
    properties: Schema = {"index": {"type": "array", "items": {}}, "data": {"type": "array", "items": row}}
    if names:
        properties["columns"] = {"type": "array", "items": {"type": "string"}, "default": names}
    return {"type": "object", "required": ["data"], "properties": properties}


def _records_schema(columns: List[ColumnSpec]) -> Schema:
    properties = {column.name if column.name is not None else str(index): _column_schema(column) for index, column in enumerate(columns)}
    required = [name for name, column in zip(properties, columns) if column.required]
    return {"type": "array", "items": {"type": "object", "required": required, "properties": properties}}


def _column_schema(column: ColumnSpec) -> Schema:
    return dict(_COLUMN_SCHEMAS.get(column.type, {}))


def _param_schema(param: ParamSpec) -> Schema:
    value = dict(_COLUMN_SCHEMAS.get(param.type, {}))
    schema: Schema = value if param.shape is None else {"type": "array", "items": value}
    return {**schema, "default": param.default}


def _tensor_schema(tensor: TensorSpec) -> Schema:
    kind = tensor.dtype
    schema: Schema = {"type": "string"} if kind in ("object", "str") else {"type": "boolean"} if kind == "bool" else {"type": "number"}
    if kind.startswith(("int", "uint")):
        schema = {"type": "integer", "format": kind}
    for axis in reversed(tensor.shape):
        schema = {"type": "array", "items": schema, **({"minItems": axis, "maxItems": axis} if axis >= 0 else {"minItems": 1})}
    return {**schema, "description": f"{kind} of shape [{', '.join('?' if axis < 0 else str(axis) for axis in tensor.shape)}]"}


def _output_schema(signature: Signature) -> Schema:
    outputs = signature.outputs
    if len(outputs) == 1 and outputs[0].name is None:
        return _spec_schema(outputs[0])
    if not outputs:
        return {}
    if isinstance(outputs[0], ColumnSpec):
        return _records_schema([spec for spec in outputs if isinstance(spec, ColumnSpec)])
    return {"type": "object", "properties": {str(spec.name): _spec_schema(spec) for spec in outputs}}


def _spec_schema(spec: Spec) -> Schema:
    return _tensor_schema(spec) if isinstance(spec, TensorSpec) else {"type": "array", "items": _column_schema(spec)}
