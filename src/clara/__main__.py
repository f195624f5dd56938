"""`python -m clara` is the `clara` command; torchrun needs a module."""

from clara.cli import main

if __name__ == "__main__":
    main()
