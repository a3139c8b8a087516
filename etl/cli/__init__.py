"""The command line. Each command is a module with `add_arguments` and `run`, imported when named."""
