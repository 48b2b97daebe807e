"""Which package provides a module, where the two names differ."""

from __future__ import annotations

#: Module (first dotted parts) → package to add to the environment. Modules that are named as their package need no line.
_PROVIDERS = {
    "Crypto": "pycryptodome",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "attr": "attrs",
    "azure.ai.ml": "azure-ai-ml",
    "azure.core": "azure-core",
    "azure.cosmos": "azure-cosmos",
    "azure.identity": "azure-identity",
    "azure.keyvault.secrets": "azure-keyvault-secrets",
    "azure.storage.blob": "azure-storage-blob",
    "azureml.ai.monitoring": "azureml-ai-monitoring",
    "azureml.automl": "azureml-automl-runtime",
    "azureml.core": "azureml-core",
    "azureml.studio": "azureml-designer-core",
    "azureml.train.automl": "azureml-train-automl-runtime",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "pymupdf",
    "git": "gitpython",
    "google.cloud.aiplatform": "google-cloud-aiplatform",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.storage": "google-cloud-storage",
    "google.generativeai": "google-generativeai",
    "google.protobuf": "protobuf",
    "grpc": "grpcio",
    "hydra": "hydra-core",
    "imblearn": "imbalanced-learn",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "kafka": "kafka-python",
    "llama_cpp": "llama-cpp-python",
    "magic": "python-magic",
    "mpl_toolkits": "matplotlib",
    "mysql.connector": "mysql-connector-python",
    "nacl": "pynacl",
    "osgeo": "gdal",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "sklearnex": "scikit-learn-intelex",
    "skopt": "scikit-optimize",
    "slugify": "python-slugify",
    "snappy": "python-snappy",
    "socks": "pysocks",
    "surprise": "scikit-surprise",
    "talib": "ta-lib",
    "tritonclient": "tritonclient[all]",
    "umap": "umap-learn",
    "usb": "pyusb",
    "wx": "wxpython",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}

#: Shared library that a wheel needs of the operating system → what to do about it.
_LIBRARIES = {
    "libGL.so.1": "Use opencv-python-headless instead of opencv-python, or install libgl1 in the image",
    "libgomp.so.1": "Install libgomp1 in the image",
    "libglib-2.0.so.0": "Use opencv-python-headless instead of opencv-python, or install libglib2.0-0 in the image",
    "libsndfile.so": "Install libsndfile1 in the image",
    "libmagic.so.1": "Install libmagic1 in the image",
    "libcudart": "The package was built for CUDA: choose its CPU build or an image with CUDA",
}


def package_of(module: str) -> str:
    """The package to install for `import module`; the module's first name where nothing else is known."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        provider = _PROVIDERS.get(".".join(parts[:length]))
        if provider is not None:
            return provider
    return parts[0].replace("_", "-")


def library_advice(message: str) -> str | None:
    """What to do when an import failed because the operating system lacks a shared library."""
    for library, advice in _LIBRARIES.items():
        if library in message:
            return advice
    return None
