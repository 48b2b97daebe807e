"""From an MLmodel file to a model that predicts, by the fastest way that is proved to give MLflow's answers."""

from __future__ import annotations

import os
import sys
import time
from typing import Any, Callable, Dict, List, Tuple

from ..failures import StartFailure
from ..settings import ModelSettings
from .hide_modules import hide_modules
from .mlmodel import MlflowModel, find_mlmodel, read_examples, read_mlmodel
from .payload import INVOCATION_ENVELOPES, read_payload
from .predictors.predictor import Predictor, Unsupported
from .proof import Reference, Verdict, compare, make_bodies
from .prove_merging import prove_merging
from .serving_model import ServingModel
from .startup_log import phase, say, version_of, warn

Bodies = List[Dict[str, Any]]


def load_mlflow(settings: ModelSettings) -> ServingModel:
    """Raises StartFailure for what cannot be served."""
    model = read_mlmodel(find_mlmodel(settings.model_dir), settings.name)
    if not model.loader:
        raise StartFailure(f"model does not load: it has no python_function flavour, only {', '.join(model.flavors)}")
    if model.code_folder:
        sys.path.insert(0, model.code_folder)
    _say_versions(model)
    bodies = make_bodies(model)
    predictor, is_direct = _choose_predictor(model, settings, bodies)
    if is_direct:
        predictor = _take_shortcut(predictor, settings, bodies)
    _decide_merging(predictor, settings, bodies)
    served = ServingModel(
        name=model.name,
        version=settings.version,
        platform=model.loader.replace(".", "_"),
        signature=model.signature,
        predictor=predictor,
        examples=read_examples(model) or bodies[:1],
        mlflow_version=version_of("mlflow") or version_of("mlflow-skinny") or model.mlflow_version,
    )
    warm_up(served, bodies)
    return served


def warm_up(served: ServingModel, bodies: Bodies) -> None:
    """Runs single rows, so that the first request finds warm caches and the queue knows how long a run takes."""
    with phase("warming up"):
        for body in [*served.examples, *bodies]:
            try:
                inputs = served.predictor.decode(read_payload(body, INVOCATION_ENVELOPES))
                served.predictor.run(inputs)
                started = time.perf_counter()
                served.predictor.run(inputs)
            except Exception:
                # Synthetic values may be out of the model's range; what it makes of real ones shows with the first request.
                continue
            served.run_seconds = time.perf_counter() - started
            served.has_run = True
            return


def _say_versions(model: MlflowModel) -> None:
    say(
        f"python {sys.version.split()[0]}, numpy {version_of('numpy')}, mlflow {version_of('mlflow')} (the model was saved with {model.mlflow_version})"
    )
    saved_python = str(model.pyfunc.get("python_version") or "")
    if saved_python and saved_python.split(".")[:2] != sys.version.split()[0].split(".")[:2]:
        warn(f"the model was saved by Python {saved_python} and is loaded by {sys.version.split()[0]}; its pickles may not load")
    for flavor, key, distribution in _SAVED_VERSIONS:
        saved = (model.flavors.get(flavor) or {}).get(key)
        installed = version_of(distribution)
        if saved is None:
            continue
        # A build for CUDA says so behind the plus sign, and the package's own record does not.
        if installed != str(saved).split("+")[0]:
            warn(
                f"{distribution}: the model was saved with {saved}, installed is {installed or 'none'}; predictions may differ or the model may not load"
            )
        else:
            say(f"{distribution} {installed}, with which the model was saved")


_SAVED_VERSIONS = (
    ("sklearn", "sklearn_version", "scikit-learn"),
    ("onnx", "onnx_version", "onnx"),
    ("pytorch", "pytorch_version", "torch"),
    ("xgboost", "xgb_version", "xgboost"),
    ("lightgbm", "lgb_version", "lightgbm"),
)


def _choose_predictor(model: MlflowModel, settings: ModelSettings, bodies: Bodies) -> Tuple[Predictor, bool]:
    """The direct path where it is possible, allowed and proved, else MLflow's own; and whether it is the direct one."""
    verdict = Verdict(False, "switched off by VIRIDIAN_SERVING_DIRECT_PATH")
    if settings.direct_path == "auto":
        try:
            direct, verdict = _try_direct(model, settings, bodies)
            if direct is not None and verdict.on:
                say(f"direct numpy path: on ({verdict.reason})")
                return direct, True
        except Unsupported as reason:
            verdict = Verdict(False, str(reason))
    say(f"direct numpy path: off ({verdict.reason})")
    return _load_pyfunc(model), False


def _try_direct(model: MlflowModel, settings: ModelSettings, bodies: Bodies) -> tuple[Predictor | None, Verdict]:
    load = _DIRECT.get(model.loader)
    if load is None:
        raise Unsupported(f"models of {model.loader} are run by mlflow.pyfunc")
    if model.signature.params:
        raise Unsupported("the signature has params")
    if not model.signature.is_numeric_table and not model.signature.tensors:
        raise Unsupported("a column of the signature is optional or not a number" if model.signature.columns else "the model has no signature")
    has_mlflow = version_of("mlflow") is not None or version_of("mlflow-skinny") is not None
    # MLflow loads in its own process while this one imports: two cores, one wait.
    reference = Reference(model, bodies, settings.cache_dir) if has_mlflow else None
    try:
        direct = load(model)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported(f"loading it without MLflow fails: {type(error).__name__}: {error}"[:300]) from error
    if reference is None:
        return direct, Verdict(True, "not compared: mlflow is not installed, so there is no other path")
    with phase("proving the direct path, from the cache," if reference.is_cached else "proving the direct path"):
        return direct, compare(direct, bodies, reference.answers())


def _refuse_forbidden_pickles() -> None:
    if os.environ.get("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true").lower() in ("false", "0"):
        raise Unsupported("MLFLOW_ALLOW_PICKLE_DESERIALIZATION forbids to load pickles")


def _load_sklearn(model: MlflowModel) -> Predictor:
    _refuse_forbidden_pickles()
    with phase("importing scikit-learn"), hide_modules("pandas", "pytest"):
        if model.flavors["sklearn"].get("serialization_format") == "skops":
            import skops.io  # noqa: F401
        # Here, and not from inside the pickle: there nothing can be hidden, because the model itself may hold what is not needed elsewhere.
        import sklearn.base  # noqa: F401

        from .predictors.sklearn_predictor import SklearnPredictor, load_estimator
    with phase("loading the model"):
        return SklearnPredictor(model, load_estimator(model))


def _load_onnx(model: MlflowModel) -> Predictor:
    with phase("importing onnxruntime"):
        import onnxruntime  # noqa: F401

        from .predictors.onnx_predictor import MlflowOnnxPredictor
    with phase("loading the model"):
        return MlflowOnnxPredictor(model)


def _load_torch(model: MlflowModel) -> Predictor:
    _refuse_forbidden_pickles()
    with phase("importing torch"):
        from .predictors.torch_predictor import TorchPredictor, load_network
    with phase("loading the model"):
        return TorchPredictor(model, load_network(model))


#: Loader module → how its models are run without MLflow.
_DIRECT: Dict[str, Callable[[MlflowModel], Predictor]] = {
    "mlflow.sklearn": _load_sklearn,
    "mlflow.onnx": _load_onnx,
    "mlflow.pytorch": _load_torch,
}


def _load_pyfunc(model: MlflowModel) -> Predictor:
    try:
        with phase("importing mlflow"):
            import mlflow.pyfunc  # noqa: F401

            from .predictors.pyfunc_predictor import PyfuncPredictor
        with phase("loading the model"):
            return PyfuncPredictor(model)
    except Exception as error:
        raise StartFailure(f"model does not load: {type(error).__name__}: {error}") from error


def _take_shortcut(predictor: Predictor, settings: ModelSettings, bodies: Bodies) -> Predictor:
    from .predictors.sklearn_predictor import SklearnPredictor

    if not isinstance(predictor, SklearnPredictor):
        return predictor
    if settings.shortcut == "off":
        say("linear shortcut: off (switched off by VIRIDIAN_SERVING_SHORTCUT)")
        return predictor
    from .predictors.linear_shortcut import take_shortcut

    chosen, reason = take_shortcut(predictor, _decode_all(predictor, bodies))
    say(f"linear shortcut: {'off' if chosen is predictor else 'on'} ({reason})")
    return chosen


def _decode_all(predictor: Predictor, bodies: Bodies) -> List[Any]:
    return [predictor.decode(read_payload(body, INVOCATION_ENVELOPES)) for body in bodies]


def _decide_merging(predictor: Predictor, settings: ModelSettings, bodies: Bodies) -> None:
    if settings.merging == "off":
        verdict = Verdict(False, "switched off by VIRIDIAN_SERVING_MERGING")
    elif settings.merging == "on":
        verdict = Verdict(True, "switched on by VIRIDIAN_SERVING_MERGING, not compared")
        predictor.merges = True
    elif not getattr(predictor, "is_row_wise", True):
        verdict = Verdict(False, "a custom pyfunc may look at the whole table")
    else:
        verdict = prove_merging(predictor, bodies)
    say(f"merging: {'on' if verdict.on else 'off'} ({verdict.reason})")
