"""The `briefqa` command: arguments and printing only, a module for each group of commands.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some files could not be read, 4 built but held back by the
gate, 130 interrupted.
Everything but argparse is imported by the command that needs it, so that `briefqa inspect` stays quick.
"""

from briefqa.cli.program import main

__all__ = ["main"]
