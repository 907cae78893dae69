"""`python -m regulars_web` is `regulars`."""

from regulars_web.cli import main

main()
