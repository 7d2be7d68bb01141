"""Others' servers beside ours, from one run: `python -m tools.bench.peers`."""
