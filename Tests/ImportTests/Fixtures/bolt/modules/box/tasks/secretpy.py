#!/usr/bin/python3
import os
print(len(os.environ["PT_password"]))
