"""Windows per CPU second of neuralforecast's LSTM on a panel: the time of many steps less that of few, so that preparing the data counts nothing."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings

import pandas as pd
import torch
from neuralforecast import NeuralForecast
from neuralforecast.losses.pytorch import MAE
from neuralforecast.models import LSTM

FEW, MANY = 4, 24


def seconds(frame: pd.DataFrame, told: dict[str, int], steps: int) -> float:
    """Return the CPU seconds of a fit of so many steps."""
    network = LSTM(h=told["ahead"], input_size=told["past"], futr_exog_list=[c for c in frame if c not in ("unique_id", "ds", "y")], encoder_n_layers=1, encoder_hidden_size=told["units"],
                   decoder_hidden_size=told["units"], loss=MAE(), max_steps=steps, batch_size=64, windows_batch_size=told["batch"], scaler_type="standard", enable_progress_bar=False,
                   enable_model_summary=False, enable_checkpointing=False, logger=False, accelerator="cpu")
    began = time.process_time()
    NeuralForecast(models=[network], freq="D").fit(frame)
    return time.process_time() - began


def main() -> None:
    """Print the windows per CPU second."""
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    torch.set_num_threads(int(os.environ.get("PEER_THREADS", "1")))
    frame, told = pd.read_parquet(sys.argv[1]), json.loads(sys.argv[2])
    few, many = (seconds(frame, told, steps) for steps in (FEW, MANY))
    print(told["batch"] * (MANY - FEW) / (many - few))


if __name__ == "__main__":
    main()
