"""Of src.monitor: how often a batch without a change alarms it, and which losses it sees."""
