"""Makes Grafana's dashboards of `dashboards.toml`: `python -m deploy.grafana.dashboards`.

Grafana's own library writes the documents. A test queries every expression at a real Prometheus
that scraped a server, and compares the files with what would be made anew.
"""

from pathlib import Path
from typing import Final

import msgspec
from grafana_foundation_sdk.builders.common import VizLegendOptions
from grafana_foundation_sdk.builders.dashboard import Dashboard, QueryVariable, Row
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableRefresh

FOLDER: Final = Path(__file__).parent / "dashboards"
_SOURCE: Final = DataSourceRef(type_val="prometheus", uid="prometheus")
_HEIGHT, _THIRD = 8, 8
"""Of Grafana's grid, which has 24 columns."""


class Panel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A panel: the row that it stands in, what it shows and why one looks at it."""

    row: str
    title: str
    unit: str
    told: str
    queries: dict[str, str]


class Board(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dashboard; panels of a row stand together."""

    name: str
    title: str
    panel: list[Panel]


class _Boards(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    board: list[Board]


def boards() -> list[Board]:
    """Return the dashboards."""
    text = Path(__file__).with_suffix(".toml").read_bytes()
    return msgspec.toml.decode(text, type=_Boards).board


def document(board: Board) -> str:
    """Return a dashboard as Grafana reads it."""
    made = (
        Dashboard(f"Kenshō: {board.title}")
        .uid(f"kensho-{board.name}")
        .tags(["kensho"])
        .refresh("30s")
        .time("now-6h", "now")
        .with_variable(
            QueryVariable("instance")
            .label("Server")
            .query("label_values(kensho_graph_revision, instance)")
            .datasource(_SOURCE)
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
            .multi(multi=True)
            .include_all(include_all=True)
            .all_value(".+")
        )
    )
    row = None
    for panel in board.panel:
        if panel.row != row:
            row = panel.row
            made = made.with_row(Row(row))
        made = made.with_panel(_series(panel))
    return JSONEncoder(sort_keys=True, indent=1, ensure_ascii=False).encode(made.build()) + "\n"


def _series(panel: Panel) -> TimeSeries:
    made = (
        TimeSeries()
        .title(panel.title)
        .description(panel.told)
        .unit(panel.unit)
        .min(0)
        .height(_HEIGHT)
        .span(_THIRD)
        .datasource(_SOURCE)
        .legend(
            VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(show_legend=True)
        )
    )
    for legend, expression in panel.queries.items():
        query = Dataquery().expr(expression).legend_format(legend).datasource(_SOURCE)
        made = made.with_target(query)
    return made


def main() -> None:
    """Write every dashboard into its file."""
    FOLDER.mkdir(exist_ok=True)
    for board in boards():
        (FOLDER / f"{board.name}.json").write_text(document(board))


if __name__ == "__main__":
    main()
