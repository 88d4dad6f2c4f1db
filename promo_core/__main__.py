"""`python -m promo_core`: the shell's way in."""

from __future__ import annotations

import os
import sys

# Waiting OpenMP threads that spin make two-core machines a hundred times slower; TensorFlow's greetings would hide our one line.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from promo_core.cli import main  # noqa: E402 - the environment is read when the libraries load

if __name__ == "__main__":
    sys.exit(main())
