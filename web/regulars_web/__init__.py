"""Pages, charts and the command line: parse, call a service, render."""
