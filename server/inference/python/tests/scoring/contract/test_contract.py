"""The scoring contract: every case of the table on our server, and the same requests on the original, which must answer alike."""

from __future__ import annotations

import itertools
import json
import os
import warnings
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest
from scoring.contract.cases import CASES, Case
from scoring.contract.servers import Answer, ask, environment_of, find_original, start_original, start_ours, start_ours_beside_real_packages


def _needs(case: Case) -> Tuple[str, str]:
    return case.script, json.dumps(sorted(environment_of(case).items()))


#: Cases that share a server stand together, so that one server of a kind runs at a time.
ORDERED: List[Case] = [case for _, group in itertools.groupby(sorted(CASES, key=_needs), key=_needs) for case in group]
_MODULES = {"numbers": ("numpy", "pandas"), "schema": ("numpy", "pandas")}


class Pool:
    """The server of the case at hand; the one before is stopped when another is needed."""

    def __init__(self, start: Callable[[Case], Any]) -> None:
        self._start = start
        self._key: Any = None
        self._server: Any = None
        self.answers: Dict[str, Answer] = {}

    def ask(self, case: Case) -> Answer:
        """The answer to the request of a case; asked once."""
        if case.id not in self.answers:
            if self._key != _needs(case):
                self.stop()
                self._server = self._start(case)
                self._key = _needs(case)
            self.answers[case.id] = ask(self._server.port, case)
        return self.answers[case.id]

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
        self._server = self._key = None


@pytest.fixture(scope="module")
def ours() -> Iterator[Pool]:
    pool = Pool(start_ours)
    yield pool
    pool.stop()


@pytest.fixture(scope="module")
def original_python() -> str:
    try:
        return find_original()
    except RuntimeError as error:
        if "azureml" in os.environ.get("VIRIDIAN_REQUIRE", "").split(","):
            raise
        warnings.warn(f"NOT COMPARED with the original server: {error}", stacklevel=1)
        pytest.skip(f"NOT COMPARED with the original server: {error}")


@pytest.fixture(scope="module")
def original(original_python: str) -> Iterator[Pool]:
    pool = Pool(lambda case: start_original(original_python, case))
    yield pool
    pool.stop()


@pytest.fixture(scope="module")
def beside_real_packages(original_python: str) -> Iterator[Pool]:
    pool = Pool(lambda case: start_ours_beside_real_packages(original_python, case))
    yield pool
    pool.stop()


@pytest.mark.parametrize("case", ORDERED, ids=[case.id for case in ORDERED])
def test_our_server_answers_as_the_contract_says(ours: Pool, case: Case) -> None:
    for module in _MODULES.get(case.script, ()):
        pytest.importorskip(module)
    answer = ours.ask(case)
    assert answer.status == case.status, answer.body
    if isinstance(case.body, bytes):
        assert answer.body == case.body
    elif case.body is not None:
        assert json.loads(answer.body) == case.body
    for name, expected in case.expected.items():
        found = answer.headers.get(name)
        assert found is not None if expected == "*" else found == expected, f"{name}: {found}"


@pytest.mark.parametrize("case", ORDERED, ids=[case.id for case in ORDERED])
def test_the_original_agrees(ours: Pool, original: Pool, case: Case) -> None:
    for module in _MODULES.get(case.script, ()):
        pytest.importorskip(module)
    theirs = original.ask(case).comparable(case.compare_body)
    mine = ours.ask(case).comparable(case.compare_body)
    if case.differs is None:
        assert mine == theirs
    else:
        assert mine != theirs, f"This is listed as a difference and is none: {case.differs}"


@pytest.mark.parametrize("case", ORDERED, ids=[case.id for case in ORDERED])
def test_scripts_that_import_the_real_packages_are_answered_alike(original: Pool, beside_real_packages: Pool, case: Case) -> None:
    theirs = original.ask(case).comparable(case.compare_body)
    mine = beside_real_packages.ask(case).comparable(case.compare_body)
    assert (mine == theirs) == (case.differs is None), (mine, theirs)


def test_names_of_cases_are_unique() -> None:
    names = [case.id for case in CASES]
    assert len(names) == len(set(names)), [name for name in names if names.count(name) > 1]
