"""Which package provides a module, where the two names differ."""

from __future__ import annotations

#: Module (first dotted parts) → package to add to the environment. Modules that are named as their package need no line.
_PROVIDERS = {
    "Crypto": "pycryptodome",
    "PIL": "pillow",
    "attr": "attrs",
    "azureml.ai.monitoring": "azureml-ai-monitoring",
    "azureml.core": "azureml-core",
    "azureml.train.automl": "azureml-train-automl-runtime",
    "azureml.automl": "azureml-automl-runtime",
    "azureml.studio": "azureml-designer-core",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "pymupdf",
    "google.cloud.storage": "google-cloud-storage",
    "google.protobuf": "protobuf",
    "grpc": "grpcio",
    "imblearn": "imbalanced-learn",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "magic": "python-magic",
    "mpl_toolkits": "matplotlib",
    "mysql.connector": "mysql-connector-python",
    "nacl": "pynacl",
    "psycopg2": "psycopg2-binary",
    "pytorch_lightning": "pytorch-lightning",
    "sentence_transformers": "sentence-transformers",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "surprise": "scikit-surprise",
    "tensorflow_hub": "tensorflow-hub",
    "tensorflow_text": "tensorflow-text",
    "umap": "umap-learn",
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
