"""The pipeline's code: one folder a stage, run from the root as ``python -m src.<stage>``."""

import signal
import sys

if sys.argv[:1] == ["-m"]:
    # A command of ours that is still importing: Ctrl-C ends it at once, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from src.base.cpu import pin

    pin()
