"""@rawhttp by the older path."""

from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse


def init():
    pass


@rawhttp
def run(request):
    return AMLResponse(f"{request.method} {isinstance(request, object)} {AMLRequest.__name__}", 200)
