"""The subcommands of `regulars`, one module each, loaded only when they are asked for."""
