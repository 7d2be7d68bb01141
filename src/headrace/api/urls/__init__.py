"""Function URLs: plain HTTP requests to events of functions, and their results to answers."""
