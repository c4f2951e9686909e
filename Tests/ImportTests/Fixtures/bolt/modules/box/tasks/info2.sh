#!/bin/sh
uname
