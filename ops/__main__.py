from terminal.main import run_command_line


def main() -> None:
    """Run `ops` and leave with its exit code."""
    run_command_line("ops", "ops.cli.commands")


if __name__ == "__main__":
    main()
