"""``python -m folkrnn`` is the command line."""

from folkrnn.cli import main

if __name__ == "__main__":
    main()
