"""`python -m bot.cli`: the command line, as the `parley` command runs it."""

from bot.cli.main import main

if __name__ == "__main__":
    main()
