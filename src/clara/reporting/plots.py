"""Charts as inline SVG: bars with intervals, curves. No global matplotlib state, no file, no font embedded."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clara.errors import MissingExtraError
from clara.reporting.interval import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE = ("#2f5d8a", "#c8693a", "#4b8b5c", "#8a5a9e", "#b3993a", "#5f6b76")
INK, GRID = "#2b2f36", "#e3e6ea"


def bar_chart(
    values: Mapping[str, Interval | float | None],
    *,
    x_label: str = "",
    highlight: Sequence[str] = (),
    x_max: float = 1.0,
) -> str:
    """Horizontal bars in the given order, top to bottom, each with its value and its 95 % interval when it has one.

    None means not measured, and is said so rather than drawn as zero. `highlight` names the bars that stand out.
    """
    figure, axes = _figure(7.2, 0.7 + 0.42 * max(1, len(values)))
    for row, (name, value) in enumerate(values.items()):
        if value is None:
            axes.text(0.01 * x_max, row, "not measured", va="center", fontsize=9, color="#8a9099", style="italic")
            continue
        mean = value.mean if isinstance(value, Interval) else value
        colour = PALETTE[0] if not highlight or name in highlight else "#a9b6c4"
        axes.barh(row, mean, height=0.62, color=colour, zorder=2)
        end = mean
        if isinstance(value, Interval):
            end = max(value.high, mean)
            axes.plot([value.low, value.high], [row, row], color=INK, linewidth=1.3, zorder=3, solid_capstyle="butt")
            for edge in (value.low, value.high):
                axes.plot([edge, edge], [row - 0.12, row + 0.12], color=INK, linewidth=1.3, zorder=3)
        axes.text(end + 0.012 * x_max, row, f"{mean:.3f}", va="center", fontsize=9, color=INK)
    axes.set_yticks(range(len(values)), list(values))
    axes.set_ylim(len(values) - 0.45, -0.55)
    axes.set_xlim(0, x_max * 1.08)
    axes.set_xlabel(x_label)
    axes.grid(axis="x", color=GRID, linewidth=0.8, zorder=0)
    axes.tick_params(axis="y", length=0)
    return _svg(figure, f"bars {x_label} {list(values)}")


def line_chart(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, x_label: str = "step", y_label: str = ""
) -> str:
    """One line for each name, given as (x values, y values); a noisy long curve gets its running mean on top."""
    figure, axes = _figure(7.2, 2.9)
    for i, (name, (x, y)) in enumerate(curves.items()):
        colour = PALETTE[i % len(PALETTE)]
        if len(y) >= 40:
            axes.plot(x, y, color=colour, linewidth=0.7, alpha=0.25, zorder=2)
            axes.plot(x, _running_mean(y, max(5, len(y) // 25)), color=colour, linewidth=1.7, label=name, zorder=3)
        else:
            marker = "o" if len(y) < 25 else None
            axes.plot(x, y, color=colour, linewidth=1.7, marker=marker, markersize=3.5, label=name, zorder=3)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(color=GRID, linewidth=0.8, zorder=0)
    if len(curves) > 1:
        axes.legend(frameon=False, fontsize=9, labelcolor=INK)
    return _svg(figure, f"lines {y_label} {list(curves)}")


def histogram(counts: Mapping[Any, int], *, x_label: str = "", y_label: str = "how many", bins: int = 30) -> str:
    """How often each whole number occurs, as {number: count}; many different ones are put into equal bins.

    Keys may be strings of digits, as JSON makes them.
    """
    values = {int(value): count for value, count in counts.items()}
    low, high = min(values), max(values)
    width = max(1, -(-(high - low + 1) // bins))
    heights: dict[int, int] = {}
    for value, count in values.items():
        start = low + (value - low) // width * width
        heights[start] = heights.get(start, 0) + count
    figure, axes = _figure(7.2, 2.4)
    starts = sorted(heights)
    axes.bar(
        [start + (width - 1) / 2 for start in starts],
        [heights[start] for start in starts],
        width=0.9 * width,
        color=PALETTE[0],
        zorder=2,
    )
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.locator_params(axis="x", integer=True)
    axes.set_xlim(low - 0.5 - width, high + 0.5 + width)
    axes.grid(axis="y", color=GRID, linewidth=0.8, zorder=0)
    return _svg(figure, f"histogram {x_label}")


def staircase(curves: Mapping[str, Mapping[str, Interval | None]], *, y_label: str = "", y_max: float = 1.0) -> str:
    """One line for each name over named steps, the same for all, each point with its 95 % interval; None is a gap.

    The lines stand a little apart, so that no interval hides another.
    """
    figure, axes = _figure(7.2, 3.2)
    steps = list(dict.fromkeys(step for points in curves.values() for step in points))
    for i, (name, points) in enumerate(curves.items()):
        known = [(steps.index(step), value) for step, value in points.items() if value is not None]
        x = [position + 0.06 * (i - (len(curves) - 1) / 2) for position, _ in known]
        colour = PALETTE[i % len(PALETTE)]
        axes.plot(x, [v.mean for _, v in known], color=colour, linewidth=1.7, marker="o", markersize=4, label=name)
        axes.vlines(x, [v.low for _, v in known], [v.high for _, v in known], color=colour, linewidth=1.2)
    axes.set_xticks(range(len(steps)), steps)
    axes.set_xlim(-0.3, len(steps) - 0.7)
    axes.set_ylim(0, y_max * 1.03)
    axes.set_ylabel(y_label)
    axes.grid(axis="y", color=GRID, linewidth=0.8, zorder=0)
    figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=9, labelcolor=INK)
    return _svg(figure, f"staircase {y_label} {list(curves)}")


def learning_curves(rows: Sequence[Mapping[str, object]], *, keys: Sequence[str], x_key: str = "step") -> str:
    """Curves of a metrics log, [{step, loss, …}, …]; a key is drawn over the rows that have it as a number.

    Raises ValueError when no row has any of the keys.
    """
    curves = {}
    for key in keys:
        points = [(float(row[x_key]), float(row[key])) for row in rows if _number(row, x_key) and _number(row, key)]  # type: ignore[arg-type]
        if points:
            curves[key] = ([x for x, _ in points], [y for _, y in points])
    if not curves:
        raise ValueError(f"no row has a number for any of {', '.join(keys)}")
    return line_chart(curves, x_label=x_key, y_label=keys[0] if len(curves) == 1 else "")


def _number(row: Mapping[str, object], key: str) -> bool:
    return isinstance(row.get(key), int | float) and not isinstance(row.get(key), bool)


def _running_mean(values: Sequence[float], window: int) -> list[float]:
    """Mean over the last `window` values; the first ones over what there is.

    >>> _running_mean([1, 3, 5, 7], 2)
    [1.0, 2.0, 4.0, 6.0]
    """
    means = []
    for end in range(1, len(values) + 1):
        part = values[max(0, end - window) : end]
        means.append(sum(part) / len(part))
    return means


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("matplotlib", extra="data") from error
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#b9c0c8")
    axes.tick_params(colors=INK, labelsize=9)
    axes.xaxis.label.set(color=INK, fontsize=9)
    axes.yaxis.label.set(color=INK, fontsize=9)
    return figure, axes


def _svg(figure: Figure, salt: str) -> str:
    """The figure as an <svg> element; the same input gives the same bytes, and no two charts share an id."""
    import matplotlib

    out = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(
            out, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    text = out.getvalue()
    return text[text.index("<svg") :].strip()
