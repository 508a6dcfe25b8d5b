"""Lets ``python -m pulumi_rdns.cli`` be the command ``rdns``."""

import sys

from pulumi_rdns.cli.command import main

sys.exit(main())
