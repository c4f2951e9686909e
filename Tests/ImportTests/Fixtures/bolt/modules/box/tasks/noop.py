#!/usr/bin/python3
import json, sys
params = json.load(sys.stdin)
print(params.get("_noop", False), params["_task"])
