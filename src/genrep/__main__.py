"""``python -m genrep`` is the same as the ``genrep`` command."""

from genrep.cli import main

if __name__ == "__main__":
    main()
