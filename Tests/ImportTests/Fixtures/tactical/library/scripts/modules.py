#!/usr/bin/env python3
"""Lists modules."""
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("command", choices=["list", "check"])
print(parser.parse_args().command)
