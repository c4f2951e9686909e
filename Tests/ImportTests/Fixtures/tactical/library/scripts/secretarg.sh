#!/bin/sh
curl -H "X-Key: $1" https://example.org/
