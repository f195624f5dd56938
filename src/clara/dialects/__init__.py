"""Training rows in other projects' shapes, both ways: nothing is dropped without being named, no row is lost unseen."""

from clara.dialects.files import (
    DIALECTS,
    STAGE_TYPES,
    Dialect,
    DialectRows,
    Reject,
    detect_dialect,
    dropped_fields,
    load_examples,
    read_dialect,
    row_dialect,
    write_dialect,
)

__all__ = [
    "DIALECTS",
    "STAGE_TYPES",
    "Dialect",
    "DialectRows",
    "Reject",
    "detect_dialect",
    "dropped_fields",
    "load_examples",
    "read_dialect",
    "row_dialect",
    "write_dialect",
]
