#!/usr/bin/env python3
import json, sys
print(sorted(json.load(sys.stdin)))
