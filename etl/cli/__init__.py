"""The command line: each command is a module with `add_arguments` and `run`, imported if named."""
