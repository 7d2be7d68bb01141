"""Virtual clock, in-process server, scenarios, fault injection, conformance suites."""
