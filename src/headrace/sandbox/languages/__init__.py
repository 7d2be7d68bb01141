"""The languages of functions, one module each: how they are found and how a function starts."""
