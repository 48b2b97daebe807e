"""The older path of AMLResponse; as with the original server, always the newer path's."""

from azureml_inference_server_http.api.aml_response import AMLResponse

__all__ = ["AMLResponse"]
