"""`python -m briefqa.cli`, which is `briefqa`."""

import sys

from briefqa.cli import main

sys.exit(main())
