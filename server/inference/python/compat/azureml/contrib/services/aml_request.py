"""The older path of `rawhttp` and AMLRequest; as with the original server, always the newer path's."""

from azureml_inference_server_http.api.aml_request import AMLRequest, rawhttp

__all__ = ["AMLRequest", "rawhttp"]
