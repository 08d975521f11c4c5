"""How many small faults put into the formulas do the tests of their own module notice? Figures: docs/test_quality.md.

    pip install --target /tmp/mutmut mutmut
    OMP_NUM_THREADS=1 PYTHONPATH=/tmp/mutmut .venv/bin/python benchmarks/mutation.py [--rooms weights] [--number 1000]

The faults (mutants) are those of mutmut 3, one at a time: a number plus one, + for -, > for >=, an argument None or
left out, a word changed, a branch forced. Its own runner passes over functions with decorators and over constants, and
takes days; here src and tests are copied, and one process a module collects the tests of that module, and then

1. a forked child runs them all under coverage.py: what is covered, which test reaches which statement, in what time;
2. every mutant of the sample gets a forked child of its own, in which the code of the changed function is replaced and
   the tests that reach the statement run, the quickest first, up to the first failure. A mutant outside functions (a
   constant, a default) is written into the copy and a fresh process runs the tests of the module.

A mutant is killed if a test fails or takes ten times its processor time; one that no test reaches survives. Only the
tests named after the module and its own doctests count, for coverage too: the whole suite cannot do worse. The sample
is drawn inside modules, in proportion to their mutants. Not made, because no test could tell: mutants of annotations,
of the names of types and of `strict=`; nor those of the schema of editions (Field) and, as in mutmut, of decorators,
len and isinstance.

Compiled loops (*_kernels.py) are not measured: code put in place of a compiled function changes nothing. Tests of more
than 30 seconds, and tests that fail on the original, are left out. Results are added to a file line by line, and what
is there is not run again; --survivors prints the survivors.
"""

from __future__ import annotations

import argparse
import difflib
import gc
import json
import math
import os
import pickle
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType

import coverage
import libcst as cst
import numpy as np
import pandas as pd
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators
from scipy.stats import binomtest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("index", "weights", "agreement", "sensitivity", "maturity")
OTHER_TESTS = {  # where a module has others than tests/<room>/test_<module>.py
    "index/edition": ["index/test_edition.py", "data/test_editions.py"],
    "index/consistency": ["index/test_consistency.py", "data/test_editions.py"],
    "agreement/correlation": ["agreement/test_correlation.py", "agreement/test_concordance.py"],  # shared parts
    "agreement/inputs": ["agreement/test_raters.py", "agreement/test_kappa.py", "agreement/test_correlation.py",
                         "agreement/test_multitrait.py"],
    "agreement/internal_consistency": ["agreement/test_internal_consistency.py", "agreement/test_variance_ratio.py"],
    "agreement/intraclass": ["agreement/test_intraclass.py", "agreement/test_variance_ratio.py"],
    "agreement/variance_ratio": ["agreement/test_variance_ratio.py", "agreement/test_random_intercept.py",
                                 "agreement/test_intraclass.py"],
    "agreement/verdict": ["agreement/test_verdict.py", "data/test_editions.py"],
    "sensitivity/convergence": ["sensitivity/test_variance_based.py"],
    "sensitivity/factors": ["sensitivity/test_factors.py", "sensitivity/test_engine.py"],
    "sensitivity/grade_borders": ["sensitivity/test_engine.py", "sensitivity/test_uncertainty.py"],
    "sensitivity/measured": ["sensitivity/test_measured.py", "sensitivity/test_engine.py",
                             "sensitivity/test_factors.py"],
    "sensitivity/noise": ["sensitivity/test_engine.py", "sensitivity/test_factors.py"],
    "sensitivity/pick_freeze": ["sensitivity/test_pick_freeze.py", "sensitivity/test_variance_based.py"],
    "sensitivity/pairwise": ["sensitivity/test_pairwise.py", "sensitivity/test_rank_sets.py"],  # one-sided, skewed
    "sensitivity/tally": ["sensitivity/test_uncertainty.py"],
}
PYTEST = ["-q", "-s", "--tb=no", "--no-header", "-W", "ignore::pytest.PytestAssertRewriteWarning",  # by hypothesis
          *(word for plugin in ("cacheprovider", "xdist", "nbval", "anyio") for word in ("-p", f"no:{plugin}"))]
LOADED_FIRST = ("scipy.optimize", "scipy.stats", "statsmodels.api", "hypothesis", "numba", "pydantic", "yaml")
LONGEST = 30             # seconds of a test
PATIENCE = 10            # times the processor time that the tests take on the original, and as many seconds more
ROOM_TO_GROW = 8 << 30   # bytes that a mutant may take
SURVIVED = 99            # exit code that nothing else has


# Mutants

@dataclass(frozen=True)
class Place:
    """A node of the tree and what it becomes."""

    node: cst.CSTNode
    changed: cst.CSTNode
    statement: tuple[int, int]  # first and last line of the innermost statement
    function: str               # outermost function or method in whose body it is, empty outside of them


@dataclass(frozen=True)
class Mutant:
    """One fault: where it is, what it changes, the text of the whole module with it."""

    module: str  # weights/ahp
    number: int  # among the mutants of the module, in the order of the text
    statement: tuple[int, int]
    function: str
    diff: str
    source: str


def places(node: cst.CSTNode, lines: dict, names: tuple[str, ...] = (), function: str = "",
           statement: tuple[int, int] = (1, 1)) -> Iterator[Place]:
    """Every place where mutmut knows a fault, in the order of the text."""
    if _no_fault_there(node) or (not names and _names_a_type(node)):
        return
    if isinstance(node, cst.SimpleStatementLine):
        statement = (lines[node].start.line, lines[node].end.line)
    elif isinstance(node, cst.BaseCompoundStatement):
        statement = (lines[node].start.line,) * 2
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from (Place(node, changed, statement, function) for changed in operator(node)
                        if not _only_strict(node, changed))
    if isinstance(node, cst.FunctionDef | cst.ClassDef):
        names = (*names, node.name.value)
    for child in node.children:
        is_body = isinstance(node, cst.FunctionDef) and child is node.body
        yield from places(child, lines, names, ".".join(names) if is_body and not function else function, statement)


def _no_fault_there(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
        return node.func.value in ("len", "isinstance", "Field")
    return isinstance(node, cst.Annotation | cst.Decorator) or (
        isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value == "strict")


def _names_a_type(node: cst.CSTNode) -> bool:
    return (isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Name)
            and re.match("[A-Z][a-z]", node.targets[0].target.value) is not None)


def _only_strict(node: cst.CSTNode, changed: cst.CSTNode) -> bool:
    """Without `strict=` zip gives the same pairs, as long as the lengths are the same."""
    def others(call: cst.Call) -> list[cst.BaseExpression]:
        return [arg.value for arg in call.args if arg.keyword is None or arg.keyword.value != "strict"]
    return (isinstance(node, cst.Call) and isinstance(changed, cst.Call) and len(others(node)) < len(node.args)
            and [id(value) for value in others(node)] == [id(value) for value in others(changed)])


class Module:
    """Text of a formula module and its mutants."""

    def __init__(self, name: str, tree: Path) -> None:
        self.name, self.path = name, tree / "src" / "methods" / f"{name}.py"
        self.tests = OTHER_TESTS.get(name, [f"{Path(name).parent}/test_{Path(name).name}.py"])
        self.tests = [f"tests/{test}" for test in self.tests if (tree / "tests" / test).exists()]
        self.source = self.path.read_text(encoding="utf-8")
        wrapper = MetadataWrapper(cst.parse_module(self.source))
        self._parsed = wrapper.module
        self.places = list(places(wrapper.module, wrapper.resolve(PositionProvider)))

    def sample(self, share: float, seed: int) -> list[Mutant]:
        """That share of the mutants, rounded up, in the order of the text."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        drawn = rng.choice(len(self.places), math.ceil(share * len(self.places)), replace=False)
        return [self._mutant(int(number)) for number in sorted(drawn)]

    def _mutant(self, number: int) -> Mutant:
        place = self.places[number]
        source = self._parsed.deep_replace(place.node, place.changed).code
        compared = difflib.unified_diff(self.source.splitlines(), source.splitlines(), lineterm="", n=0)
        diff = "\n".join(line for line in list(compared)[2:] if not line.startswith("@@"))
        return Mutant(self.name, number, place.statement, place.function, diff, source)


# Tests of one module: collected once, run once a mutant

class Runs:
    """pytest plugin that runs what was collected in forked children: on the original, then on every mutant."""

    def __init__(self, module: Module, sample: list[Mutant], results: Path) -> None:
        self.module, self.sample, self.results = module, sample, results
        self.traced = coverage.Coverage(data_file=None, branch=True, include=[str(module.path)], config_file=False)
        self.traced.start()  # before the module is imported
        self.tests: dict[str, pytest.Item] = {}
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            return False  # something could not be collected: pytest says so
        self.tests = {test.nodeid: test for test in session.items}
        functions = _functions(self.module.path)
        seconds, reached, covered = self._on_the_original()
        self._add(module=self.module.name, mutants=len(self.module.places), **covered,
                  left_out=sorted(set(self.tests) - set(seconds)))
        for mutant in self.sample:
            lines = range(mutant.statement[0], mutant.statement[1] + 1)
            names = set(seconds) if not mutant.function else set().union(*(reached.get(line, ()) for line in lines))
            names = sorted(names & set(seconds), key=lambda name: (seconds[name], name))
            if not names:
                verdict = "not reached"
            elif mutant.function in functions:
                verdict = self._with_code(mutant, functions[mutant.function], names,
                                          sum(seconds[name] for name in names))
            else:
                verdict = self._afresh(mutant, sum(seconds.values()))
            self._add(module=mutant.module, number=mutant.number, line=mutant.statement[0], function=mutant.function,
                      verdict=verdict, diff=mutant.diff)
        return True

    def _add(self, **result: object) -> None:
        with self.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result, ensure_ascii=False) + "\n")

    def _on_the_original(self) -> tuple[dict[str, float], dict[int, set[str]], dict[str, object]]:
        """Processor seconds of every test that passes; the tests that reach a line; lines and branches covered.

        In a child, so that nothing that tests or formulas keep in memory gets into the processes of the mutants.
        """
        with tempfile.NamedTemporaryFile() as answer:
            def work() -> int:
                return not Path(answer.name).write_bytes(pickle.dumps(self._covered()))
            code = _in_a_child(work)
            if code:
                raise RuntimeError(f"{self.module.name}: tests of the original ended with {code}")
            self.traced.stop()
            return pickle.loads(Path(answer.name).read_bytes())

    def _covered(self) -> tuple[dict[str, float], dict[int, set[str]], dict[str, object]]:
        seconds: dict[str, float] = {}
        signal.signal(signal.SIGVTALRM, lambda *_: pytest.fail("too long"))
        for name in self.tests:
            self.traced.switch_context(name)
            start = time.process_time()
            signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
            if self._pass([name]):
                seconds[name] = time.process_time() - start
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        self.traced.stop()
        path = str(self.module.path)
        _, statements, _, missing, _ = self.traced.analysis2(path)
        branches = self.traced.branch_stats(path).values()
        return (seconds, {line: set(names) for line, names in self.traced.get_data().contexts_by_lineno(path).items()},
                {"statements": len(statements), "missing": missing, "branches": sum(all_ for all_, _ in branches),
                 "branches_taken": sum(taken for _, taken in branches)})

    def _with_code(self, mutant: Mutant, functions: list[FunctionType], names: list[str], seconds: float) -> str:
        def work() -> int:
            _limit(seconds)
            code = _code(compile(mutant.source, str(self.module.path), "exec", dont_inherit=True), mutant.function)
            for function in functions:
                function.__code__ = code
            return SURVIVED if self._pass(names) else 0
        return _verdict(_in_a_child(work))

    def _afresh(self, mutant: Mutant, seconds: float) -> str:
        self.module.path.write_text(mutant.source, encoding="utf-8")
        try:
            run = subprocess.run([sys.executable, "-B", "-m", "pytest", "-x", *PYTEST, *self.module.tests,
                                  str(self.module.path)], preexec_fn=lambda: _limit(seconds + 10),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        finally:
            self.module.path.write_text(self.module.source, encoding="utf-8")
        return _verdict(run.returncode or SURVIVED)

    def _pass(self, names: list[str]) -> bool:
        """Do the tests pass, one after another up to the first that fails?"""
        self.failed = False
        for place, name in enumerate(names):
            following = self.tests[names[place + 1]] if place + 1 < len(names) else None
            self.tests[name].config.hook.pytest_runtest_protocol(item=self.tests[name], nextitem=following)
            if self.failed:
                break
        return not self.failed


def _functions(path: Path) -> dict[str, list[FunctionType]]:
    """Functions that a module has made, by qualified name, wherever they are kept by now."""
    found: dict[str, list[FunctionType]] = {}
    for each in gc.get_objects():
        if type(each) is FunctionType and each.__code__.co_filename == str(path):
            found.setdefault(each.__code__.co_qualname, []).append(each)
    return found


def _code(inside: CodeType, name: str) -> CodeType | None:
    for each in inside.co_consts:
        if isinstance(each, CodeType):
            if each.co_qualname == name:
                return each
            if name.startswith(f"{each.co_qualname}."):
                return _code(each, name)
    return None


def _in_a_child(work: Callable[[], int], silent: bool = True) -> int:
    """Exit code of a forked child, which is what `work` returns, or 1 if that raises."""
    child = os.fork()
    if not child:
        code = 1
        try:
            if silent:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 1)
                os.dup2(nowhere, 2)
            code = int(work())
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _limit(seconds: float) -> None:
    allowed = math.ceil(PATIENCE * (seconds + 1))
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed + 5))
    resource.setrlimit(resource.RLIMIT_AS, (ROOM_TO_GROW, ROOM_TO_GROW))


def _verdict(code: int) -> str:
    if code == SURVIVED:
        return "survived"
    return "too long" if code in (-signal.SIGXCPU, -signal.SIGKILL) else "killed"


def measure(module: Module, sample: list[Mutant], results: Path) -> int:
    """Run the sample in a child; the exit code of pytest."""
    def work() -> int:
        import_module("hypothesis.internal.conjecture.engine").MAX_SHRINKING_SECONDS = 1  # one failure is enough
        return pytest.main([*PYTEST, *module.tests, str(module.path)], plugins=[Runs(module, sample, results)])
    return _in_a_child(work, silent=False)


# Table

def table(results: pd.DataFrame) -> str:
    """Markdown: mutants and coverage by room."""
    lines = ["| комната | модулей | строк | исполнено, % | ветвей, % | мутантов | в выборке | выжило | из них не "
             "исполнены | убито, % | 95 % (Уилсон) |", "|---" * 11 + "|"]
    rooms = list(results.groupby(results["module"].str.split("/").str[0], sort=False))
    for name, own in [*rooms, ("все", results)] if len(rooms) > 1 else rooms:
        modules, run = own[own["mutants"].notna()], own["verdict"].dropna()
        statements, missing = modules["statements"].sum(), modules["missing"].map(len).sum()
        survived = int(run.isin(["survived", "not reached"]).sum())
        killed = binomtest(len(run) - survived, len(run))
        low, high = killed.proportion_ci(method="wilson")
        cells = [name, len(modules), int(statements), f"{100 * (1 - missing / statements):.1f}",
                 f"{100 * modules['branches_taken'].sum() / modules['branches'].sum():.1f}",
                 int(modules["mutants"].sum()), len(run), survived, int((run == "not reached").sum()),
                 f"{100 * killed.statistic:.1f}", f"{100 * low:.1f}–{100 * high:.1f}"]
        lines.append("| " + " | ".join(map(str, cells)).replace(".", ",") + " |")
    return "\n".join(lines)


def copied(target: Path) -> Path:
    """What the tests read: src and tests copied, the rest linked."""
    for each in ROOT.iterdir():
        if each.name in ("src", "tests"):
            shutil.copytree(each, target / each.name)
        elif not each.name.startswith("."):
            (target / each.name).symlink_to(each)
    return target


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rooms", nargs="+", default=ROOMS, choices=ROOMS)
    parser.add_argument("--modules", nargs="+", help="only these, as weights/ahp")
    parser.add_argument("--number", type=int, default=1000, help="mutants in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, default=Path("mutation.jsonl"))
    parser.add_argument("--survivors", action="store_true", help="print the survivors too")
    options = parser.parse_args()
    results = options.results.resolve()
    results.touch()
    with tempfile.TemporaryDirectory() as folder:
        tree = copied(Path(folder).resolve())
        os.chdir(tree)
        os.environ["PYTHONPATH"] = os.pathsep.join([str(tree / "src"), os.environ.get("PYTHONPATH", "")])
        sys.path.insert(0, str(tree / "src"))
        for name in LOADED_FIRST:
            import_module(name)
        names = [f"{room}/{path.stem}" for room in options.rooms
                 for path in sorted((tree / "src" / "methods" / room).glob("*.py"))]
        modules = [Module(name, tree) for name in options.modules or names if not name.endswith("_kernels")]
        modules = [module for module in modules if module.places]
        share = min(1, options.number / sum(len(module.places) for module in modules))
        for module in modules:
            done = {result.get("number") for result in map(json.loads, results.read_text(encoding="utf-8").splitlines())
                    if result["module"] == module.name}
            sample = [mutant for mutant in module.sample(share, options.seed) if mutant.number not in done]
            start = time.perf_counter()
            code = measure(module, sample, results) if sample else 0
            print(f"{module.name}: {len(sample)} of {len(module.places)}, {time.perf_counter() - start:.0f} s"
                  + (f", pytest ended with {code}" if code else ""), file=sys.stderr, flush=True)
    found = pd.read_json(results, lines=True, encoding="utf-8")
    found = found[~found.duplicated(["module", "number"], keep="last")]
    print(table(found))
    if options.survivors:
        for each in found[found["verdict"].isin(["survived", "not reached"])].itertuples():
            print(f"\n{each.module} {each.number}, line {each.line:.0f}, {each.function}: {each.verdict}\n{each.diff}")


if __name__ == "__main__":
    main()
