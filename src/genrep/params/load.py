"""Reading, merging and validating ``params.yaml``."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from genrep.errors import UserError
from genrep.params.base import merge
from genrep.params.replications import ReplicationParams
from genrep.params.training import RunParams
from genrep.params.yaml_loader import SafeLoader

SCALES = ("smoke", "desk", "full")
SETTINGS = ("scale", "device")  # top-level keys that are not replications


class UniqueKeys(SafeLoader):
    """Refuses a mapping that says one thing twice; YAML's own rule is that the last one silently wins."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands here twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _elsewhere(path: Path) -> UserError:
    return UserError(f"{path} not found; run genrep in the root of the repository")


def require_repository(path: Path = Path("params.yaml")) -> None:
    """Refuse to go on outside the repository, where relative paths would lead anywhere.

    Raises:
        UserError: there is no ``params.yaml``.
    """
    if not path.is_file():
        raise _elsewhere(path)


def load(path: Path = Path("params.yaml")) -> dict[str, Any]:
    """Read ``params.yaml`` as plain data, with its top level checked.

    Raises:
        UserError: no such file, not YAML, or an unknown scale.
    """
    try:
        params = yaml.load(path.read_text(encoding="utf-8"), UniqueKeys)  # a SafeLoader
    except FileNotFoundError:
        raise _elsewhere(path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as text: {error}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(params, dict):
        raise UserError(f"{path} must be a mapping of settings and replications")
    check_choice(f"{path}: scale", params.get("scale"), SCALES)
    check_choice(f"{path}: device", params.get("device"), ("auto", "cpu", "cuda"))
    return params


def replications(params: dict[str, Any]) -> list[str]:
    """The names of the replications in ``params.yaml``.

    Raises:
        UserError: a key is neither a setting nor a replication.
    """
    for key, value in params.items():
        if key not in SETTINGS and not isinstance(value, dict):
            raise UserError(f"{key}: {value!r} is no replication, and no setting{suggestion(str(key), SETTINGS)}")
    return [key for key in params if key not in SETTINGS]


def replications_at(params: dict[str, Any], scale: str) -> list[str]:
    """The replications that have a scale.

    Raises:
        UserError: an unknown scale, or none has it.
    """
    check_choice("scale", scale, SCALES)
    found = [name for name in replications(params) if scale in params[name]]
    if not found:
        raise UserError(f"no replication has the scale {scale!r}")
    return found


def check_choice(what: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raise ``UserError`` with the nearest choice unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise UserError(f"{what}: {value!r} is not one of {', '.join(choices)}{suggestion(str(value), choices)}")


def suggestion(word: str, known: Any) -> str:
    """`` - did you mean ...?`` or nothing."""
    near = get_close_matches(word, [str(k) for k in known], n=1)
    return f" - did you mean {near[0]!r}?" if near else ""


def resolve(params: dict[str, Any], replication: str, scale: str | None = None) -> ReplicationParams:
    """The parameters of one replication at one scale (the file's own if None).

    Raises:
        UserError: an unknown replication or scale; an unknown, missing or impossible value (its path is named).
    """
    scale = scale or params["scale"]
    check_choice("scale", scale, SCALES)
    replications = tuple(str(key) for key in params if key not in SETTINGS)
    check_choice("replication", replication, replications)
    scales = params[replication]
    if not isinstance(scales, dict) or "full" not in scales:
        raise UserError(f"params.yaml: {replication}.full is missing; it is the frozen reading that others overlay")
    for key, overlay in scales.items():
        check_choice(f"params.yaml: {replication}", key, SCALES)
        if not isinstance(overlay, dict) or not isinstance(overlay.get("runs", {}), dict):
            raise UserError(f"params.yaml: {replication}.{key} and its runs must be mappings")
    if scale not in scales:
        raise UserError(f"params.yaml: {replication} has no scale {scale!r}; it has {', '.join(scales)}")
    merged = scales["full"] if scale == "full" else merge(scales["full"], scales[scale])
    try:
        return ReplicationParams.model_validate(_expand_variants(merged))
    except ValidationError as error:
        raise UserError(f"params.yaml: {replication}.{scale}.{explain(error, ReplicationParams)}") from None


def run_of(params: dict[str, Any], replication: str, run: str, scale: str | None = None) -> RunParams:
    """The parameters of one run.

    Raises:
        UserError: see ``resolve``; also an unknown run.
    """
    runs = resolve(params, replication, scale).runs
    check_choice(f"run of {replication}", run, tuple(runs))
    return runs[run]


def _expand_variants(merged: dict[str, Any]) -> dict[str, Any]:
    """Turn ``runs: {model: {..., variants: {v: overlay}}}`` into ``runs: {model-v: {...}}``."""
    shared = {key: merged[key] for key in ("precision", "threads") if key in merged}
    runs: dict[str, Any] = {}
    for model, run in (merged.get("runs") or {}).items():
        if not isinstance(run, dict):
            raise UserError(f"params.yaml: runs.{model} must be a mapping")
        base = shared | {key: value for key, value in run.items() if key != "variants"}
        variants = run.get("variants") or {"": {}}
        if not isinstance(variants, dict):
            raise UserError(f"params.yaml: runs.{model}.variants must be a mapping")
        for variant, overlay in variants.items():
            runs[f"{model}-{variant}" if variant else model] = merge(base, overlay or {})
    return merged | {"runs": runs}


def explain(error: ValidationError, schema: type[BaseModel]) -> str:
    """The first problem of a pydantic error as one line that names the key and the nearest known one of a schema."""
    # a mistyped key is also a missing one; its own name says more
    problems = [e for e in error.errors() if e["type"] != "literal_error" or not _is_alternative(e)] or error.errors()
    problem = next((e for e in problems if e["type"] == "extra_forbidden"), problems[0])
    location = [str(part) for part in problem["loc"]]
    if problem["type"] == "extra_forbidden":
        known = _fields_at(schema, location[:-1])
        return f"{'.'.join(_written(schema, location))}: unknown parameter{suggestion(location[-1], known)}"
    location = _written(schema, location)
    if problem["type"] == "missing":
        return f"{'.'.join(location)}: missing"
    if problem["type"] == "union_tag_invalid":
        context = problem["ctx"]
        kinds = [kind.strip("' ") for kind in context["expected_tags"].split(",")]
        return f"{'.'.join(location)}.kind: {context['tag']!r} is not one of {', '.join(kinds)}" + suggestion(
            context["tag"], kinds
        )
    message = problem["msg"].removeprefix("Value error, ")
    if location:  # a check over a whole block names its keys itself
        message = f"{'.'.join(location)}: {message}"
    return f"{message}, got {problem['input']!r}" if _short(problem["input"]) else message


def _is_alternative(error: Any) -> bool:
    """Whether it is about one word that could stand in place of what was given, such as ``all`` for a list."""
    return str(error["loc"][-1]).startswith("literal[")


def _written(annotation: Any, location: list[str]) -> list[str]:
    """The keys of params.yaml that lead to a place, without pydantic's own names of the members of a union."""
    if not location:
        return []
    head, *rest = location
    if "[" in head:
        return _written(annotation, rest)
    for candidate in _models(annotation):
        fields = candidate.model_fields
        if head in fields:
            return [head, *_written(fields[head].annotation, rest)]
        if "kind" in fields and head in get_args(fields["kind"].annotation):
            return _written(candidate, rest)
    inner = [a for a in get_args(annotation) if a is not str]
    return [head, *_written(inner[-1], rest)] if inner else location


def _short(value: Any) -> bool:
    return not isinstance(value, dict | BaseModel)


def _fields_at(annotation: Any, location: list[str]) -> list[str]:
    """Names of the fields that a block at ``location`` may have, following unions by their tag."""
    for candidate in _models(annotation):
        fields = candidate.model_fields
        if not location:
            return list(fields)
        head, *rest = location
        if head in fields:
            return _fields_at(fields[head].annotation, rest)
        if "kind" in fields and head in get_args(fields["kind"].annotation):
            return _fields_at(candidate, rest)
    inner = [a for a in get_args(annotation) if a is not str]
    if location and inner:  # dict[str, Model]: one step for the key
        return _fields_at(inner[-1], location[1:]) if get_args(annotation)[0] is str else _fields_at(inner[0], location)
    return []


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_args(annotation) and get_args(annotation)[0] is not str:
        return [model for part in get_args(annotation) for model in _models(part)]
    return []
