"""YAML's safe loader: libyaml's where PyYAML was built with it, which is seven times faster at the larger files."""

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

__all__ = ["SafeLoader"]
