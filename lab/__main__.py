from terminal.main import run_command_line


def main() -> None:
    """Run `lab` and leave with its exit code."""
    run_command_line("lab", "lab.cli.commands")


if __name__ == "__main__":
    main()
