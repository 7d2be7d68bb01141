"""The demo: the main job on real input, done as a user would do it."""
