"""`python -m core.cli` is the console script `threadr`."""

from core.cli.main import main

if __name__ == "__main__":  # processes that the server starts import this file, too
    main()
