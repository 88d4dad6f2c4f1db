"""The peer of the what-if desk: explainerdashboard's what-if tab on a table and a LightGBM model of ours: `python benchmarks/peers/dashboard.py FOLDER PORT`.

Runs in an environment of its own (benchmarks/peers/dashboard-requirements.txt) and imports nothing of this project.
"""

from __future__ import annotations

import sys
from pathlib import Path

import lightgbm as lgb
import pandas as pd
from explainerdashboard import ExplainerDashboard, RegressionExplainer


def main(folder: Path, port: int) -> None:
    """Serve the what-if tab until the process ends."""
    table = pd.read_parquet(folder / "table.parquet")
    model = lgb.Booster(model_file=str(folder / "model.txt"))
    explainer = RegressionExplainer(model, table, pd.Series(model.predict(table), index=table.index), shap="tree")
    ExplainerDashboard(explainer, title="peer", importances=False, model_summary=False, contributions=False, whatif=True, shap_dependence=False, shap_interaction=False,
                       decision_trees=False, mode="dash").run(port=port, host="127.0.0.1", use_waitress=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
