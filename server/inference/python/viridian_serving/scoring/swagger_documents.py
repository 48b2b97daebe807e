"""The API description of a scoring server as data, for swagger 2 and OpenAPI 3; the wording is the original's."""

from __future__ import annotations

from typing import Any

_HEALTHY = "If service is up and running, this response will be returned with the content 'Healthy'"
_PREDICTED = "The service processed the input correctly and provided a result prediction, if applicable."
_FAILED = "The service failed to execute due to an error."
_PAYLOAD = "The input payload for executing the real-time machine learning service."
_SPECIFICATION = "The Swagger specification."
_SECURED = [{"Bearer": []}]
_TEXT = {"type": "string"}
_BEARER = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "description": "For example: Bearer abc123",
}
_ERROR = {"type": "object", "properties": {"message": {"type": "string"}}}


def swagger_2(name: str, version: str, prefix: str, service_input: Any, service_output: Any) -> dict[str, Any]:
    """Swagger 2.0."""

    def refer(schema: str) -> dict[str, str]:
        return {"$ref": f"#/definitions/{schema}"}

    failed = {"description": _FAILED, "schema": refer("ErrorResponse")}
    payload = {
        "name": "serviceInputPayload",
        "in": "body",
        "description": _PAYLOAD,
        "schema": refer("ServiceInput"),
    }
    healthy = {"description": _HEALTHY, "schema": _TEXT, "examples": {"application/json": "Healthy"}}
    predicted = {"description": _PREDICTED, "schema": refer("ServiceOutput")}
    described = {"description": _SPECIFICATION, "schema": _TEXT}
    version_parameter = {"name": "version", "in": "query", "required": False, "type": "integer", "enum": [2, 3]}
    return {
        "swagger": "2.0",
        "info": _info(name, version),
        "schemes": ["https"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"Bearer": _BEARER},
        "paths": _paths(prefix, {"parameters": [payload]}, version_parameter, (healthy, predicted, described), failed),
        "definitions": {"ServiceInput": service_input, "ServiceOutput": service_output, "ErrorResponse": _ERROR},
    }


def openapi_3(openapi: str, name: str, version: str, prefix: str, service_input: Any, service_output: Any) -> dict[str, Any]:
    """OpenAPI; `openapi` is the number of the specification, 3.0.3 or 3.1.0."""

    def content(schema: Any, kind: str = "application/json") -> dict[str, Any]:
        return {"content": {kind: {"schema": schema}}}

    def refer(schema: str) -> dict[str, Any]:
        return content({"$ref": f"#/components/schemas/{schema}"})

    healthy = {"description": _HEALTHY, **content({"type": "string", "example": "Healthy"}, "text/plain")}
    predicted = {"description": _PREDICTED, **refer("ServiceOutput")}
    described = {"description": _SPECIFICATION, **content(_TEXT, "text/plain")}
    failed = {"description": _FAILED, **refer("ErrorResponse")}
    body = {"requestBody": {"description": _PAYLOAD, **refer("ServiceInput")}}
    version_schema = {"type": "integer", "enum": [2, 3]}
    version_parameter = {"name": "version", "in": "query", "required": False, "schema": version_schema}
    schemas = {"ServiceInput": service_input, "ServiceOutput": service_output, "ErrorResponse": _ERROR}
    return {
        "openapi": openapi,
        "info": _info(name, version),
        "security": _SECURED,
        "paths": _paths(prefix, body, version_parameter, (healthy, predicted, described), failed),
        "components": {"schemas": schemas, "securitySchemes": {"Bearer": _BEARER}},
    }


def _info(name: str, version: str) -> dict[str, str]:
    about = f"API specification for the Azure Machine Learning service {name}"
    return {"title": name, "description": about, "version": version}


def _paths(prefix: str, body: dict[str, Any], version_parameter: Any, succeeded: tuple[Any, Any, Any], failed: Any) -> dict[str, Any]:
    healthy, predicted, described = succeeded
    return {
        f"{prefix}/": {
            "get": {
                "operationId": "ServiceHealthCheck",
                "description": "Simple health check endpoint to ensure the service is up at any given point.",
                "responses": {"200": healthy, "default": failed},
            }
        },
        f"{prefix}/score": {
            "post": {
                "operationId": "RunMLService",
                "description": "Run web service's model and get the prediction output",
                "security": _SECURED,
                **body,
                "responses": {"200": predicted, "default": failed},
            }
        },
        f"{prefix}/swagger.json": {
            "get": {
                "operationId": "GetSwaggerSpec",
                "description": "Get the Swagger specification.",
                "parameters": [version_parameter],
                "responses": {"200": described, "default": failed},
            }
        },
    }
