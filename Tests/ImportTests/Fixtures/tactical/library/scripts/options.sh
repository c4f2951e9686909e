#!/bin/zsh -l
echo x
